import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import type { Batch, BatchReply, Cancel, Clock } from "../domain/ports.js";
import type { GRPCInferenceServiceClient, ModelStreamInferResponse } from "../protocol/generated/inference.js";
import { toInferRequest } from "./batchMessage.js";
import { extendRequest } from "./extendedRequest.js";
import { isMalformed } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";
import type { LinkCounters } from "./linkCounters.js";
import { readReply } from "./streamReply.js";
import type { ExpectedReply, ReadReply } from "./streamReply.js";
import { openInferStream, plainReason } from "./wrapperClient.js";
import type { InferStream, WrapperDescription } from "./wrapperClient.js";

export interface BatchStreamOptions {
  readonly client: GRPCInferenceServiceClient;
  readonly wrapper: WrapperDescription;
  readonly model: string;
  readonly version: number;
  /** For messages. */
  readonly replica: string;
  readonly clock: Clock;
  /** A batch without a reply for so long ends the stream's use. */
  readonly batchTimeoutMs: number;
  /** Whether raw contents carry a CRC-32, if the wrapper has the extension. */
  readonly checksums: boolean;
  readonly counters: LinkCounters;
  /** Before the rows that the reply is for are given back. */
  readonly onReply: (read: ReadReply) => void;
  /** After each reply, when no batch is in flight any more. */
  readonly onEmpty: () => void;
  /** The stream is of no more use: to be closed. */
  readonly onEnded: (why: string) => void;
}

interface PendingBatch {
  readonly expected: ExpectedReply;
  readonly done: (reply: BatchReply) => void;
  readonly cancelTimeout: Cancel;
}

/** What gRPC says of a message above its limit, plain or unpacked. It closes the stream, whoever's reply it was. */
const OVERSIZED = /^Received message (larger than max|that decompresses to a size larger than)/;

/**
 * The batches in flight on one open ModelStreamInfer. Every batch is called back exactly once: by its reply, or by
 * `close`. What was in flight on a stream that broke is lost, and may be tried elsewhere; if a reply above the message
 * limit broke it, all of it has failed instead, since trying it elsewhere would break the next stream as well.
 */
export class BatchStream {
  readonly #options: BatchStreamOptions;
  readonly #stream: InferStream;
  readonly #pending = new Map<string, PendingBatch>();
  #oversized = false;
  /** The stream broke, or hung, with what was in flight. */
  #broken = false;
  #closed = false;

  constructor(options: BatchStreamOptions) {
    this.#options = options;
    this.#stream = openInferStream(options.client);
    this.#stream.on("data", (incoming: ModelStreamInferResponse | MalformedReply) => this.#receive(incoming));
    this.#stream.on("error", (error: ServiceError) => this.#broke(error));
    this.#stream.on("end", () => this.#ended("the wrapper closed the stream"));
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  send(batch: Batch, done: (reply: BatchReply) => void): void {
    const { clock, batchTimeoutMs, model, version, replica, wrapper, checksums } = this.#options;
    const { signature } = wrapper;
    const nowMs = clock.nowMs();
    const cancelTimeout = clock.at(nowMs + batchTimeoutMs, () => {
      this.#ended(`replica ${replica} did not answer a batch within ${batchTimeoutMs} ms`);
    });
    const request = toInferRequest(model, String(version), signature, batch);
    const asked = wrapper.extended ? extendRequest(request, batch, nowMs, checksums) : undefined;
    const expected = { model: this.#model, replica, signature, rows: batch.rows.length, asked };
    this.#pending.set(request.id, { expected, done, cancelTimeout });
    this.#stream.write(request);
  }

  /** Gives back what is in flight. Once; later calls do nothing. */
  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.cancel();
    const largest = Math.max(...[...this.#pending.values()].map(({ expected }) => expected.rows));
    for (const { done, cancelTimeout, expected } of this.#pending.values()) {
      cancelTimeout();
      done(this.#replyAtClose(why, expected.rows === largest));
    }
    this.#pending.clear();
  }

  /** Of several in flight a reply that was too long was most likely the largest batch's. */
  #replyAtClose(why: string, isLargest: boolean): BatchReply {
    if (this.#oversized) {
      const message = `${this.#model}: the reply is too long: ${why}`;
      const failed = { kind: "failed", code: "MODEL_BAD_OUTPUT", message } as const;
      return isLargest ? { ...failed, tooLong: true } : failed;
    }
    const message = `${this.#model}: lost replica ${this.#options.replica}: ${why}`;
    return this.#broken ? { kind: "lost", message } : { kind: "lost", message, refused: true };
  }

  get #model(): string {
    return `model ${this.#options.model}@${this.#options.version}`;
  }

  #receive(incoming: ModelStreamInferResponse | MalformedReply): void {
    if (this.#closed) return;
    const id = this.#answeredBy(incoming);
    if (id === "" && this.#pending.size > 1) return this.#ended(withoutId(incoming));
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      this.#options.counters.unknownReplies += 1;
      return;
    }
    this.#pending.delete(id);
    pending.cancelTimeout();
    const read = readReply(pending.expected, incoming);
    if (read.kind === "UNUSABLE") this.#options.counters.unusableReplies += 1;
    this.#options.onReply(read);
    pending.done(read.reply);
    if (this.#pending.size === 0) this.#options.onEmpty();
  }

  /** The id of the request that a message answers: without one, and with one in flight, it can only be that one's. */
  #answeredBy(incoming: ModelStreamInferResponse | MalformedReply): string {
    const id = isMalformed(incoming) ? incoming.id : (incoming.inferResponse?.id ?? "");
    if (id !== "" || this.#pending.size !== 1) return id;
    const [only = ""] = this.#pending.keys();
    return only;
  }

  #broke(error: ServiceError): void {
    const why = plainReason(error);
    this.#oversized = error.code === status.RESOURCE_EXHAUSTED && OVERSIZED.test(why);
    // gRPC says UNIMPLEMENTED also of a server that speaks the rest of the protocol.
    this.#ended(error.code === status.UNIMPLEMENTED ? `the server has no ModelStreamInfer: ${why}` : why);
  }

  #ended(why: string): void {
    this.#broken = true;
    if (!this.#closed) this.#options.onEnded(why);
  }
}

function withoutId(incoming: ModelStreamInferResponse | MalformedReply): string {
  const said = isMalformed(incoming) ? incoming.message : incoming.errorMessage;
  return said === "" ? "the wrapper sent a reply without an id" : said;
}
