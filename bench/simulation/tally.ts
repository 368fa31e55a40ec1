import type { RowOutcome } from "../../src/domain/ports.js";

/** What became of the queries of one kind. */
export interface Counts {
  readonly arrived: number;
  /** Answered by a model within the deadline. */
  readonly good: number;
  /** Answered, but too late. */
  readonly late: number;
  readonly refused: number;
  readonly dropped: number;
  /** Without an answer for another reason: no healthy replica, or one that ended. */
  readonly failed: number;
  /** Of good answers, in milliseconds. */
  readonly meanMs: number;
  readonly p99Ms: number;
  /** Good answers in each tenth of a second, from the start. */
  readonly goodByTenth: readonly number[];
}

/** Counts queries that arrive after the warm-up. */
export class Tally {
  readonly #fromMs: number;
  readonly #goodByTenth: number[];
  readonly #latenciesMs: number[] = [];
  #arrived = 0;
  #late = 0;
  #refused = 0;
  #dropped = 0;
  #failed = 0;

  constructor(fromMs: number, seconds: number) {
    this.#fromMs = fromMs;
    this.#goodByTenth = new Array<number>(Math.ceil(seconds * 10) + 1).fill(0);
  }

  get counts(): Counts {
    const latenciesMs = [...this.#latenciesMs].sort((a, b) => a - b);
    return {
      arrived: this.#arrived,
      good: latenciesMs.length,
      late: this.#late,
      refused: this.#refused,
      dropped: this.#dropped,
      failed: this.#failed,
      meanMs: latenciesMs.reduce((sum, ms) => sum + ms, 0) / Math.max(1, latenciesMs.length),
      p99Ms: latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0,
      goodByTenth: this.#goodByTenth,
    };
  }

  arrived(nowMs: number): void {
    if (nowMs >= this.#fromMs) this.#arrived += 1;
  }

  settled(outcome: RowOutcome, arrivalMs: number, deadlineMs: number, nowMs: number): void {
    if (arrivalMs < this.#fromMs) return;
    if (outcome.kind === "output") {
      if (nowMs > deadlineMs) this.#late += 1;
      else this.#good(arrivalMs, nowMs);
    } else if (outcome.code === "OVERLOADED") this.#refused += 1;
    else if (outcome.code === "DEADLINE_EXCEEDED") this.#dropped += 1;
    else this.#failed += 1;
  }

  #good(arrivalMs: number, nowMs: number): void {
    this.#latenciesMs.push(nowMs - arrivalMs);
    const tenth = Math.floor(nowMs / 100);
    if (tenth < this.#goodByTenth.length) this.#goodByTenth[tenth] = (this.#goodByTenth[tenth] as number) + 1;
  }
}
