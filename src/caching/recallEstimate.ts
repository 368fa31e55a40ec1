/**
 * How likely a neighbour is found in at least one of so many tables, from trials in `trialTables` tables: `founds[i]` is
 * in how many of them the i-th neighbour was found.
 *
 * Some neighbours are harder to find than others in every table, so the mean chance p does not tell: 1 - (1 - p)^L is
 * more than there is. The chance is taken as beta-distributed with the trials' first two moments, for which the product
 * of (b + j) / (a + b + j) over j < L is the share that no table finds. (Skellam, J. R. Stat. Soc. B 10, 1948.)
 */
export class RecallEstimate {
  readonly #mean: number;
  /** a + b; infinite where all neighbours are alike. */
  readonly #strength: number;

  constructor(founds: Uint8Array, trialTables: number) {
    let first = 0;
    let second = 0;
    for (const found of founds) {
      first += found;
      second += found * (found - 1);
    }
    // Never certain, and never hopeless: the trials are few.
    this.#mean = Math.min(0.999, Math.max(1e-6, first / (founds.length * trialTables)));
    const square = second / (founds.length * trialTables * (trialTables - 1));
    const correlation = (square - this.#mean ** 2) / (this.#mean * (1 - this.#mean));
    this.#strength = correlation > 0 ? 1 / Math.min(0.99, correlation) - 1 : Infinity;
  }

  recall(tables: number): number {
    const missed = 1 - this.#mean;
    if (this.#strength === Infinity) return 1 - missed ** tables;
    let none = 1;
    for (let j = 0; j < tables; j++) none *= (missed * this.#strength + j) / (this.#strength + j);
    return 1 - none;
  }
}
