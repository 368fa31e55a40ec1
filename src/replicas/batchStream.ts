import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import type { Batch, BatchReply, Cancel } from "../domain/ports.js";
import type { ModelStreamInferResponse } from "../protocol/generated/inference.js";
import { OVERSIZED } from "./batchChannel.js";
import type { BatchChannel, BatchChannelOptions } from "./batchChannel.js";
import { toInferRequest } from "./batchMessage.js";
import { extendRequest } from "./extendedRequest.js";
import { isMalformed } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";
import { readReply } from "./streamReply.js";
import type { ExpectedReply } from "./streamReply.js";
import { openInferStream, plainReason } from "./wrapperClient.js";
import type { InferStream } from "./wrapperClient.js";

interface PendingBatch {
  readonly expected: ExpectedReply;
  readonly done: (reply: BatchReply) => void;
  readonly cancelTimeout: Cancel;
}

/**
 * The batches in flight on one open ModelStreamInfer. What was in flight on a stream that broke is lost, and may be
 * tried elsewhere; if a reply above the message limit broke it, all of it has failed instead, since trying it elsewhere
 * would break the next stream as well: gRPC closes the stream, whoever's reply it was.
 */
export class BatchStream implements BatchChannel {
  readonly #options: BatchChannelOptions;
  readonly #stream: InferStream;
  readonly #pending = new Map<string, PendingBatch>();
  #oversized = false;
  /** The stream broke, or hung, with what was in flight. */
  #broken = false;
  #closed = false;

  constructor(options: BatchChannelOptions) {
    this.#options = options;
    this.#stream = openInferStream(options.client);
    this.#stream.on("data", (incoming: ModelStreamInferResponse | MalformedReply) => this.#receive(incoming));
    this.#stream.on("error", (error: ServiceError) => this.#failed(error));
    this.#stream.on("end", () => this.broke("the wrapper closed the stream"));
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  send(batch: Batch, done: (reply: BatchReply) => void): void {
    const { clock, batchTimeoutMs, replica, wrapper, checksums } = this.#options;
    const { places } = this.#options.askedOutputs;
    const { signature, servedVersion } = wrapper;
    const nowMs = clock.nowMs();
    const cancelTimeout = clock.at(nowMs + batchTimeoutMs, () => {
      this.broke(`replica ${replica} did not answer a batch within ${batchTimeoutMs} ms`);
    });
    const request = toInferRequest(wrapper, batch, places);
    const asked = wrapper.extended ? extendRequest(request, batch, nowMs, checksums) : undefined;
    const rows = batch.rows.length;
    const expected = { model: this.#model, replica, signature, servedVersion, rows, places, asked };
    this.#pending.set(request.id, { expected, done, cancelTimeout });
    this.#stream.write(request);
  }

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
    if (id === "" && this.#pending.size > 1) return this.broke(withoutId(incoming));
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

  #failed(error: ServiceError): void {
    const why = plainReason(error);
    this.#oversized = error.code === status.RESOURCE_EXHAUSTED && OVERSIZED.test(why);
    // gRPC says UNIMPLEMENTED also of a server that speaks the rest of the protocol.
    this.broke(error.code === status.UNIMPLEMENTED ? `the server has no ModelStreamInfer: ${why}` : why);
  }

  broke(why: string): void {
    this.#broken = true;
    if (!this.#closed) this.#options.onEnded(why);
  }
}

function withoutId(incoming: ModelStreamInferResponse | MalformedReply): string {
  const said = isMalformed(incoming) ? incoming.message : incoming.errorMessage;
  return said === "" ? "the wrapper sent a reply without an id" : said;
}
