import type { Cancel, Clock } from "../domain/ports.js";

const GAP_MS = 5;

/**
 * Spaces the connection attempts of a process's links: each costs the event loop some milliseconds, and all wrappers
 * of a machine that restarts come back at once. 200 a second; one alone never waits.
 */
export class ConnectPacer {
  readonly #clock: Clock;
  #freeMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Runs `connect` in its turn, maybe before it returns. */
  inTurn(connect: () => void): Cancel {
    const nowMs = this.#clock.nowMs();
    const turnMs = Math.max(nowMs, this.#freeMs);
    this.#freeMs = turnMs + GAP_MS;
    if (turnMs > nowMs) return this.#clock.at(turnMs, connect);
    connect();
    return () => undefined;
  }
}
