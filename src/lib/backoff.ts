import type { Random } from "../domain/ports.js";

export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** Doubling delays with 20 % jitter either way, so that many who failed together do not return together. */
export class Backoff {
  readonly #limits: BackoffLimits;
  readonly #random: Random;
  #failures = 0;

  constructor(limits: BackoffLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds to wait after one more failure. */
  next(): number {
    const plainMs = Math.min(this.#limits.maxMs, this.#limits.firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return plainMs * (0.8 + 0.4 * this.#random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
