import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import type { Change } from "./folding.js";

const LAYOUT = 1;
const DELTA = 0.002;
/** Cuts are looked for every so many observations. */
const CLOCK = 32;
/** Buckets of one size; one more, and the two oldest become one of twice the size. */
const MAX_BUCKETS = 5;
/** Observations on each side of a cut at least; and in the window before any is looked for. */
const LEAST_SIDE = 5;
const LEAST_WINDOW = 10;
/** Sizes up to 2^39: more than there will be observations. */
const MAX_ROWS = 40;

/** Observations side by side: how many, their sum, and the sum of squared deviations from their mean. */
interface Bucket {
  readonly total: number;
  readonly deviation: number;
}

interface Span extends Bucket {
  readonly count: number;
}

const EMPTY: Span = { count: 0, total: 0, deviation: 0 };

/**
 * ADWIN (Bifet and Gavalda, SDM 2007): a window over the latest values that grows while their mean stays, and fires
 * when any cut of it leaves two means that differ by more than chance allows at confidence delta. Then it starts anew.
 * The window is an exponential histogram: up to five buckets of each power of two, oldest first, so that n values
 * take O(log n). For one application's losses.
 */
export class Adwin {
  readonly #delta: number;
  /** Buckets of 2^row values at index `row`, oldest first. */
  #rows: Bucket[][] = [[]];
  #seen = 0;
  #lastChange: Change | undefined;

  constructor(delta = DELTA) {
    this.#delta = delta;
  }

  /** Values in the window. */
  get width(): number {
    return this.#whole().count;
  }

  /** Of the window; undefined while it is empty. */
  get mean(): number | undefined {
    const { count, total } = this.#whole();
    return count === 0 ? undefined : total / count;
  }

  /** What was found when it last fired in this process: the means on both sides of the clearest cut. */
  get lastChange(): Change | undefined {
    return this.#lastChange;
  }

  /** True when the mean has changed. What is not finite is left out. */
  update(value: number): boolean {
    if (!Number.isFinite(value)) return false;
    this.#rows[0]?.push({ total: value, deviation: 0 });
    this.#compress();
    this.#seen += 1;
    const cut = this.#seen % CLOCK === 0 ? this.#clearestCut() : undefined;
    if (cut === undefined) return false;
    this.#lastChange = cut;
    this.#rows = [[]];
    this.#seen = 0;
    return true;
  }

  encode(): Uint8Array {
    const to = new ByteWriter().uint8(LAYOUT).float64(this.#seen).uint8(this.#rows.length);
    for (const row of this.#rows) {
      to.uint8(row.length);
      for (const { total, deviation } of row) to.float64(total).float64(deviation);
    }
    return to.take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array, delta = DELTA): Adwin {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT) throw new RangeError(`ADWIN state with layout ${layout}, expected ${LAYOUT}`);
    const adwin = new Adwin(delta);
    adwin.#seen = from.count64();
    const rows = from.uint8();
    if (rows === 0 || rows > MAX_ROWS) throw new RangeError(`ADWIN state of ${rows} rows`);
    adwin.#rows = Array.from({ length: rows }, () => readRow(from));
    from.end();
    return adwin;
  }

  #compress(): void {
    for (let row = 0; row < MAX_ROWS - 1; row++) {
      const buckets = this.#rows[row] as Bucket[];
      if (buckets.length <= MAX_BUCKETS) return;
      const [first, second] = buckets.splice(0, 2) as [Bucket, Bucket];
      const merged = join(spanOf(first, row), spanOf(second, row));
      const next = (this.#rows[row + 1] ??= []);
      next.push({ total: merged.total, deviation: merged.deviation });
    }
  }

  #whole(): Span {
    return this.#spans().reduce(join, EMPTY);
  }

  /** All buckets, oldest first. */
  #spans(): Span[] {
    const spans: Span[] = [];
    for (let row = this.#rows.length - 1; row >= 0; row--) {
      for (const bucket of this.#rows[row] as Bucket[]) spans.push(spanOf(bucket, row));
    }
    return spans;
  }

  /** Of the cuts between two buckets that leave two different means, the one where they are farthest beyond chance. */
  #clearestCut(): Change | undefined {
    const spans = this.#spans();
    const whole = spans.reduce(join, EMPTY);
    if (whole.count <= LEAST_WINDOW) return undefined;
    let clearest: Change | undefined;
    let excess = 0;
    let count = 0;
    let total = 0;
    for (const span of spans) {
      count += span.count;
      total += span.total;
      const rest = whole.count - count;
      if (count < LEAST_SIDE || rest < LEAST_SIDE) continue;
      const meanBefore = total / count;
      const meanAfter = (whole.total - total) / rest;
      const beyond = Math.abs(meanBefore - meanAfter) - this.#bound(whole, count, rest);
      if (!(beyond > excess)) continue;
      excess = beyond;
      clearest = { meanBefore, meanAfter };
    }
    return clearest;
  }

  /**
   * Equation 3.1 of the paper, with the window's variance, for delta / ln n; both sides less the least that each must
   * have, as the authors' own program has it.
   */
  #bound({ count, deviation }: Span, older: number, newer: number): number {
    const log = Math.log((2 * Math.log(count)) / this.#delta);
    const inverse = 1 / (older - LEAST_SIDE + 1) + 1 / (newer - LEAST_SIDE + 1);
    return Math.sqrt(2 * inverse * (deviation / count) * log) + (2 / 3) * inverse * log;
  }
}

/** Not by spreading: see docs/performance.md, "One shape an object". */
function spanOf({ total, deviation }: Bucket, row: number): Span {
  return { count: 2 ** row, total, deviation };
}

/** Two neighbours as one: Chan, Golub, LeVeque (1979). */
function join(a: Span, b: Span): Span {
  if (a.count === 0) return b;
  const count = a.count + b.count;
  const apart = a.total / a.count - b.total / b.count;
  const deviation = a.deviation + b.deviation + (apart * apart * a.count * b.count) / count;
  return { count, total: a.total + b.total, deviation };
}

function readRow(from: ByteReader): Bucket[] {
  const length = from.uint8();
  if (length > MAX_BUCKETS) throw new RangeError(`ADWIN state with ${length} buckets of one size`);
  return Array.from({ length }, () => ({ total: from.finite64(), deviation: from.finite64() }));
}
