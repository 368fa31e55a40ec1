import type { QueuedRow } from "./deadlineQueue.js";
import type { LatencyModel } from "./latencyModel.js";
import { WaitTrial } from "./waitTrial.js";

export interface HeldBatch {
  readonly head: QueuedRow;
  readonly rows: number;
  readonly model: LatencyModel;
  readonly nowMs: number;
  /** Since when it has waited already. */
  readonly heldSinceMs: number | undefined;
}

/** Over which the rate of arrivals is measured. */
const RATE_OVER_MS = 200;
/** Timers fire up to a millisecond late. */
const MARGIN_MS = 1;
/** What AUTO waits at most: so many milliseconds, and such a share of the head's objective. */
const AUTO_MOST_MS = 2;
const AUTO_SHARE = 0.1;

/**
 * How long a free replica waits for a fuller batch. Trades the latency of the rows that are there for fewer, larger
 * batches, and so only while company is likely: more than one row is expected to arrive in the time that a batch of one
 * takes. Never longer than the most for any row that waits, nor so long that the most urgent one would be late with one
 * row more. AUTO: as `WaitTrial` has learned.
 */
export class FillWait {
  #maxDelayMs: number | "AUTO";
  #trial = new WaitTrial();
  #arrivals = 0;
  #lastArrivalMs = -Infinity;

  constructor(maxDelayMs: number | "AUTO") {
    this.#maxDelayMs = maxDelayMs;
  }

  set maxDelayMs(maxDelayMs: number | "AUTO") {
    if (maxDelayMs === this.#maxDelayMs) return;
    this.#maxDelayMs = maxDelayMs;
    this.#trial = new WaitTrial();
  }

  /** Whether it is to be told what became of rows. */
  get isLearning(): boolean {
    return this.#maxDelayMs === "AUTO";
  }

  /** For operators: whether batches wait, and why. */
  get state(): { readonly waits: boolean; readonly reason: string } {
    if (this.#maxDelayMs === "AUTO") return { waits: this.#trial.pays, reason: this.#trial.reason };
    return this.#maxDelayMs > 0
      ? { waits: true, reason: `maxBatchDelayMs is ${this.#maxDelayMs}` }
      : { waits: false, reason: "maxBatchDelayMs is 0" };
  }

  arrived(nowMs: number): void {
    if (this.#maxDelayMs === 0) return;
    this.#arrivals = this.#arrivals * Math.exp((this.#lastArrivalMs - nowMs) / RATE_OVER_MS) + 1;
    this.#lastArrivalMs = nowMs;
  }

  /** `nowMs` or before it: the batch goes. */
  untilMs({ head, rows, model, nowMs, heldSinceMs = nowMs }: HeldBatch): number {
    const delayMs = this.#delayMs(head);
    if (delayMs <= 0 || model.samples === 0) return nowMs;
    const untilMs = Math.min(
      heldSinceMs + delayMs,
      head.queuedAtMs + delayMs,
      head.orderMs - model.tailMs(rows + 1) - MARGIN_MS,
    );
    // The first arrival says nothing of how many follow it.
    const others = Math.max(0, this.#arrivals - 1) * Math.exp((this.#lastArrivalMs - nowMs) / RATE_OVER_MS);
    const expected = (others / RATE_OVER_MS) * model.expectedMs(1);
    if (untilMs <= nowMs || expected <= 1) return nowMs;
    if (this.#maxDelayMs === "AUTO") this.#trial.wouldHold();
    return this.#maxDelayMs === "AUTO" && !this.#trial.waits ? nowMs : untilMs;
  }

  batchSent(): void {
    if (this.#maxDelayMs === "AUTO") this.#trial.batchSent();
  }

  /** `inTime`: it was answered by its deadline. Otherwise it has lost all of its time. */
  settled({ priority, queuedAtMs, orderMs }: QueuedRow, inTime: boolean, nowMs: number): void {
    if (this.#maxDelayMs !== "AUTO" || priority === "BULK") return;
    this.#trial.rowSettled(inTime ? nowMs - queuedAtMs : orderMs - queuedAtMs);
  }

  #delayMs({ orderMs, queuedAtMs }: QueuedRow): number {
    if (this.#maxDelayMs !== "AUTO") return this.#maxDelayMs;
    return Math.min(AUTO_MOST_MS, AUTO_SHARE * (orderMs - queuedAtMs));
  }
}
