/** A map of so many entries at most: a new one takes the place of the least recently used. */
export class RecentMap<Key, Value> {
  readonly #capacity: number;
  /** Least recently used first. */
  readonly #entries = new Map<Key, Value>();
  /** Asked for again and again by itself, as one operation is, it stays where it is: moving it costs three look-ups. */
  #newest: Key | undefined;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined && key !== this.#newest) this.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    this.#newest = key;
    if (this.#entries.size <= this.#capacity) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
