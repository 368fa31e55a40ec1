export interface Told<T> {
  readonly value: T;
  /** Values since the one before that the reader was too slow for. */
  readonly dropped: number;
}

const END = { done: true, value: undefined } as const;

/**
 * What one reader is told of a stream that does not wait for it: the latest `capacity` values. One that reads slower
 * misses the oldest of what waits, and is told how many: nothing queues up.
 */
export class LatestValues<T> implements AsyncIterableIterator<Told<T>> {
  readonly #capacity: number;
  readonly #left: () => void;
  #values: T[] = [];
  #dropped = 0;
  #done = false;
  #waiting: ((result: IteratorResult<Told<T>>) => void)[] = [];

  /** `left` is called once: when the reader has gone, or the stream has ended. */
  constructor(capacity: number, left: () => void) {
    this.#capacity = capacity;
    this.#left = left;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  put(value: T): void {
    if (this.#done) return;
    this.#values.push(value);
    if (this.#waiting.length === 0 && this.#values.length > this.#capacity) {
      this.#values.shift();
      this.drop();
    }
    this.#handOut();
  }

  /** One more that the reader is not told. */
  drop(): void {
    this.#dropped += 1;
  }

  /** What waits is still read. */
  end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#handOut();
    this.#left();
  }

  next(): Promise<IteratorResult<Told<T>>> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#handOut();
    });
  }

  return(): Promise<IteratorResult<Told<T>>> {
    this.#values = [];
    this.end();
    return Promise.resolve(END);
  }

  #handOut(): void {
    while (this.#waiting.length > 0 && this.#values.length > 0) {
      const value = this.#values.shift() as T;
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.#waiting.shift()?.({ done: false, value: { value, dropped } });
    }
    if (this.#done) for (const resolve of this.#waiting.splice(0)) resolve(END);
  }
}
