import type { Random } from "../domain/ports.js";

/** Look-ups before the rule applies: until then it is not known what they are worth. */
const TRIAL_LOOKUPS = 10_000;
/** While look-ups do not pay, one in so many is made, to see whether they would. */
const EXPLORE_ONE_IN = 64;
const COST_MEMORY = 100;
const HIT_MEMORY = 1000;
/** One that a pause of the process fell into counts as no more than this many usual ones. */
const OUTLIER = 10;

/** Whether a look-up pays: its cost against its chance of a hit times what a row costs the model. */
export class LookupEconomy {
  #lookups = 0;
  #costMicroseconds: number | undefined;
  #hitProbability = 0;

  /** Mean of the latest; undefined before the first. */
  get costMicroseconds(): number | undefined {
    return this.#costMicroseconds;
  }

  record(costMicroseconds: number, isHit: boolean): void {
    this.#lookups += 1;
    const before = this.#costMicroseconds ?? costMicroseconds;
    this.#costMicroseconds = before + (Math.min(costMicroseconds, OUTLIER * before) - before) / COST_MEMORY;
    this.#hitProbability += ((isHit ? 1 : 0) - this.#hitProbability) / HIT_MEMORY;
  }

  /** `marginalRowMicroseconds`: what one more row costs the model; undefined while unknown, when every look-up pays. */
  pays(marginalRowMicroseconds: number | undefined, random: Random): boolean {
    if (marginalRowMicroseconds === undefined || this.#lookups < TRIAL_LOOKUPS) return true;
    if ((this.#costMicroseconds ?? 0) <= this.#hitProbability * marginalRowMicroseconds) return true;
    return random() * EXPLORE_ONE_IN < 1;
  }
}
