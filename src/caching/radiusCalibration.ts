import { isAbove, isAtMost } from "../lib/clopperPearson.js";

const BINS = 40;
/** The farthest bin's edge, in nearest bin's edges. */
const SPAN = 400;
/** Distances that say what the unit is, where it is not known. */
const SCALE_SAMPLES = 64;
const LARGEST_PER_MEDIAN = 2;
const MIN_SAMPLES = 30;
/** No part of the radius may disagree more often than this many budgets. */
const BAD_PART = 5;
const FORGET_EVERY = 10_000;
/** Only a disagreement within the radius is judged at once: the bounds of all bins take some 20 us. */
const JUDGE_EVERY = 16;
/** The disagreement that audits are tested for, as a multiple of the budget, and the odds that tell it. */
const DRIFT = 4;
const DRIFT_LOG_ODDS = Math.log(2000);
/** Share of the latest distances beyond all bins that says that the unit has changed, and its memory in samples. */
const BEYOND = 0.9;
const BEYOND_MEMORY = 500;

/**
 * How far from a known input its output may be reused: the largest radius for which the evidence so far bounds the
 * share of disagreements by the error budget.
 *
 * Evidence is, by distance in 40 logarithmic bins, how often the neighbour's output was not the model's. The radius
 * is the outer edge of a bin such that
 * - over all bins up to it the one-sided Clopper-Pearson upper bound is within the budget, from at least 30 samples;
 * - no bin within has a lower bound above the budget;
 * - every part within has an upper bound of at most five times the budget, a part being as many neighbouring bins as it
 *   takes samples to show that.
 *
 * Counts are halved every 10,000 samples, so that what was learned of another cache content or other inputs fades: those
 * within the radius every 10,000 samples within, since audits are few, and samples beyond would outrun them. A
 * change that is too abrupt for that shows in the audits, by a cumulative sum of log-likelihood ratios of four times
 * the budget against the budget (Page, Biometrika 41, 1954): above ln 2000, which chance alone reaches once in more than
 * 2,000 audits (Lorden, Annals of Mathematical Statistics 42, 1971), everything is forgotten and nothing is reused until
 * there is new evidence.
 */
export class RadiusCalibration {
  readonly #budget: number;
  readonly #confidence: number;
  readonly #givenLargest: number | undefined;
  /** The farthest edge; undefined while the first distances are collected that it is to be taken from. */
  #largest: number | undefined;
  readonly #first: { readonly distance: number; readonly disagreed: boolean }[] = [];
  readonly #samples = new Float64Array(BINS);
  readonly #disagreements = new Float64Array(BINS);
  #withinSinceForgetting = 0;
  #beyondSinceForgetting = 0;
  #sinceJudged = 0;
  #beyond = 0;
  #drift = 0;
  #radius: number | undefined;
  #driftResets = 0;

  /** `largest` is the farthest distance of any use, undefined where that depends on the data's unit. */
  constructor(options: { errorBudget: number; confidence: number; largest: number | undefined }) {
    this.#budget = options.errorBudget;
    this.#confidence = options.confidence;
    this.#givenLargest = options.largest;
    this.#largest = options.largest;
  }

  /** Undefined while nothing may be reused. */
  get radius(): number | undefined {
    return this.#radius;
  }

  /** How often audits have drifted. */
  get driftResets(): number {
    return this.#driftResets;
  }

