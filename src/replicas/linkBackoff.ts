import type { Random } from "../domain/ports.js";
import { Backoff } from "../lib/backoff.js";

/** With jitter at most 480 ms, so that a wrapper that is back is found within half a second. */
const RECONNECT = { firstMs: 50, maxMs: 400 };
const BREAKER = { firstMs: 50, maxMs: 5000 };

/** Service without a break for so long is good service. */
export const GOOD_SERVICE_MS = 10_000;

/**
 * How long a link waits before it tries again. Nobody is harmed by asking a wrapper that is down, so that is done
 * often; one that comes up and breaks over and over (a crash loop) costs queries each time, so it is given more and
 * more time. A reply with outputs shortens the first kind of delay again; only good service the second, since many a
 * crash loop answers something in each round.
 */
export class LinkBackoff {
  readonly #reconnect: Backoff;
  readonly #breaker: Backoff;
  #failedWarmUps = 0;

  constructor(random: Random) {
    this.#reconnect = new Backoff(RECONNECT, random);
    this.#breaker = new Backoff(BREAKER, random);
  }

  /** Milliseconds to wait: it could not be reached, was not ready, or left as it should. */
  notReached(): number {
    return this.#reconnect.next();
  }

  /** Milliseconds to wait: it was ready for `servedMs` and broke. */
  broke(servedMs: number): number {
    if (servedMs < GOOD_SERVICE_MS) return this.#breaker.next();
    this.#breaker.reset();
    this.#reconnect.reset();
    return this.#reconnect.next();
  }

  /** Milliseconds to wait: it was ready, but failed at the first rows it was given. Once may be chance. */
  failedWarmUp(): number {
    this.#failedWarmUps += 1;
    return this.#failedWarmUps === 1 ? this.#reconnect.next() : this.#breaker.next();
  }

  warmedUp(): void {
    this.#failedWarmUps = 0;
  }

  /** A batch came back with outputs. */
  answered(): void {
    this.#reconnect.reset();
  }
}
