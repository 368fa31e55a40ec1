import type { Clock, RowOutcome } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";
import type { ApproximateCache, ApproximateFigures, ApproximateLookup } from "./approximateCache.js";

export interface ApproximateAnswersOptions {
  readonly cache: ApproximateCache;
  readonly clock: Clock;
  /** What one more row costs the model; undefined while unknown. */
  readonly marginalRowMicroseconds: () => number | undefined;
}

/** How long after a refusal the model counts as overloaded. */
const OVERLOAD_MS = 1000;

/** The approximate cache as an evaluator uses it: audits, which are bulk work, pause while the model refuses queries. */
export class ApproximateAnswers {
  readonly #options: ApproximateAnswersOptions;
  #refusedMs = -Infinity;

  constructor(options: ApproximateAnswersOptions) {
    this.#options = options;
  }

  get figures(): ApproximateFigures {
    return this.#options.cache.figures;
  }

  /** Under memory pressure, less; see `ApproximateCache`. */
  set capacityBytes(bytes: number) {
    this.#options.cache.capacityBytes = bytes;
  }

  lookup(row: Row): ApproximateLookup {
    const { cache, clock, marginalRowMicroseconds } = this.#options;
    return cache.lookup(row, {
      auditsPaused: clock.nowMs() - this.#refusedMs < OVERLOAD_MS,
      marginalRowMicroseconds: marginalRowMicroseconds(),
    });
  }

  /** What became of a row that `lookup` left to the model. */
  settled(row: Row, lookup: ApproximateLookup, outcome: RowOutcome): void {
    if (outcome.kind === "output") this.#options.cache.learn(row, lookup, outcome.output);
    else if (outcome.code === "OVERLOADED") this.#refusedMs = this.#options.clock.nowMs();
  }
}
