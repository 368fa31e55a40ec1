import type { BatchReply } from "../domain/ports.js";
import type { Signature, TensorSpec } from "../domain/tensor.js";
import { ALL_OUTPUTS, bytesAsked } from "../lib/askedOutputs.js";
import type { AskedOutputs, OutputPlaces } from "../lib/askedOutputs.js";

type AnsweredReply = Extract<BatchReply, { kind: "rows" }>;

/** The weight of a reply whose rows are smaller than is thought; larger ones are believed at once. */
const FORGETTING = 0.05;

/**
 * How many rows a batch may have so that its reply fits a message. A longer reply breaks the stream, and all of its
 * rows fail with it. Where the signature says how long a row's outputs are, that is known before the first batch;
 * otherwise it is learned from replies: the largest mean of a reply, forgotten by a twentieth a reply, and twice as much
 * as would have fitted after one that was too long, unless that was for a single row: then no smaller batch would help,
 * and who asks for one long answer must not make all batches small.
 */
export class ReplyBytes {
  readonly #limitBytes: number;
  readonly #asked: Pick<AskedOutputs, "places">;
  #outputs: readonly TensorSpec[] = [];
  #places: OutputPlaces;
  #stated: number | undefined;
  #rowBytes = 0;

  constructor(limitBytes: number, asked: Pick<AskedOutputs, "places"> = ALL_OUTPUTS) {
    this.#limitBytes = limitBytes;
    this.#asked = asked;
  }

  /** At least 1: a single row has to be tried. */
  get maxRows(): number {
    if (this.#asked.places !== this.#places) this.#state();
    return Math.max(1, Math.floor(this.#limitBytes / Math.max(this.#rowBytes, 1e-9)));
  }

  state({ outputs }: Signature): void {
    this.#outputs = outputs;
    this.#state();
  }

  #state(): void {
    this.#places = this.#asked.places;
    this.#stated = bytesAsked(this.#outputs, this.#places);
    if (this.#stated !== undefined) this.#rowBytes = this.#stated;
  }

  answered({ rows }: AnsweredReply): void {
    if (this.#stated !== undefined || rows.length === 0) return;
    let bytes = 0;
    for (const row of rows) {
      if (row.kind === "output") for (const part of row.output) bytes += part.length;
    }
    const mean = bytes / rows.length;
    this.#rowBytes = mean > this.#rowBytes ? mean : this.#rowBytes + FORGETTING * (mean - this.#rowBytes);
  }

  tooLong(rows: number): void {
    if (rows === 1 || this.#stated !== undefined) return;
    this.#rowBytes = Math.max(this.#rowBytes, (2 * this.#limitBytes) / rows);
  }
}
