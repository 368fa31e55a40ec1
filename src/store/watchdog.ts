import type { Cancel, Clock } from "../domain/ports.js";

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly limitMs: number;
  /** Anything that grows with what is heard of the other side, however little it is. */
  readonly heard: () => number;
  readonly bark: () => void;
}

/** Looks so many times within the limit: it barks late by that part of it at most. */
const LOOKS = 5;

/**
 * Barks once when nothing has been heard of the other side for a while. Runs from its making until `stop()`. It is silence
 * that counts and not how long something takes: over a slow network a new connection takes many round trips, each of which
 * is an answer, and one that is always given up before it is made would never come to be. Looks are counted and not the
 * time between them: while this process stands still (paused, or on a machine that gives it no turn) answers wait unread,
 * and timers fire before sockets are read, so the clock alone would blame the other side.
 */
export class Watchdog {
  readonly #options: WatchdogOptions;
  #cancel: Cancel | undefined;
  #heard = 0;
  #silentLooks = 0;
  #expired = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.reset();
  }

  get expired(): boolean {
    return this.#expired;
  }

  reset(): void {
    this.#heard = this.#options.heard();
    this.#silentLooks = 0;
    this.#lookLater();
  }

  stop(): void {
    this.#cancel?.();
  }

  #lookLater(): void {
    const { clock, limitMs } = this.#options;
    this.#cancel?.();
    this.#cancel = clock.at(clock.nowMs() + limitMs / LOOKS, () => this.#look());
  }

  #look(): void {
    const { heard, bark } = this.#options;
    if (heard() !== this.#heard) return this.reset();
    this.#silentLooks += 1;
    if (this.#silentLooks < LOOKS) return this.#lookLater();
    this.#expired = true;
    bark();
  }
}