  /** The distance that this share of the evidence lies within; undefined without evidence. */
  quantile(share: number): number | undefined {
    let total = 0;
    for (let bin = 0; bin < BINS; bin++) total += this.#samples[bin] as number;
    if (total === 0 || this.#largest === undefined) return undefined;
    let within = 0;
    let bin = 0;
    for (; bin < BINS - 1; bin++) {
      within += this.#samples[bin] as number;
      if (within >= share * total) break;
    }
    return edge(this.#largest, bin);
  }

  /** What the model answered for an input with a neighbour at this distance. Audits are samples within the radius. */
  record(distance: number, disagreed: boolean, isAudit: boolean): void {
    if (this.#largest === undefined) {
      this.#collect(distance, disagreed);
      return;
    }
    if (this.#isUnitGone(distance, this.#largest)) {
      this.reset();
      return;
    }
    if (distance > this.#largest) return;
    this.#count(distance, disagreed, this.#largest);
    if (isAudit && this.#hasDrifted(disagreed)) {
      this.#driftResets += 1;
      this.reset();
      return;
    }
    this.#sinceJudged += 1;
    const narrows = disagreed && this.#radius !== undefined && distance <= this.#radius;
    if (!narrows && this.#sinceJudged < JUDGE_EVERY) return;
    this.#sinceJudged = 0;
    this.#radius = this.#largestSafe(this.#largest);
  }

  /** Forgets everything. */
  reset(): void {
    this.#samples.fill(0);
    this.#disagreements.fill(0);
    this.#first.length = 0;
    this.#largest = this.#givenLargest;
    this.#withinSinceForgetting = 0;
    this.#beyondSinceForgetting = 0;
    this.#sinceJudged = 0;
    this.#beyond = 0;
    this.#drift = 0;
    this.#radius = undefined;
  }

  #collect(distance: number, disagreed: boolean): void {
    if (distance === 0) return;
    this.#first.push({ distance, disagreed });
    if (this.#first.length < SCALE_SAMPLES) return;
    const sorted = this.#first.map((sample) => sample.distance).sort((a, b) => a - b);
    const largest = LARGEST_PER_MEDIAN * (sorted[SCALE_SAMPLES >> 1] as number);
    this.#largest = largest;
    for (const sample of this.#first)
      if (sample.distance <= largest) this.#count(sample.distance, sample.disagreed, largest);
    this.#first.length = 0;
  }

  #count(distance: number, disagreed: boolean, largest: number): void {
    const bin = binOf(largest, distance);
    this.#samples[bin] = (this.#samples[bin] as number) + 1;
    if (disagreed) this.#disagreements[bin] = (this.#disagreements[bin] as number) + 1;
    this.#forget(distance, largest);
  }

  #forget(distance: number, largest: number): void {
    const radius = this.#radius ?? 0;
    if (distance <= radius) this.#withinSinceForgetting += 1;
    else this.#beyondSinceForgetting += 1;
    const inner = radius === 0 ? 0 : binOf(largest, radius) + 1;
    if (this.#withinSinceForgetting >= FORGET_EVERY) {
      this.#withinSinceForgetting = 0;
      this.#halve(0, inner);
    }
    if (this.#beyondSinceForgetting >= FORGET_EVERY) {
      this.#beyondSinceForgetting = 0;
      this.#halve(inner, BINS);
    }
  }

  #halve(from: number, to: number): void {
    for (let bin = from; bin < to; bin++) {
      this.#samples[bin] = (this.#samples[bin] as number) / 2;
      this.#disagreements[bin] = (this.#disagreements[bin] as number) / 2;
    }
  }

  /** Only where the unit was taken from the data: it is not what it was if nearly all are beyond the bins. */
  #isUnitGone(distance: number, largest: number): boolean {
    if (this.#givenLargest !== undefined) return false;
    const isBeyond = distance > largest || (distance > 0 && distance < largest / SPAN);
    this.#beyond += ((isBeyond ? 1 : 0) - this.#beyond) / BEYOND_MEMORY;
    return this.#beyond > BEYOND;
  }

  #hasDrifted(disagreed: boolean): boolean {
    const usual = this.#budget;
    const drifted = Math.min(DRIFT * usual, (1 + usual) / 2);
    const logOdds = disagreed ? Math.log(drifted / usual) : Math.log((1 - drifted) / (1 - usual));
    this.#drift = Math.max(0, this.#drift + logOdds);
    return this.#drift > DRIFT_LOG_ODDS;
  }

  #largestSafe(largest: number): number | undefined {
    const bad = Math.min(1, BAD_PART * this.#budget);
    let radius: number | undefined;
    let samples = 0;
    let disagreements = 0;
    let partSamples = 0;
    let partDisagreements = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const inBin = this.#samples[bin] as number;
      if (inBin === 0) continue;
      if (isAbove(this.#budget, this.#disagreements[bin] as number, inBin, this.#confidence)) break;
      partSamples += inBin;
      partDisagreements += this.#disagreements[bin] as number;
      if (!isAtMost(bad, partDisagreements, partSamples, this.#confidence)) continue;
      samples += partSamples;
      disagreements += partDisagreements;
      partSamples = partDisagreements = 0;
      if (samples < MIN_SAMPLES) continue;
      if (isAtMost(this.#budget, disagreements, samples, this.#confidence)) radius = edge(largest, bin);
    }
    return radius;
  }
}

/** The bin whose outer edge is the first that the distance is not above. */
function binOf(largest: number, distance: number): number {
  if (distance === 0) return 0;
  const place = BINS * (1 - Math.log(largest / distance) / Math.log(SPAN));
  return Math.min(BINS - 1, Math.max(0, Math.ceil(place - 1e-9) - 1));
}

function edge(largest: number, bin: number): number {
  return largest * SPAN ** ((bin + 1 - BINS) / BINS);
}
