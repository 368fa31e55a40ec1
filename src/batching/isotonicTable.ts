import type { LatencyCurve } from "./latencyLine.js";

const FORGETTING = 0.995;
/** A size whose batches weigh less than this has been forgotten: some 900 batches after its last. */
const LEAST_WEIGHT = 0.01;
/**
 * Sizes up to here are told apart, larger ones up to multiples of 4, then of 8, since that is where the steps of
 * hardware lie, in bins of at most 5 %.
 */
const EXACT_ROWS = 32;
const FINE_ROWS = 256;
const BIN_GROWTH = 1.05;
/** No batch has more: the largest `maxBatchRows`. */
const LARGEST_ROWS = 65_536;

/** The largest size of each bin, ascending. */
const UPPER_ROWS = Int32Array.from(upperRows());

function upperRows(): number[] {
  const upper = Array.from({ length: EXACT_ROWS }, (_, i) => i + 1);
  for (let rows = EXACT_ROWS; rows < LARGEST_ROWS; upper.push(rows)) {
    rows = rows < FINE_ROWS ? rows + 4 : 8 * Math.floor((rows * BIN_GROWTH) / 8);
  }
  return upper;
}

/** The first place in ascending `values` whose value is at least `value`; `count` if there is none. */
function firstAtLeast(values: Int32Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Latency by batch size with no shape but that more rows never take less time: the weighted isotonic regression of the
 * mean latencies of the sizes seen, by pooling adjacent violators (Ayer et al. 1955; Barlow et al. 1972). For models
 * whose latency is no line, such as those that compute in tiles and take as long for 1 row as for 32. Between two sizes
 * seen it says what the larger one takes, which bounds the truth; above the largest it is a line through the origin,
 * which thinks the worst of larger batches.
 */
export class IsotonicTable implements LatencyCurve {
  readonly #weights = new Float64Array(UPPER_ROWS.length);
  readonly #meansMs = new Float64Array(UPPER_ROWS.length);
  /** The largest size seen in each bin. */
  readonly #largest = new Int32Array(UPPER_ROWS.length);
  /** The regression: sizes, their latencies, and scratch for the pooled weights and sizes. Rebuilt when asked. */
  readonly #knotRows = new Int32Array(UPPER_ROWS.length);
  readonly #knotMs = new Float64Array(UPPER_ROWS.length);
  readonly #poolMs = new Float64Array(UPPER_ROWS.length);
  readonly #poolWeights = new Float64Array(UPPER_ROWS.length);
  readonly #poolKnots = new Int32Array(UPPER_ROWS.length);
  #knots = 0;
  #isFitted = true;

  reset(): void {
    this.#weights.fill(0);
    this.#knots = 0;
    this.#isFitted = true;
  }

  record(rows: number, ms: number): void {
    const weights = this.#weights;
    for (let bin = 0; bin < weights.length; bin++) weights[bin] = (weights[bin] as number) * FORGETTING;
    const at = Math.min(firstAtLeast(UPPER_ROWS, UPPER_ROWS.length, rows), UPPER_ROWS.length - 1);
    const before = weights[at] as number;
    const isNew = before < LEAST_WEIGHT;
    const weight = (isNew ? 0 : before) + 1;
    const mean = isNew ? ms : (this.#meansMs[at] as number);
    weights[at] = weight;
    this.#meansMs[at] = mean + (ms - mean) / weight;
    this.#largest[at] = isNew ? rows : Math.max(rows, this.#largest[at] as number);
    this.#isFitted = false;
  }

  expectedMs(rows: number): number {
    this.#fit();
    if (this.#knots === 0) return 0;
    const at = firstAtLeast(this.#knotRows, this.#knots, rows);
    if (at < this.#knots) return this.#knotMs[at] as number;
    const last = this.#knots - 1;
    return ((this.#knotMs[last] as number) * rows) / (this.#knotRows[last] as number);
  }

  maxRows(withinMs: number): number {
    this.#fit();
    if (this.#knots === 0) return Infinity;
    let fitting = 0;
    let end = this.#knots;
    while (fitting < end) {
      const middle = (fitting + end) >> 1;
      if ((this.#knotMs[middle] as number) <= withinMs) fitting = middle + 1;
      else end = middle;
    }
    if (fitting === 0) return 0;
    const rows = this.#knotRows[fitting - 1] as number;
    if (fitting < this.#knots) return rows;
    const ms = this.#knotMs[fitting - 1] as number;
    return ms > 0 ? Math.floor((withinMs / ms) * rows + 1e-9) : Infinity;
  }

  #fit(): void {
    if (this.#isFitted) return;
    this.#isFitted = true;
    this.#knots = 0;
    let pools = 0;
    for (let bin = 0; bin < UPPER_ROWS.length; bin++) {
      const weight = this.#weights[bin] as number;
      if (weight < LEAST_WEIGHT) continue;
      this.#knotRows[this.#knots++] = this.#largest[bin] as number;
      this.#poolMs[pools] = this.#meansMs[bin] as number;
      this.#poolWeights[pools] = weight;
      this.#poolKnots[pools++] = 1;
      while (pools > 1 && (this.#poolMs[pools - 2] as number) >= (this.#poolMs[pools - 1] as number))
        pools = this.#merge(pools);
    }
    for (let pool = 0, knot = 0; pool < pools; pool++) {
      const end = knot + (this.#poolKnots[pool] as number);
      this.#knotMs.fill(this.#poolMs[pool] as number, knot, end);
      knot = end;
    }
  }

  /** The last two pools become one. */
  #merge(pools: number): number {
    const [a, b] = [pools - 2, pools - 1];
    const [weightA, weightB] = [this.#poolWeights[a] as number, this.#poolWeights[b] as number];
    const [msA, msB] = [this.#poolMs[a] as number, this.#poolMs[b] as number];
    this.#poolMs[a] = (weightA * msA + weightB * msB) / (weightA + weightB);
    this.#poolWeights[a] = weightA + weightB;
    this.#poolKnots[a] = (this.#poolKnots[a] as number) + (this.#poolKnots[b] as number);
    return pools - 1;
  }
}
