/** What a batch of so many rows takes, as learned from batches that were run. */
export interface LatencyCurve {
  /** Expected milliseconds; 0 while nothing is known. */
  expectedMs(rows: number): number;
  /** The most rows expected to take no longer: 0 if not even one, Infinity if there is no bound. */
  maxRows(withinMs: number): number;
}

const FORGETTING = 0.995;

/** L(b) = alpha + beta b milliseconds for b rows, both at least 0, by exponentially weighted least squares. */
export class LatencyLine implements LatencyCurve {
  #weight = 0;
  #rows = 0;
  #rowsSquared = 0;
  #ms = 0;
  #rowsMs = 0;
  #alphaMs = 0;
  #betaMs = 0;
  /**
   * While batches of one size only are known. Twice as many rows are then expected to take no longer, so that they are
   * tried: a line through the origin would not allow any where a single row takes half of what there is, and never learn that
   * nearly all of it is what a call costs.
   */
  #onlyRows: number | undefined;

  /** What every batch costs, in milliseconds. */
  get alphaMs(): number {
    return this.#alphaMs;
  }

  /** What each row adds, in milliseconds. */
  get betaMs(): number {
    return this.#betaMs;
  }

  expectedMs(rows: number): number {
    if (this.#onlyRows === undefined || rows <= this.#onlyRows) return this.#alphaMs + this.#betaMs * rows;
    return this.#betaMs * Math.max(this.#onlyRows, rows / 2);
  }

  maxRows(withinMs: number): number {
    if (this.#onlyRows !== undefined && withinMs >= this.#betaMs * this.#onlyRows)
      return this.#betaMs === 0 ? Infinity : Math.floor((2 * withinMs) / this.#betaMs + 1e-9);
    const leftMs = withinMs - this.#alphaMs;
    if (this.#betaMs <= 0) return leftMs >= 0 ? Infinity : 0;
    return Math.max(0, Math.floor(leftMs / this.#betaMs + 1e-9));
  }

  reset(): void {
    this.#weight = this.#rows = this.#rowsSquared = this.#ms = this.#rowsMs = 0;
    this.#onlyRows = undefined;
    this.#set(0, 0);
  }

  record(rows: number, ms: number): void {
    this.#weight = FORGETTING * this.#weight + 1;
    this.#rows = FORGETTING * this.#rows + rows;
    this.#rowsSquared = FORGETTING * this.#rowsSquared + rows * rows;
    this.#ms = FORGETTING * this.#ms + ms;
    this.#rowsMs = FORGETTING * this.#rowsMs + rows * ms;
    this.#fit();
  }

  #fit(): void {
    const spread = this.#weight * this.#rowsSquared - this.#rows * this.#rows;
    const mean = this.#ms / this.#weight;
    if (spread <= 1e-9 * this.#weight * this.#rowsSquared) {
      this.#onlyRows = this.#rows / this.#weight;
      return this.#set(0, this.#ms / this.#rows);
    }
    this.#onlyRows = undefined;
    const beta = (this.#weight * this.#rowsMs - this.#rows * this.#ms) / spread;
    if (beta <= 0) return this.#set(mean, 0);
    const alpha = (this.#ms - beta * this.#rows) / this.#weight;
    if (alpha < 0) return this.#set(0, this.#rowsMs / this.#rowsSquared);
    this.#set(alpha, beta);
  }

  #set(alphaMs: number, betaMs: number): void {
    this.#alphaMs = alphaMs;
    this.#betaMs = betaMs;
  }
}
