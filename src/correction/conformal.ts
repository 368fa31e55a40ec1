import type { LabelScore, Output } from "../domain/application.js";
import type { Truth } from "../domain/storePorts.js";
import { ByteReader, ByteWriter } from "../lib/byteCursor.js";

const LAYOUT = 1;
/** Latest scores of which the quantile is taken, and the step of alpha. */
const WINDOW = 1000;
const STEP = 0.01;
const COVERAGE = 0.9;

/**
 * How far an answer was from the truth. For labels: how much less score the true label had than the best; so the best
 * label is in every set, which is never empty. For numbers the absolute error, for vectors that of the worst element.
 * Undefined where the truth is of another kind, or nothing finite.
 */
export function conformityScore(output: Output, truth: Truth): number | undefined {
  if (output.kind === "LABEL") return truth.kind === "LABEL" ? labelScore(output.scores, truth.label) : undefined;
  if (output.kind === "NUMBER" && truth.kind === "NUMBER") return finite(Math.abs(output.number - truth.number));
  if (output.kind !== "VECTOR" || truth.kind !== "VECTOR" || output.vector.length !== truth.vector.length)
    return undefined;
  let worst = 0;
  output.vector.forEach((value, i) => (worst = Math.max(worst, Math.abs(value - (truth.vector[i] as number)))));
  return finite(worst);
}

function labelScore(scores: readonly LabelScore[] | undefined, label: string): number | undefined {
  const own = scores?.find((one) => one.label === label)?.score;
  return scores === undefined || own === undefined ? undefined : finite(bestScore(scores) - own);
}

function bestScore(scores: readonly LabelScore[]): number {
  return scores.reduce((best, { score }) => Math.max(best, score), -Infinity);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** Labels that the threshold keeps, best first: all of them while it is infinite. */
export function labelSet(scores: readonly LabelScore[], threshold: number): readonly string[] {
  const best = bestScore(scores);
  // As the scores are kept: in single precision, or a truth at the edge would be counted in and left out.
  return scores.filter(({ score }) => Math.fround(best - score) <= threshold).map(({ label }) => label);
}

export interface ConformalOptions {
  /** Share of the sets that are to hold the truth, above 0 and below 1; default 0.9. */
  readonly coverage?: number;
}

/**
 * Adaptive conformal inference (Gibbs and Candes, NeurIPS 2021): the set of an answer is all that is within the
 * (1 - alpha)-quantile of the last 1,000 scores, and alpha += 0.01 (miss allowed - missed) after each observation. So
 * the realised coverage comes to what was asked for also when models and inputs change. For one application.
 */
export class AdaptiveConformal {
  #missAllowed: number;
  #alpha: number;
  #observed = 0;
  #covered = 0;
  /** A ring of the latest scores, and the same in order. */
  readonly #ring = new Float32Array(WINDOW);
  readonly #sorted = new Float32Array(WINDOW);
  #size = 0;
  #next = 0;

  constructor({ coverage = COVERAGE }: ConformalOptions = {}) {
    this.#missAllowed = 1 - coverage;
    this.#alpha = this.#missAllowed;
  }

  /** Of scores: what is not above it is in the set. Infinity while there are too few to leave anything out; 0 at least. */
  get threshold(): number {
    if (this.#alpha >= 1) return 0;
    // The finite-sample quantile: Vovk, Gammerman, Shafer (2005); Lei et al. (2018).
    const rank = Math.ceil((this.#size + 1) * (1 - this.#alpha));
    return rank > this.#size ? Infinity : (this.#sorted[Math.max(0, rank - 1)] as number);
  }

  get observations(): number {
    return this.#observed;
  }

  /** Share of observed truths that were in their set; undefined before the first. */
  get realisedCoverage(): number | undefined {
    return this.#observed === 0 ? undefined : this.#covered / this.#observed;
  }

  /** One truth's score. `threshold`: of the set that was shown, where that is known. False for what is no score. */
  observe(score: number, threshold = this.threshold): boolean {
    const kept = Math.fround(score);
    if (!(kept >= 0) || kept === Infinity || Number.isNaN(threshold)) return false;
    const missed = kept > threshold;
    this.#observed += 1;
    if (!missed) this.#covered += 1;
    this.#alpha += STEP * (this.#missAllowed - (missed ? 1 : 0));
    this.#keep(kept);
    return true;
  }

  /** At most 4,036 bytes. */
  encode(): Uint8Array {
    const to = new ByteWriter().uint8(LAYOUT).float64(this.#missAllowed).float64(this.#alpha);
    to.float64(this.#observed).float64(this.#covered).uint16(this.#size);
    const oldest = this.#size < WINDOW ? 0 : this.#next;
    for (let i = 0; i < this.#size; i++) to.float32(this.#ring[(oldest + i) % WINDOW] as number);
    return to.take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array): AdaptiveConformal {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT) throw new RangeError(`conformal state with layout ${layout}, expected ${LAYOUT}`);
    return AdaptiveConformal.#read(from);
  }

  static #read(from: ByteReader): AdaptiveConformal {
    const kept = new AdaptiveConformal();
    // As it was encoded: 1 - (1 - x) need not be x.
    kept.#missAllowed = from.finite64();
    kept.#alpha = from.finite64();
    kept.#observed = from.count64();
    kept.#covered = from.count64();
    const size = from.uint16();
    if (size > WINDOW || kept.#covered > kept.#observed) throw new RangeError("conformal state with counts too large");
    for (let i = 0; i < size; i++) kept.#keep(expectScore(from.float32()));
    from.end();
    return kept;
  }

  #keep(score: number): void {
    if (this.#size === WINDOW) this.#drop(this.#ring[this.#next] as number);
    this.#ring[this.#next] = score;
    this.#next = (this.#next + 1) % WINDOW;
    const at = this.#placeOf(score);
    this.#sorted.copyWithin(at + 1, at, this.#size);
    this.#sorted[at] = score;
    this.#size += 1;
  }

  #drop(score: number): void {
    const at = this.#placeOf(score);
    this.#sorted.copyWithin(at, at + 1, this.#size);
    this.#size -= 1;
  }

  /** Of the first score that is not less. */
  #placeOf(score: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] as number) < score) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function expectScore(score: number): number {
  if (score >= 0 && score < Infinity) return score;
  throw new RangeError(`conformal state with score ${score}`);
}
