import type { Logger } from "pino";
import type { ModelInferRequest } from "../../../src/protocol/generated/inference.js";
import type { Computed, Executor } from "./executor.js";
import { isMalformed, type Malformed } from "./incoming.js";
import type { Model } from "./model.js";
import { isRefusal, refusal, unusable, type Refusal } from "./refusal.js";
import { buildReply, refused, type Outcome } from "./reply.js";
import { readRequest, type InferRequest, type RequestLimits } from "./request.js";

export interface InferenceOptions extends RequestLimits {
  readonly maxMessageBytes: number;
  readonly logger: Logger;
  /** On the monotonic clock. */
  readonly nowMs: () => number;
}

/** Of the rows that failed, the first with which the model did. */
function firstOfModel(failed: ReadonlyMap<number, Refusal>): Refusal | undefined {
  for (const why of failed.values()) if (why.code === "INTERNAL") return why;
  return undefined;
}

/** A model that fails does so with every batch: its stack is in the log at most once in so long. */
const STACK_MS = 60_000;

/** From a decoded request to its outcome: the same for unary calls and streams. */
export class Inference {
  readonly model: Model;
  readonly #executor: Executor;
  readonly #options: InferenceOptions;
  #phase: "serving" | "draining" = "serving";
  #streams = 0;
  #nextStackMs = -Infinity;

  constructor(model: Model, executor: Executor, options: InferenceOptions) {
    this.model = model;
    this.#executor = executor;
    this.#options = options;
  }

  get isServing(): boolean {
    return this.#phase === "serving";
  }

  /** From now on requests are refused as UNAVAILABLE. Settles when those accepted before have been answered. */
  drain(): Promise<void> {
    this.#phase = "draining";
    return this.#executor.whenIdle();
  }

  streamOpened(): void {
    this.#streams++;
  }

  streamClosed(): void {
    this.#streams--;
  }

  /** Settles exactly once, possibly before it returns. */
  infer(incoming: ModelInferRequest | Malformed, isAbandoned: () => boolean, settle: (outcome: Outcome) => void): void {
    const { id } = incoming;
    if (isMalformed(incoming)) {
      settle(refused(id, refusal("INVALID_ARGUMENT", incoming.message)));
      return;
    }
    const request = this.#accept(incoming);
    if (isRefusal(request)) {
      settle(refused(id, request));
      return;
    }
    const { batch, deadlineUs, rowErrors } = request;
    this.#executor.submit({
      batch,
      deadlineUs,
      rowErrors,
      isAbandoned,
      settle: (result) => settle(this.#outcome(request, result)),
    });
  }

  #accept(incoming: ModelInferRequest): InferRequest | Refusal {
    if (!this.isServing) return refusal("UNAVAILABLE", "the wrapper is stopping");
    return readRequest(incoming, this.model, this.#options);
  }

  #outcome(request: InferRequest, result: Computed | Refusal): Outcome {
    const outcome = isRefusal(result) ? refused(request.id, result) : this.#reply(request, result);
    if (isRefusal(result)) this.#logFailure(request, result, request.batch.rows);
    else if (outcome.kind === "refused") this.#logFailure(request, outcome, request.batch.rows);
    else this.#logFailure(request, firstOfModel(result.answered.failed), result.answered.failed.size);
    return outcome;
  }

  #logFailure(
    { id, batch: { rows } }: InferRequest,
    why: Pick<Refusal, "code" | "message" | "error"> | undefined,
    failed: number,
  ): void {
    if (why?.code !== "INTERNAL") return;
    const stack = why.error !== undefined && this.#mayLogStack() ? { err: why.error } : {};
    this.#options.logger.warn({ id, rows, failed, ...stack }, why.message);
  }

  #mayLogStack(): boolean {
    const nowMs = this.#options.nowMs();
    if (nowMs < this.#nextStackMs) return false;
    this.#nextStackMs = nowMs + STACK_MS;
    return true;
  }

  #reply(request: InferRequest, computed: Computed): Outcome {
    const timing = { queueUs: computed.queueUs, computeUs: computed.computeUs, streams: this.#streams };
    try {
      return buildReply(this.model, request, computed.answered, timing, this.#options.maxMessageBytes);
    } catch (error) {
      return refused(request.id, unusable(error));
    }
  }
}
