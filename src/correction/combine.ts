import type { LabelScore, Output, OutputSpec } from "../domain/application.js";
import type { MemberOutput } from "../domain/prediction.js";
import { newNumbers } from "../lib/newNumbers.js";
import { bestIndex } from "./losses.js";

/** The outputs that have arrived, each with its weight, and the weight of the members that are missing. */
export interface Votes {
  readonly outputs: readonly MemberOutput[];
  /** One for each output; their sum is above 0. */
  readonly weights: Float64Array;
  readonly missingWeight: number;
}

/**
 * What is added up: SCORES are the members' probabilities, TOP their best labels, one vote each. For numbers: MEAN
 * or, resistant to a member that is far off, MEDIAN (of vectors that of each element).
 */
export type Combination = "SCORES" | "TOP" | "MEAN" | "MEDIAN";

/**
 * What rounding may add up to, relative to all weights; and by how much a score may be above 1, since the scores of a
 * member sum to 1 only within 1 %.
 */
const ROUNDING = 1e-9;
const LARGEST_SCORE = 1.01;

export interface CombinedVotes {
  readonly output: Output;
  /** 0 to 1. For labels the share of all weight behind the answer; for numbers 1 when all say the same. */
  readonly agreement: number;
}

/** One answer of all: renormalised over those present; the weight of those missing counts as disagreeing. */
export function combineVotes(spec: OutputSpec, combination: Combination, votes: Votes): CombinedVotes {
  const present = sum(votes.weights);
  const presentShare = present / (present + votes.missingWeight);
  if (spec.kind === "LABEL") {
    const scores = labelScores(spec.labels.length, combination, votes, present);
    return labelAnswer(spec.labels, bestIndex(scores), scores, presentShare);
  }
  const center = combination === "MEDIAN" ? weightedMedian(votes, present) : weightedMean(votes, present);
  return { output: numericOutput(spec, center), agreement: presentShare * nearness(votes, present, center) };
}

/** `label` with the ranking of all by `scores`, which nobody changes any more. They need not be probabilities to the last digit. */
export function labelAnswer(
  labels: readonly string[],
  label: number,
  scores: Float64Array,
  presentShare: number,
): CombinedVotes {
  return {
    output: new RankedLabel(labels[label] as string, labels, scores),
    agreement: Math.min(1, Math.max(0, (scores[label] as number) * presentShare)),
  };
}

/** Most who ask want the label alone, and to rank ten takes longer than to add them up: they are when somebody looks. */
class RankedLabel {
  readonly kind = "LABEL";
  readonly label: string;
  readonly #labels: readonly string[];
  readonly #scores: Float64Array;
  #ranked: readonly LabelScore[] | undefined;

  constructor(label: string, labels: readonly string[], scores: Float64Array) {
    this.label = label;
    this.#labels = labels;
    this.#scores = scores;
  }

