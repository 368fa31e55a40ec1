import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { ModelInferRequest } from "../../../src/protocol/generated/inference.js";
import type { Malformed } from "./incoming.js";
import type { Inference } from "./inference.js";
import { encodeStreamed, type Outcome } from "./reply.js";

export type InferCall = ServerDuplexStream<ModelInferRequest | Malformed, Buffer>;

/**
 * One open ModelStreamInfer: any number of requests in flight, answered in the order in which they are done.
 *
 * Phases: open, then ended (the caller sent its last request, or the wrapper drains: the call closes with the last
 * answer), then closed. A reader that is slower than its answers is not read from until it has caught up.
 */
export class InferStream {
  readonly #call: InferCall;
  readonly #inference: Inference;
  readonly #onClosed: (stream: InferStream) => void;
  #phase: "open" | "ended" | "closed" = "open";
  #inFlight = 0;

  constructor(call: InferCall, inference: Inference, onClosed: (stream: InferStream) => void) {
    this.#call = call;
    this.#inference = inference;
    this.#onClosed = onClosed;
  }

  start(): void {
    this.#inference.streamOpened();
    this.#call.on("data", (incoming: ModelInferRequest | Malformed) => this.#receive(incoming));
    this.#call.on("end", () => this.end());
    this.#call.on("cancelled", () => this.#close());
    this.#call.on("close", () => this.#close());
    // Without a listener a broken connection would end the process.
    this.#call.on("error", () => this.#close());
    this.#call.on("drain", () => this.#call.resume());
  }

  /** Closes the call once everything in flight has been answered. */
  end(): void {
    if (this.#phase === "open") this.#phase = "ended";
    this.#endIfAnswered();
  }

  #receive(incoming: ModelInferRequest | Malformed): void {
    this.#inFlight++;
    this.#inference.infer(incoming, this.#isClosed, (outcome) => this.#answer(outcome));
  }

  readonly #isClosed = (): boolean => this.#phase === "closed";

  #answer(outcome: Outcome): void {
    this.#inFlight--;
    if (this.#phase === "closed") return;
    // Encoded at once and not when the stream gets to it: the model may reuse its output arrays.
    const mayGoOn = this.#call.write(encodeStreamed(outcome, this.#inference.model));
    if (!mayGoOn) this.#call.pause();
    this.#endIfAnswered();
  }

  #endIfAnswered(): void {
    if (this.#phase === "ended" && this.#inFlight === 0) this.#call.end();
  }

  #close(): void {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#inference.streamClosed();
    this.#onClosed(this);
  }
}
