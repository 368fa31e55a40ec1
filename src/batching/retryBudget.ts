const MAX_TOKENS = 10;
const EARNED_BY_SUCCESS = 0.1;

/**
 * How many batches may be tried again: gRPC's retry throttling (gRFC A6) with one token a retry, so that in the long
 * run retries add at most a tenth to the load of replicas that are in trouble already.
 */
export class RetryBudget {
  #tokens = MAX_TOKENS;

  earn(): void {
    this.#tokens = Math.min(MAX_TOKENS, this.#tokens + EARNED_BY_SUCCESS);
  }

  /** False if nothing is left. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
