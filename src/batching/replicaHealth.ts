import type { Random } from "../domain/ports.js";
import { Backoff } from "../lib/backoff.js";

/** So many batches in a row without a reply in time, and the replica gets no more. */
const EJECTED_AFTER = 3;
const PROBE_BACKOFF = { firstMs: 50, maxMs: 5000 };

type State =
  | { readonly phase: "HEALTHY"; readonly timeouts: number }
  /** Gets nothing before `tryAtMs`. */
  | { readonly phase: "EJECTED"; readonly timeouts: number; readonly tryAtMs: number }
  /** Has one row, whose answer is waited for until `tryAtMs`. */
  | { readonly phase: "PROBING"; readonly timeouts: number; readonly tryAtMs: number };

/**
 * Whether a replica is given batches: a circuit breaker (M. Nygard, Release It!, 2018, section 5.2). Trades a row now
 * and then, which waits for a replica that may still hang, for knowing soon that it is back.
 *
 * HEALTHY -> EJECTED (three batches in a row overdue and no reply in between) -> PROBING (one row, 50 to 5,000 ms
 * later, with 20 % jitter) -> EJECTED if that is overdue or lost too, twice as long. Any reply, also a late one, leads to
 * HEALTHY from everywhere.
 */
export class ReplicaHealth {
  readonly #backoff: Backoff;
  #state: State = { phase: "HEALTHY", timeouts: 0 };

  constructor(random: Random) {
    this.#backoff = new Backoff(PROBE_BACKOFF, random);
  }

  get isHealthy(): boolean {
    return this.#state.phase === "HEALTHY";
  }

  get isEjected(): boolean {
    return this.#state.phase === "EJECTED";
  }

  /** Why it gets no batches; undefined while it does. */
  get problem(): string | undefined {
    const { phase, timeouts } = this.#state;
    if (phase === "HEALTHY") return undefined;
    const next = phase === "PROBING" ? "one row is trying it" : "one row will try it";
    return `${timeouts} batches in a row had no reply in time; ${next}`;
  }

  /** When it may get something again, or that will be known: -Infinity while healthy. */
  get tryAtMs(): number {
    return this.#state.phase === "HEALTHY" ? -Infinity : this.#state.tryAtMs;
  }

  mayProbe(nowMs: number): boolean {
    return this.#state.phase === "EJECTED" && nowMs >= this.#state.tryAtMs;
  }

  probed(overdueAtMs: number): void {
    this.#state = { phase: "PROBING", timeouts: this.#state.timeouts, tryAtMs: overdueAtMs };
  }

  replied(): void {
    if (this.#state.phase === "HEALTHY" && this.#state.timeouts === 0) return;
    this.#state = { phase: "HEALTHY", timeouts: 0 };
    this.#backoff.reset();
  }

  /** True if this ejects it, or keeps it ejected after a probe. Older batches say nothing about a probe under way. */
  timedOut(isProbe: boolean, nowMs: number): boolean {
    const { phase } = this.#state;
    const timeouts = this.#state.timeouts + 1;
    const ejects = isProbe ? phase === "PROBING" : phase === "HEALTHY" && timeouts >= EJECTED_AFTER;
    if (ejects) this.#state = { phase: "EJECTED", timeouts, tryAtMs: nowMs + this.#backoff.next() };
    else this.#state = { ...this.#state, timeouts };
    return ejects;
  }
}
