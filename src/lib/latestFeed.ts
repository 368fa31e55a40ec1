const END = { done: true, value: undefined } as const;

/**
 * Values by key for those who follow them: each follower hears of the latest value of every key that has changed, in the
 * order of the changes. One who is slow misses values in between, never the last one, and holds one value a key at most.
 */
export class LatestFeed<T> {
  readonly #followers = new Set<Follower<T>>();

  /** To be heard by those who follow now. */
  tell(key: string, value: T): void {
    for (const follower of this.#followers) follower.offer(key, value);
  }

  /** The values given, then those of changes that `wants` them. */
  follow(
    first: readonly (readonly [string, T])[],
    wants: (value: T) => boolean = () => true,
  ): AsyncIterableIterator<T> {
    const follower: Follower<T> = new Follower<T>(wants, () => this.#followers.delete(follower));
    for (const [key, value] of first) follower.offer(key, value);
    this.#followers.add(follower);
    return follower;
  }

  /** Ends it for all. */
  stop(): void {
    for (const follower of this.#followers) void follower.return();
  }
}

class Follower<T> implements AsyncIterableIterator<T> {
  readonly #wants: (value: T) => boolean;
  readonly #left: () => void;
  readonly #waiting = new Map<string, T>();
  #resolve: ((result: IteratorResult<T>) => void) | undefined;
  #ended = false;

  constructor(wants: (value: T) => boolean, left: () => void) {
    this.#wants = wants;
    this.#left = left;
  }

  offer(key: string, value: T): void {
    if (!this.#wants(value)) return;
    const resolve = this.#resolve;
    this.#resolve = undefined;
    if (resolve !== undefined) resolve({ done: false, value });
    else this.#waiting.set(key, value);
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#ended) return Promise.resolve(END);
    for (const [key, value] of this.#waiting) {
      this.#waiting.delete(key);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve) => (this.#resolve = resolve));
  }

  return(): Promise<IteratorResult<T>> {
    this.#ended = true;
    this.#left();
    this.#resolve?.(END);
    this.#resolve = undefined;
    return Promise.resolve(END);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
