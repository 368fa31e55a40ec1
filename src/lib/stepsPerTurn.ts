import type { Clock } from "../domain/ports.js";

/** Of many that wait more are run each turn, so that the last waits some tens of turns and no longer. */
const SHARE_PER_TURN = 1 / 16;

/**
 * Runs pieces of work that can wait, in their order, a few in each turn of the event loop: the first of a turn at once, and what
 * comes in a crowd over several turns, between which everything else has its turn. Costs who comes alone nothing.
 */
export class StepsPerTurn {
  readonly #clock: Pick<Clock, "turnEnd">;
  readonly #least: number;
  #waiting: (() => void)[] = [];
  /** Of this turn. */
  #left: number;
  #isArmed = false;

  /** `least`: at least so many a turn. */
  constructor(clock: Pick<Clock, "turnEnd">, least: number) {
    this.#clock = clock;
    this.#least = least;
    this.#left = least;
  }

  /** Waiting. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Must not throw: those behind it would be lost. */
  add(step: () => void): void {
    if (!this.#isArmed) this.#arm();
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left -= 1;
      step();
    } else {
      this.#waiting.push(step);
    }
  }

  /** What `work` gives or throws, when it has had its turn; at once where it has that now. */
  run<T>(work: () => T | Promise<T>): T | Promise<T> {
    if (this.#left > 0 && this.#waiting.length === 0) {
      if (!this.#isArmed) this.#arm();
      this.#left -= 1;
      return work();
    }
    return new Promise<void>((resolve) => this.add(resolve)).then(work);
  }

  #arm(): void {
    this.#isArmed = true;
    this.#clock.turnEnd(() => this.#next());
  }

  #next(): void {
    const count = Math.max(this.#least, Math.ceil(this.#waiting.length * SHARE_PER_TURN));
    const steps = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#left = Math.max(0, this.#least - steps.length);
    this.#isArmed = false;
    if (steps.length > 0) this.#arm();
    for (const step of steps) step();
  }
}
