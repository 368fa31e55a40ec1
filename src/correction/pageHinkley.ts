import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import type { Change } from "./folding.js";

const LAYOUT = 2;
/** As it was before the means on both sides of a change were told. */
const LAYOUT_WITHOUT_SIDES = 1;

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
 * the sum of deviations from the running mean, less a tolerance, against its least so far; where that was is where the
 * mean is taken to have changed. 97 bytes, so one for each entity. Starts anew after it has fired.
 */
export class PageHinkley {
  readonly #options: Required<PageHinkleyOptions>;
  #count = 0;
  #mean = 0;
  #rise = 0;
  #fall = 0;
  #leastRise = 0;
  #mostFall = 0;
  /** At the least of the rise and at the most of the fall, and since then. */
  readonly #risen: Since = { before: 0, count: 0, total: 0 };
  readonly #fallen: Since = { before: 0, count: 0, total: 0 };
  #lastChange: Change | undefined;

  constructor(options: PageHinkleyOptions = DEFAULTS) {
    this.#options = options === DEFAULTS ? DEFAULTS : { ...DEFAULTS, ...options };
  }

  /** What was found when it last fired in this process. */
  get lastChange(): Change | undefined {
    return this.#lastChange;
  }

  /** Since it last fired; undefined without values. */
  get mean(): number | undefined {
    return this.#count === 0 ? undefined : this.#mean;
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
    const isLeast = this.#count === 1 || this.#rise <= this.#leastRise;
    const isMost = this.#count === 1 || this.#fall >= this.#mostFall;
    if (isLeast) this.#leastRise = this.#rise;
    if (isMost) this.#mostFall = this.#fall;
    this.#follow(this.#risen, isLeast, value);
    this.#follow(this.#fallen, isMost, value);
    if (this.#count < least) return false;
    const hasRisen = this.#rise - this.#leastRise > threshold;
    if (!hasRisen && !(this.#mostFall - this.#fall > threshold)) return false;
    this.#lastChange = this.#sides(hasRisen ? this.#risen : this.#fallen);
    this.#reset();
    return true;
  }

  encode(): Uint8Array {
    const to = new ByteWriter();
    this.encodeTo(to);
    return to.take();
  }

  encodeTo(to: ByteWriter): void {
    to.uint8(LAYOUT).float64(this.#count).float64(this.#mean);
    to.float64(this.#rise).float64(this.#fall).float64(this.#leastRise).float64(this.#mostFall);
    to.float64(this.#risen.before).float64(this.#risen.count).float64(this.#risen.total);
    to.float64(this.#fallen.before).float64(this.#fallen.count).float64(this.#fallen.total);
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array, options?: PageHinkleyOptions): PageHinkley {
    return PageHinkley.decodeFrom(new ByteReader(bytes), options);
  }

  /** Up to the reader's end. */
  static decodeFrom(from: ByteReader, options?: PageHinkleyOptions): PageHinkley {
    const layout = from.uint8();
    if (layout !== LAYOUT && layout !== LAYOUT_WITHOUT_SIDES)
      throw new RangeError(`Page-Hinkley state with layout ${layout}, expected ${LAYOUT}`);
    const test = new PageHinkley(options);
    test.#count = from.count64();
    test.#mean = from.finite64();
    test.#rise = from.finite64();
    test.#fall = from.finite64();
    test.#leastRise = from.finite64();
    test.#mostFall = from.finite64();
    test.#risen.before = test.#fallen.before = test.#mean;
    if (layout === LAYOUT) {
      for (const since of [test.#risen, test.#fallen]) {
        since.before = from.finite64();
        since.count = from.count64();
        since.total = from.finite64();
      }
    }
    from.end();
    return test;
  }

  #follow(since: Since, beginsAnew: boolean, value: number): void {
    since.count = beginsAnew ? 0 : since.count + 1;
    since.total = beginsAnew ? 0 : since.total + value;
    if (beginsAnew) since.before = this.#mean;
  }

  /** What is told of a test that was stored without its sides is not known: the mean of all, then. */
  #sides({ before, count, total }: Since): Change {
    return { meanBefore: before, meanAfter: count === 0 ? this.#mean : total / count };
  }

  #reset(): void {
    this.#count = this.#mean = this.#rise = this.#fall = this.#leastRise = this.#mostFall = 0;
    for (const since of [this.#risen, this.#fallen]) since.before = since.count = since.total = 0;
  }
}

/** The mean of all values until then, and those that came after. */
interface Since {
  before: number;
  count: number;
  total: number;
}