  get scores(): readonly LabelScore[] {
    this.#ranked ??= this.#labels
      .map((label, i) => ({ label, score: this.#scores[i] as number }))
      .sort((a, b) => b.score - a.score);
    return this.#ranked;
  }
}

/**
 * Whether the answer stands, whatever the missing members say: the label (the scores and the agreement may still change),
 * or the number to its last digit, which of several only a median can.
 */
export function isDecided(spec: OutputSpec, combination: Combination, votes: Votes): boolean {
  if (votes.missingWeight === 0) return true;
  if (spec.kind === "LABEL") return isLabelDecided(spec.labels.length, combination, votes);
  return combination === "MEDIAN" && isMedianDecided(votes);
}

/** Each missing member could give its whole weight to the strongest rival. */
export function isLabelDecided(labels: number, combination: Combination, votes: Votes): boolean {
  if (votes.missingWeight === 0) return true;
  const scores = labelScores(labels, combination, votes, 1);
  const best = bestIndex(scores);
  let rival = -Infinity;
  for (let i = 0; i < labels; i++) if (i !== best) rival = Math.max(rival, scores[i] as number);
  const swing = LARGEST_SCORE * votes.missingWeight;
  return (scores[best] as number) - rival > swing + ROUNDING * (sum(votes.weights) + votes.missingWeight);
}

/** Of each element the lowest median and the highest that there could be are one: the missing below all, or above. */
function isMedianDecided({ outputs, weights, missingWeight }: Votes): boolean {
  const present = sum(weights);
  // More than rounding can take away, so that no half is met by a hair.
  const half = ((present + missingWeight) / 2) * (1 + ROUNDING);
  const size = valuesOf(outputs[0] as MemberOutput).length;
  const order = outputs.map((_, member) => member);
  for (let i = 0; i < size; i++) {
    const at = (member: number) => valuesOf(outputs[member] as MemberOutput)[i] as number;
    order.sort((a, b) => at(a) - at(b) || a - b);
    let below = 0;
    let lowest: number | undefined;
    let highest: number | undefined;
    for (const member of order) {
      below += weights[member] as number;
      if (lowest === undefined && below + missingWeight >= half * (1 - 2 * ROUNDING)) lowest = at(member);
      if (highest === undefined && below >= half) highest = at(member);
    }
    if (highest === undefined || lowest !== highest) return false;
  }
  return true;
}

function labelScores(labels: number, combination: Combination, votes: Votes, unit: number): Float64Array {
  // The scores of one model alone, as of most applications, are the answer's, and nobody writes into them.
  const [only] = votes.outputs;
  if (only !== undefined && combination === "SCORES" && votes.weights.length === 1 && votes.weights[0] === unit)
    return valuesOf(only);
  const scores = newNumbers(labels);
  votes.outputs.forEach((output, member) => {
    const share = (votes.weights[member] as number) / unit;
    const own = valuesOf(output);
    if (combination === "TOP") scores[bestIndex(own)] = (scores[bestIndex(own)] as number) + share;
    else for (let i = 0; i < labels; i++) scores[i] = (scores[i] as number) + share * (own[i] as number);
  });
  return scores;
}

export function valuesOf(output: MemberOutput): Float64Array {
  return output.kind === "SCORES" ? output.scores : output.numbers;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function weightedMean({ outputs, weights }: Votes, present: number): Float64Array {
  const mean = new Float64Array(valuesOf(outputs[0] as MemberOutput).length);
  outputs.forEach((output, member) => {
    const values = valuesOf(output);
    const share = (weights[member] as number) / present;
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + share * (values[i] as number);
  });
  return mean;
}

/** The smallest value with at least half of the weight at or below it. */
function weightedMedian({ outputs, weights }: Votes, present: number): Float64Array {
  const median = new Float64Array(valuesOf(outputs[0] as MemberOutput).length);
  const order = outputs.map((_, member) => member);
  for (let i = 0; i < median.length; i++) {
    const at = (member: number) => valuesOf(outputs[member] as MemberOutput)[i] as number;
    order.sort((a, b) => at(a) - at(b) || a - b);
    let below = 0;
    for (const member of order) {
      median[i] = at(member);
      below += weights[member] as number;
      if (below >= present / 2) break;
    }
  }
  return median;
}

function numericOutput(spec: OutputSpec, center: Float64Array): Output {
  if (spec.kind === "NUMBER") return { kind: "NUMBER", number: center[0] as number };
  return { kind: "VECTOR", vector: center };
}

/** 1 when all members say the same, falling with their weighted spread relative to the size of the answer. */
function nearness({ outputs, weights }: Votes, present: number, center: Float64Array): number {
  if (outputs.length === 1) return 1;
  // In units of the largest value, since sums of numbers near 1e308 overflow.
  let unit = 0;
  for (const output of outputs) for (const value of valuesOf(output)) unit = Math.max(unit, Math.abs(value));
  if (unit === 0) return 1;
  let size = 0;
  for (const value of center) size += Math.abs(value / unit);
  let spread = 0;
  outputs.forEach((output, member) => {
    const values = valuesOf(output);
    const share = (weights[member] as number) / present;
    for (let i = 0; i < center.length; i++) {
      spread += share * Math.abs((values[i] as number) / unit - (center[i] as number) / unit);
    }
  });
  return spread === 0 ? 1 : size / (size + spread);
}
