import type { Random } from "../domain/ports.js";
import { tensorsDifference } from "../domain/tensor.js";
import type { Row, TensorSpec } from "../domain/tensor.js";
import { copyRow, rowByteLength } from "../caching/rowCopy.js";

const MOST_ROWS = 32;
const MOST_BYTES = 2 ** 20;
/** A row stays for about so many others, so that what is kept is what is asked now. */
const MEMORY_ROWS = 4096;

/**
 * A few of a model's recent inputs, for warming up replicas that are to come: of any version, since a new one is asked
 * what the old one was. Only inputs that a model has answered are recorded: one that ends replicas would end each new
 * one. A biased reservoir: each row is taken with a probability, in place of any one there (Aggarwal, VLDB 2006,
 * section 3), bounded in rows and bytes.
 */
export class RecordedInputs {
  readonly #random: Random;
  #inputs: readonly TensorSpec[] = [];
  #rows: Row[] = [];
  #bytes = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A row that was answered, under its version's input signature. Keeps a copy, if it keeps it. */
  offer(row: Row, inputs: readonly TensorSpec[]): void {
    if (this.#inputs !== inputs) this.#follow(inputs);
    const isFull = this.#rows.length === MOST_ROWS;
    if (isFull && this.#random() >= MOST_ROWS / MEMORY_ROWS) return;
    const bytes = rowByteLength(row);
    if (bytes > MOST_BYTES) return;
    if (isFull) this.#drop(Math.floor(this.#random() * MOST_ROWS));
    while (this.#bytes + bytes > MOST_BYTES) this.#drop(0);
    this.#rows.push(copyRow(row));
    this.#bytes += bytes;
  }

  /** In another order each time, so that no single row decides; none if those recorded are for other tensors. */
  rows(inputs: readonly TensorSpec[]): readonly Row[] {
    if (this.#rows.length === 0 || tensorsDifference(this.#inputs, inputs) !== undefined) return [];
    const from = Math.floor(this.#random() * this.#rows.length);
    return [...this.#rows.slice(from), ...this.#rows.slice(0, from)];
  }

  #drop(at: number): void {
    const [dropped] = this.#rows.splice(at, 1);
    if (dropped !== undefined) this.#bytes -= rowByteLength(dropped);
  }

  /** The registry is read anew with every change, mostly to the same. */
  #follow(inputs: readonly TensorSpec[]): void {
    if (tensorsDifference(this.#inputs, inputs) !== undefined) {
      this.#rows = [];
      this.#bytes = 0;
    }
    this.#inputs = inputs;
  }
}
