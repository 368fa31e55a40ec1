import type { Cancel, Clock } from "../domain/ports.js";
import { LatestValues } from "./latestValues.js";
import type { Told } from "./latestValues.js";
import { whenKnown } from "./whenKnown.js";

/** Looks at something again and again. */
export interface Sampler<T> {
  /**
   * What came in the last `intervalMs` (0 at first). The very same value as before is not told again; undefined: there is
   * nothing to look at any more, which ends the samples for all who follow them. After a rejection the next one is tried.
   */
  sample(intervalMs: number): T | undefined | Promise<T | undefined>;
}

/**
 * Samples at intervals, each taken once for all who follow the same thing at the same interval. Who comes first has one
 * at once, who comes later the last one; a reader slower than the interval gets the latest. Nothing is sampled while
 * nobody follows.
 */
export class SharedSamples<T> {
  readonly #clock: Clock;
  readonly #beats = new Map<string, Beat<T>>();
  #stopped = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is sampled now, of however many. */
  get size(): number {
    return this.#beats.size;
  }

  /** `newSampler` is asked where nobody follows `what` at this interval yet. */
  follow(what: string, intervalMs: number, newSampler: () => Sampler<T>): AsyncIterableIterator<Told<T>> {
    const key = `${intervalMs} ${what}`;
    const known = this.#beats.get(key);
    const beat = known ?? new Beat(this.#clock, intervalMs, newSampler(), () => this.#beats.delete(key));
    if (known === undefined) this.#beats.set(key, beat);
    const reader = beat.join();
    if (this.#stopped) reader.end();
    return reader;
  }

  /** All who follow come to an end. */
  stop(): void {
    this.#stopped = true;
    for (const beat of [...this.#beats.values()]) beat.end();
  }
}

class Beat<T> {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #sampler: Sampler<T>;
  readonly #ended: () => void;
  readonly #readers = new Set<LatestValues<T>>();
  #last: T | undefined;
  #lastMs: number | undefined;
  #cancelAlarm: Cancel | undefined;

  constructor(clock: Clock, intervalMs: number, sampler: Sampler<T>, ended: () => void) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#sampler = sampler;
    this.#ended = ended;
  }

  join(): LatestValues<T> {
    const reader = new LatestValues<T>(1, () => this.#leave(reader));
    this.#readers.add(reader);
    if (this.#last !== undefined) reader.put(this.#last);
    else if (this.#readers.size === 1) this.#take();
    return reader;
  }

  end(): void {
    for (const reader of [...this.#readers]) reader.end();
  }

  #leave(reader: LatestValues<T>): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    this.#cancelAlarm?.();
    this.#ended();
  }

  #take(): void {
    const nowMs = this.#clock.nowMs();
    const sampled = this.#sampler.sample(nowMs - (this.#lastMs ?? nowMs));
    this.#lastMs = nowMs;
    const put = (value: T | undefined): void => this.#put(value);
    void whenKnown(sampled instanceof Promise ? sampled.then(put, () => undefined) : put(sampled), () => {
      if (this.#readers.size === 0) return;
      this.#cancelAlarm = this.#clock.at(nowMs + this.#intervalMs, () => this.#take());
    });
  }

  #put(value: T | undefined): void {
    if (value === undefined) return this.end();
    if (value === this.#last) return;
    this.#last = value;
    for (const reader of this.#readers) reader.put(value);
  }
}
