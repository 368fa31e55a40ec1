/**
 * Follows one quantile of a stream in constant memory: up by `step * q` for a sample above it, down by
 * `step * (1 - q)` for one below, the step a share of the present value (stochastic approximation, Robbins and
 * Monro 1951).
 */
export class QuantileTracker {
  readonly #quantile: number;
  readonly #rate: number;
  readonly #minimum: number;
  readonly #maximum: number;
  #value: number;

  constructor(options: { quantile: number; minimum: number; maximum: number; rate?: number }) {
    this.#quantile = options.quantile;
    this.#minimum = options.minimum;
    this.#maximum = options.maximum;
    this.#rate = options.rate ?? 0.05;
    this.#value = options.minimum;
  }

  get value(): number {
    return this.#value;
  }

  record(sample: number): void {
    const step = this.#rate * this.#value;
    const moved = sample > this.#value ? step * this.#quantile : -step * (1 - this.#quantile);
    this.#value = Math.min(this.#maximum, Math.max(this.#minimum, this.#value + moved));
  }
}
