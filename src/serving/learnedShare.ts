/** Observations learned one after another, of which one API key's are at most the share. */
export const LEARNED_WINDOW = 1_000;
/** Taken for as many while there are fewer. */
const LEAST_WINDOW = 100;

/** One observation on its way to the log. */
export interface Admission {
  /** False: it is more than its key's share, and nothing is to be learned from it. */
  readonly isLearned: boolean;
  /** To be called once, when it is known whether it was stored as something new to learn from. */
  settle(wasLearned: boolean): void;
}

/**
 * Of any 1,000 observations that are learned one after another, at most a share are of one API key; of the first ones, a
 * share of those so far (of 100 at least), so that nobody is first with a whole window's worth. Trades exactness over
 * several servers for a decision without a statement: each keeps its own window, and what all learn together has no more
 * of a key than that. What is under way counts as learned until it is known not to be: a repetition takes no place, so
 * nobody can push the others out by it. Holds 1,000 names of keys at most, and those under way.
 */
export class LearnedShare {
  /** A ring of who told what was learned last; undefined: nobody in particular. */
  readonly #ring: (string | undefined)[] = [];
  #next = 0;
  /** By key: in the ring, and under way. */
  readonly #counts = new Map<string, number>();

  /** `share`: above 0, below 1. Without a key (open access, the server itself) everything is learned. */
  admit(key: string | undefined, share: number): Admission {
    if (key !== undefined && this.#countOf(key) >= this.#mostOf(share)) return WITHHELD;
    if (key !== undefined) this.#add(key, 1);
    return {
      isLearned: true,
      settle: (wasLearned) => {
        if (wasLearned) this.#push(key);
        else if (key !== undefined) this.#add(key, -1);
      },
    };
  }

  #push(key: string | undefined): void {
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#add(oldest, -1);
    this.#ring[this.#next] = key;
    this.#next = (this.#next + 1) % LEARNED_WINDOW;
  }

  /** Floating point must not take one from 0.29 of 1,000. */
  #mostOf(share: number): number {
    return Math.floor(share * Math.max(LEAST_WINDOW, this.#ring.length) + 1e-9);
  }

  #countOf(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  #add(key: string, change: number): void {
    const count = this.#countOf(key) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}

/** Where nothing is to be withheld. */
export const EVERYTHING: Admission = { isLearned: true, settle: () => undefined };
const WITHHELD: Admission = { isLearned: false, settle: () => undefined };
