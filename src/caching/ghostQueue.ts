import { IntQueue } from "../lib/intQueue.js";
import { HashIndex } from "./hashIndex.js";

const FEWEST = 16;
const NUMBERS = 2 ** 31;

/**
 * Tags of what was evicted lately. Only 32 bits of each are kept, as in the paper (Yang et al., SOSP 2023, section
 * 4.2): among a million ghosts one newcomer in some 4,000 is taken for another, which costs a place in the main queue
 * and never an answer.
 */
export class GhostQueue {
  /** In the order of their eviction, those that were taken since among them. */
  readonly #tags = new IntQueue();
  /** The numbers of those that were not taken. */
  readonly #numbers = new HashIndex();
  #oldest = 0;

  /** Drops the oldest, so that the last `bound` (at least 16) stay. */
  remember(tag: number, bound: number): void {
    const most = Math.max(FEWEST, bound);
    while (this.#tags.length >= most) {
      this.#numbers.remove(this.#tags.shift() as number, this.#oldest);
      this.#oldest = (this.#oldest + 1) % NUMBERS;
    }
    this.take(tag);
    this.#numbers.insert(tag, (this.#oldest + this.#tags.length) % NUMBERS);
    this.#tags.push(tag);
  }

  /** Whether the tag was remembered; it no longer is. */
  take(tag: number): boolean {
    const number = this.#numbers.find(tag);
    return number !== undefined && this.#numbers.remove(tag, number);
  }
}
