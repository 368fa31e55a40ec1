import { Metadata, status } from "@grpc/grpc-js";
import type { ClientUnaryCall, ServiceError } from "@grpc/grpc-js";
import type { Batch, BatchReply, Cancel } from "../domain/ports.js";
import { GRPCInferenceServiceService } from "../protocol/generated/inference.js";
import type { ModelInferResponse } from "../protocol/generated/inference.js";
import { OVERSIZED } from "./batchChannel.js";
import type { BatchChannel, BatchChannelOptions } from "./batchChannel.js";
import { toInferRequest } from "./batchMessage.js";
import { decodeAnswer, isMalformed } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";
import { bad, failed, readReply } from "./streamReply.js";
import type { ExpectedReply, ReadReply } from "./streamReply.js";
import { plainReason } from "./wrapperClient.js";

interface PendingCall {
  readonly expected: ExpectedReply;
  readonly done: (reply: BatchReply) => void;
  readonly cancelTimeout: Cancel;
  readonly call: ClientUnaryCall;
}

/** Of calls whose connection went, by which side whatever. */
const CONNECTION_GONE = /RST_STREAM|ECONNRESET|EPIPE|socket hang up/;

/**
 * A unary ModelInfer for each batch: for servers without a stream that can be used, at some ten times the cost of a
 * message on one. An error is its own call's, unless the connection went with it: that ends the channel.
 */
export class BatchCalls implements BatchChannel {
  readonly #options: BatchChannelOptions;
  readonly #pending = new Map<string, PendingCall>();
  /** The connection broke, or hung, with what was in flight. */
  #broken = false;
  #closed = false;

  constructor(options: BatchChannelOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  send(batch: Batch, done: (reply: BatchReply) => void): void {
    const { client, clock, batchTimeoutMs, replica, wrapper } = this.#options;
    const { signature, servedVersion } = wrapper;
    const { places } = this.#options.askedOutputs;
    const request = toInferRequest(wrapper, batch, places);
    const { id } = request;
    const cancelTimeout = clock.at(clock.nowMs() + batchTimeoutMs, () => {
      this.broke(`replica ${replica} did not answer a batch within ${batchTimeoutMs} ms`);
    });
    const { path, requestSerialize } = GRPCInferenceServiceService.modelInfer;
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      decodeAnswer,
      request,
      new Metadata(),
      (error: ServiceError | null, answer?: ModelInferResponse | MalformedReply) => this.#receive(id, error, answer),
    );
    const rows = batch.rows.length;
    const expected = { model: this.#model, replica, signature, servedVersion, rows, places, asked: undefined };
    this.#pending.set(id, { expected, done, cancelTimeout, call });
  }

  close(why: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const message = `${this.#model}: lost replica ${this.#options.replica}: ${why}`;
    for (const { done, cancelTimeout, call } of this.#pending.values()) {
      cancelTimeout();
      call.cancel();
      done(this.#broken ? { kind: "lost", message } : { kind: "lost", message, refused: true });
    }
    this.#pending.clear();
  }

  get #model(): string {
    return `model ${this.#options.model}@${this.#options.version}`;
  }

  #receive(id: string, error: ServiceError | null, answer: ModelInferResponse | MalformedReply | undefined): void {
    const pending = this.#pending.get(id);
    if (pending === undefined || this.#closed) return;
    if (error !== null && isConnectionGone(error)) return this.broke(plainReason(error));
    this.#pending.delete(id);
    pending.cancelTimeout();
    const read = error === null ? readAnswer(pending.expected, id, answer) : readError(pending.expected, error);
    if (read.kind === "UNUSABLE") this.#options.counters.unusableReplies += 1;
    this.#options.onReply(read);
    pending.done(read.reply);
    if (this.#pending.size === 0) this.#options.onEmpty();
  }

  broke(why: string): void {
    this.#broken = true;
    if (!this.#closed) this.#options.onEnded(why);
  }
}

/** The call tells whose answer it is: an id is not needed, but must not be another's. */
function readAnswer(
  expected: ExpectedReply,
  id: string,
  answer: ModelInferResponse | MalformedReply | undefined,
): ReadReply {
  if (answer === undefined) return bad(expected, "empty reply");
  if (isMalformed(answer)) return readReply(expected, answer);
  if (answer.id !== "" && answer.id !== id) return bad(expected, `the reply has the id "${answer.id}" of another`);
  return readReply(expected, { errorMessage: "", inferResponse: { ...answer, id } });
}

function readError(expected: ExpectedReply, error: ServiceError): ReadReply {
  const why = plainReason(error);
  if (error.code !== status.RESOURCE_EXHAUSTED || !OVERSIZED.test(why)) {
    return failed(expected, `${status[error.code]}: ${why}`);
  }
  const message = `${expected.model}: the reply is too long: ${why}`;
  return { kind: "FAILED", why, reply: { kind: "failed", code: "MODEL_BAD_OUTPUT", message, tooLong: true } };
}

function isConnectionGone({ code, details }: ServiceError): boolean {
  return code === status.UNAVAILABLE || (code === status.INTERNAL && CONNECTION_GONE.test(details));
}
