import { ByteReader, ByteWriter } from "../lib/byteCursor.js";

const LAYOUT = 1;
const BINS = 20;
/** As so many observations does each bin believe the raw agreement itself. */
const PRIOR = 20;
/** Counts are halved when so many observations are in, so that what was learned of other models fades. */
const FORGET_AT = 10_000;

/**
 * What an agreement is worth: from the raw agreement of a combined answer to the accuracy observed at it. Twenty bins, each
 * with the mean of the raw values and of the outcomes in it, both drawn towards the bin's middle while there are few;
 * made monotone by pooling adjacent violators (Barlow et al., 1972; Zadrozny and Elkan, KDD 2002), and interpolated
 * in between. Without observations it is the identity.
 */
export class ConfidenceCalibration {
  readonly #counts = new Float64Array(BINS);
  readonly #raws = new Float64Array(BINS);
  readonly #outcomes = new Float64Array(BINS);
  #sinceForgetting = 0;
  /** Where the curve bends; made when it is next read. */
  readonly #at = new Float64Array(BINS);
  readonly #confidences = new Float64Array(BINS);
  #isStale = true;

  /** `outcome`: 1 for a right answer, 0 for a wrong one, 1 - loss in between. False if either is outside 0 to 1. */
  observe(agreement: number, outcome: number): boolean {
    if (!isShare(agreement) || !isShare(outcome)) return false;
    const bin = Math.min(BINS - 1, Math.floor(agreement * BINS));
    this.#counts[bin] = (this.#counts[bin] as number) + 1;
    this.#raws[bin] = (this.#raws[bin] as number) + agreement;
    this.#outcomes[bin] = (this.#outcomes[bin] as number) + outcome;
    this.#sinceForgetting += 1;
    if (this.#sinceForgetting >= FORGET_AT) this.#forgetHalf();
    this.#isStale = true;
    return true;
  }

  /** The calibrated confidence, 0 to 1, never falling as the agreement rises. */
  confidence(agreement: number): number {
    if (this.#isStale) this.#draw();
    return Math.min(1, Math.max(0, this.#interpolate(agreement)));
  }

  encode(): Uint8Array {
    const to = new ByteWriter().uint8(LAYOUT).float64(this.#sinceForgetting);
    for (const column of [this.#counts, this.#raws, this.#outcomes]) for (const value of column) to.float64(value);
    return to.take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array): ConfidenceCalibration {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT) throw new RangeError(`calibration with layout ${layout}, expected ${LAYOUT}`);
    const calibration = new ConfidenceCalibration();
    calibration.#sinceForgetting = from.count64();
    for (const column of [calibration.#counts, calibration.#raws, calibration.#outcomes]) {
      for (let bin = 0; bin < BINS; bin++) column[bin] = from.finite64();
    }
    from.end();
    calibration.#expectSums();
    return calibration;
  }

  #expectSums(): void {
    for (let bin = 0; bin < BINS; bin++) {
      const count = this.#counts[bin] as number;
      const fits = (sum: number) => sum >= 0 && sum <= count * (1 + 1e-9);
      if (fits(this.#raws[bin] as number) && fits(this.#outcomes[bin] as number)) continue;
      throw new RangeError(`calibration whose bin ${bin} has sums above its count`);
    }
  }

  #forgetHalf(): void {
    this.#sinceForgetting = 0;
    for (const column of [this.#counts, this.#raws, this.#outcomes]) {
      for (let bin = 0; bin < BINS; bin++) column[bin] = (column[bin] as number) / 2;
    }
  }

  #draw(): void {
    for (let bin = 0; bin < BINS; bin++) {
      const middle = (bin + 0.5) / BINS;
      const weight = (this.#counts[bin] as number) + PRIOR;
      this.#at[bin] = ((this.#raws[bin] as number) + PRIOR * middle) / weight;
      this.#confidences[bin] = ((this.#outcomes[bin] as number) + PRIOR * middle) / weight;
    }
    poolViolators(this.#confidences, this.#counts, PRIOR);
    this.#isStale = false;
  }

  /** Beyond the outermost bends with slope 1, as the identity has. */
  #interpolate(agreement: number): number {
    let right = 0;
    while (right < BINS && (this.#at[right] as number) < agreement) right += 1;
    if (right === 0) return (this.#confidences[0] as number) + agreement - (this.#at[0] as number);
    const left = right - 1;
    const from = this.#confidences[left] as number;
    if (right === BINS) return from + agreement - (this.#at[left] as number);
    const share = (agreement - (this.#at[left] as number)) / ((this.#at[right] as number) - (this.#at[left] as number));
    return from + share * ((this.#confidences[right] as number) - from);
  }
}

function isShare(value: number): boolean {
  return value >= 0 && value <= 1;
}

/** Weighted isotonic regression in place: neighbours in the wrong order get their common mean. */
function poolViolators(values: Float64Array, counts: Float64Array, prior: number): void {
  const starts: number[] = [];
  const means: number[] = [];
  const weights: number[] = [];
  for (let i = 0; i < values.length; i++) {
    let start = i;
    let mean = values[i] as number;
    let weight = (counts[i] as number) + prior;
    while (means.length > 0 && (means.at(-1) as number) > mean) {
      const other = weights.pop() as number;
      mean = (mean * weight + (means.pop() as number) * other) / (weight + other);
      weight += other;
      start = starts.pop() as number;
    }
    starts.push(start);
    means.push(mean);
    weights.push(weight);
  }
  starts.forEach((start, block) => values.fill(means[block] as number, start, starts[block + 1] ?? values.length));
}
