import type { LabelScore, Output } from "../domain/application.js";
import type { Truth } from "../domain/storePorts.js";
import { ByteReader, ByteWriter } from "../lib/byteCursor.js";

const LAYOUT = 2;
/** As it was before a coverage could be changed: with the miss allowed, alpha and counts of what was held, 8 bytes each. */
const LAYOUT_WITH_ALPHA = 1;
const ALPHA_BYTES = 32;
/** Latest scores of which the quantile is taken, and the step of alpha. */
const WINDOW = 1000;
const STEP = 0.01;

/**
 * How far an answer was from the truth. For labels: how much less score the true label had than the best; so the best
 * label is in every set, which is never empty. For numbers the absolute error.
 * Undefined for vectors, which have no sets, and where the truth is of another kind, or nothing finite.
 */
export function conformityScore(output: Output, truth: Truth): number | undefined {
  if (output.kind === "LABEL") return truth.kind === "LABEL" ? labelScore(output.scores, truth.label) : undefined;
  if (output.kind !== "NUMBER" || truth.kind !== "NUMBER") return undefined;
  return finite(Math.abs(output.number - truth.number));
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

/** What a stated coverage comes to on the scores that are known. */
interface Sets {
  readonly coverage: number;
  readonly threshold: number;
  readonly held: number;
}

/**
 * Adaptive conformal inference (Gibbs and Candes, NeurIPS 2021) over the last 1,000 scores: the set of an answer is all
 * that is within the (1 - alpha)-quantile of the scores before it, and alpha += 0.01 (miss allowed - missed) after each.
 * So the realised coverage comes to what was asked for also when models and inputs change. Kept are the scores alone, and
 * the recursion is run over them when a coverage is asked for: states stay a fold of the log whatever is stated, and
 * another coverage holds at once. After 1,000 steps of 0.01 nothing is left of where alpha began. For one application.
 */
export class AdaptiveConformal {
  /** A ring of the latest scores. */
  readonly #ring = new Float32Array(WINDOW);
  #size = 0;
  #next = 0;
  /** Since the last score. */
  #sets: Sets | undefined;

  /**
   * Of scores: what is not above it is in a set that holds the truth with this coverage, above 0 and below 1. Infinity while
   * there are too few to leave anything out; 0 at least.
   */
  threshold(coverage: number): number {
    return this.#setsFor(coverage).threshold;
  }

  /** Share of the last 1,000 truths that their set would have held; undefined before the first. */
  realisedCoverage(coverage: number): number | undefined {
    return this.#size === 0 ? undefined : this.#setsFor(coverage).held / this.#size;
  }

  /** One truth's score. False for what is no score. */
  observe(score: number): boolean {
    const kept = Math.fround(score);
    if (!(kept >= 0) || kept === Infinity) return false;
    this.#keep(kept);
    return true;
  }

  /** At most 4,003 bytes. */
  encode(): Uint8Array {
    const to = new ByteWriter().uint8(LAYOUT).uint16(this.#size);
    for (let i = 0; i < this.#size; i++) to.float32(this.#scoreAt(i));
    return to.take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array): AdaptiveConformal {
    const from = new ByteReader(bytes);
    const layout = from.uint8();
    if (layout !== LAYOUT && layout !== LAYOUT_WITH_ALPHA) {
      throw new RangeError(`conformal state with layout ${layout}, expected ${LAYOUT}`);
    }
    if (layout === LAYOUT_WITH_ALPHA) from.bytes(ALPHA_BYTES);
    const kept = new AdaptiveConformal();
    const size = from.uint16();
    if (size > WINDOW) throw new RangeError(`conformal state of ${size} scores, at most ${WINDOW} are kept`);
    for (let i = 0; i < size; i++) kept.#keep(expectScore(from.float32()));
    from.end();
    return kept;
  }

  #keep(score: number): void {
    this.#ring[this.#next] = score;
    this.#next = (this.#next + 1) % WINDOW;
    this.#size = Math.min(WINDOW, this.#size + 1);
    this.#sets = undefined;
  }

  /** From the oldest. */
  #scoreAt(i: number): number {
    const oldest = this.#size < WINDOW ? 0 : this.#next;
    return this.#ring[(oldest + i) % WINDOW] as number;
  }

  #setsFor(coverage: number): Sets {
    if (this.#sets?.coverage !== coverage) this.#sets = this.#run(coverage);
    return this.#sets;
  }

  /** A tenth of a millisecond or two for 1,000 scores: once after each group of observations, if somebody asks. */
  #run(coverage: number): Sets {
    const missAllowed = 1 - coverage;
    let alpha = missAllowed;
    let held = 0;
    for (let i = 0; i < this.#size; i++) {
      const score = this.#scoreAt(i);
      const missed = score > quantile(i, alpha);
      if (!missed) held += 1;
      // While so few are known that nothing could be left out, that nothing is missed says nothing of alpha.
      if (rankOf(i, missAllowed) <= i) alpha += STEP * (missAllowed - (missed ? 1 : 0));
      insert(score, i);
    }
    return { coverage, threshold: quantile(this.#size, alpha), held };
  }
}

/** Scratch of one run: its scores so far, in order. */
const sorted = new Float32Array(WINDOW);

/** The finite-sample quantile: Vovk, Gammerman, Shafer (2005); Lei et al. (2018). */
function quantile(size: number, alpha: number): number {
  if (alpha >= 1) return 0;
  const rank = rankOf(size, alpha);
  return rank > size ? Infinity : (sorted[Math.max(0, rank - 1)] as number);
}

function rankOf(size: number, alpha: number): number {
  return Math.ceil((size + 1) * (1 - alpha));
}

function insert(score: number, size: number): void {
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as number) < score) low = middle + 1;
    else high = middle;
  }
  sorted.copyWithin(low + 1, low, size);
  sorted[low] = score;
}

function expectScore(score: number): number {
  if (score >= 0 && score < Infinity) return score;
  throw new RangeError(`conformal state with score ${score}`);
}
