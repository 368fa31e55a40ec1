import { ByteReader, ByteWriter } from "../lib/byteCursor.js";

const LAYOUT = 1;

export interface PageHinkleyOptions {
  /** Observations before it may fire; default 30. */
  readonly least?: number;
  /** Change that is taken for noise; default 0.005. */
  readonly tolerance?: number;
  /** Summed deviation at which it fires; default 50. */
  readonly threshold?: number;
  /** Of the sums, each observation; default 1 - 1e-4. */
  readonly forgetting?: number;
}

const DEFAULTS: Required<PageHinkleyOptions> = { least: 30, tolerance: 0.005, threshold: 50, forgetting: 1 - 1e-4 };

/**
 * Page and Hinkley's test for a change of the mean, up or down (Page, Biometrika 41, 1954; Hinkley, Biometrika 58, 1971):
 * the sum of deviations from the running mean, less a tolerance, against its least so far. 41 bytes, so one for each
 * entity. Starts anew after it has fired.
 */
export class PageHinkley {
  readonly #options: Required<PageHinkleyOptions>;
  #count = 0;
  #mean = 0;
  #rise = 0;
  #fall = 0;
  #leastRise = 0;
  #mostFall = 0;

  constructor(options: PageHinkleyOptions = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** True when the mean has changed. What is not finite is left out. */
  update(value: number): boolean {
    if (!Number.isFinite(value)) return false;
    const { least, tolerance, threshold, forgetting } = this.#options;
    this.#count += 1;
    this.#mean += (value - this.#mean) / this.#count;
    const deviation = value - this.#mean;
    this.#rise = forgetting * this.#rise + deviation - tolerance;
    this.#fall = forgetting * this.#fall + deviation + tolerance;
    this.#leastRise = this.#count === 1 ? this.#rise : Math.min(this.#leastRise, this.#rise);
    this.#mostFall = this.#count === 1 ? this.#fall : Math.max(this.#mostFall, this.#fall);
    if (this.#count < least) return false;
    const hasChanged = this.#rise - this.#leastRise > threshold || this.#mostFall - this.#fall > threshold;
    if (hasChanged) this.#reset();
    return hasChanged;
  }

  encode(): Uint8Array {
    const to = new ByteWriter().uint8(LAYOUT).float64(this.#count);
    for (const value of [this.#mean, this.#rise, this.#fall, this.#leastRise, this.#mostFall]) to.float64(value);
    return to.take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array, options: PageHinkleyOptions = {}): PageHinkley {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT) throw new RangeError(`Page-Hinkley state with layout ${layout}, expected ${LAYOUT}`);
    const test = new PageHinkley(options);
    test.#count = from.count64();
    test.#mean = from.finite64();
    test.#rise = from.finite64();
    test.#fall = from.finite64();
    test.#leastRise = from.finite64();
    test.#mostFall = from.finite64();
    from.end();
    return test;
  }

  #reset(): void {
    this.#count = this.#mean = this.#rise = this.#fall = this.#leastRise = this.#mostFall = 0;
  }
}
