/** The median of the last so many values. Sorted when asked: to be asked now and then. */
export class RecentMedian {
  readonly #values: Float64Array;
  readonly #sorted: Float64Array;
  #recorded = 0;

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity);
    this.#sorted = new Float64Array(capacity);
  }

  /** Values recorded, those that are forgotten too. */
  get recorded(): number {
    return this.#recorded;
  }

  get isFull(): boolean {
    return this.#recorded >= this.#values.length;
  }

  /** The lower of the two in the middle; undefined without values. */
  get value(): number | undefined {
    const count = Math.min(this.#recorded, this.#values.length);
    if (count === 0) return undefined;
    const sorted = this.#sorted.subarray(0, count);
    sorted.set(this.#values.subarray(0, count));
    sorted.sort();
    return sorted[(count - 1) >> 1];
  }

  record(value: number): void {
    this.#values[this.#recorded % this.#values.length] = value;
    this.#recorded += 1;
  }
}
