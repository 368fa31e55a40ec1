import type { Cancel, Clock } from "../domain/ports.js";

/** Barks once when it has not been reset for a while. Runs from its making until `stop()`. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #bark: () => void;
  #cancel: Cancel | undefined;
  #expired = false;

  constructor(clock: Clock, limitMs: number, bark: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#bark = bark;
    this.reset();
  }

  get expired(): boolean {
    return this.#expired;
  }

  reset(): void {
    this.#cancel?.();
    this.#cancel = this.#clock.at(this.#clock.nowMs() + this.#limitMs, () => {
      this.#expired = true;
      this.#bark();
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
