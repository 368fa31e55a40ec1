import type { OutputSpec } from "../domain/application.js";
import type { LossSpec } from "../domain/policySpec.js";
import type { MemberOutput } from "../domain/prediction.js";
import type { Truth } from "../domain/storePorts.js";

/**
 * The LOG loss of a probability is that of `LOG_CLIP` at least, and that counts as 1: -ln max(p, clip) / -ln clip.
 * Unbounded, one sure and wrong model would weigh more than all that came before. (A guess among ten labels: 0.33.)
 */
const LOG_CLIP = 1e-3;

type Numbers = Float64Array | readonly number[];

/** How wrong answers of one application are, 0 to 1. */
export interface Losses {
  /** Of a member's output, given the truth. Undefined for a reward, a truth of another kind, or numbers that are none. */
  ofOutput(output: MemberOutput, truth: Truth): number | undefined;
  /** Of the answer that was given. Undefined unless it is a reward within the declared range: never clipped silently. */
  ofReward(truth: Truth): number | undefined;
}

/** For applications that declare none: labels are right or wrong; for numbers there is no loss without a range. */
export function defaultLoss(output: OutputSpec): LossSpec | undefined {
  return output.kind === "LABEL" ? { kind: "ZERO_ONE" } : undefined;
}

/** Without a loss nothing is told. */
export function newLosses(loss: LossSpec | undefined, output: OutputSpec): Losses {
  if (loss === undefined) return { ofOutput: () => undefined, ofReward: () => undefined };
  const ofOutput = output.kind === "LABEL" ? labelLoss(loss, output.labels) : numberLoss(loss);
  return { ofOutput, ofReward: (truth) => rewardLoss(loss, truth) };
}

function rewardLoss(loss: LossSpec, truth: Truth): number | undefined {
  if (loss.kind !== "REWARD" || truth.kind !== "REWARD") return undefined;
  const { min, max } = loss;
  // Halved, since the width of a range may overflow.
  const value = (max / 2 - truth.reward / 2) / (max / 2 - min / 2);
  return value >= 0 && value <= 1 ? value : undefined;
}

function labelLoss(loss: LossSpec, labels: readonly string[]): Losses["ofOutput"] {
  const indexOf = new Map(labels.map((label, i) => [label, i]));
  return (output, truth) => {
    if (truth.kind !== "LABEL" || output.kind !== "SCORES" || !areFinite(output.scores)) return undefined;
    const right = indexOf.get(truth.label);
    if (right === undefined || output.scores.length !== labels.length) return undefined;
    switch (loss.kind) {
      case "ZERO_ONE":
        return bestIndex(output.scores) === right ? 0 : 1;
      case "LOG":
        return logLoss(output.scores[right] as number);
      case "SQUARED":
      case "ABSOLUTE":
      case "REWARD":
        return undefined;
    }
  };
}

function logLoss(probability: number): number {
  return Math.log(Math.min(1, Math.max(LOG_CLIP, probability))) / Math.log(LOG_CLIP);
}

/** The first of the largest: ties go to the label that the application names first. */
export function bestIndex(scores: Float64Array): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}

function numberLoss(loss: LossSpec): Losses["ofOutput"] {
  return (output, truth) => {
    const right = truthNumbers(truth);
    if (right === undefined || output.kind !== "NUMBERS" || output.numbers.length !== right.length) return undefined;
    if (!areFinite(output.numbers) || !areFinite(right)) return undefined;
    switch (loss.kind) {
      case "SQUARED":
        return meanError(output.numbers, right, (error) => (error / loss.range) ** 2);
      case "ABSOLUTE":
        return meanError(output.numbers, right, (error) => Math.abs(error) / loss.range);
      case "ZERO_ONE":
      case "LOG":
      case "REWARD":
        return undefined;
    }
  };
}

function truthNumbers(truth: Truth): Numbers | undefined {
  if (truth.kind === "NUMBER") return [truth.number];
  return truth.kind === "VECTOR" ? truth.vector : undefined;
}

/** Of vectors the mean over their elements, each at most 1: one element must not count for all. */
function meanError(numbers: Float64Array, right: Numbers, size: (error: number) => number): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += Math.min(1, size((numbers[i] as number) - (right[i] as number)));
  return sum / numbers.length;
}

function areFinite(values: Numbers): boolean {
  // An iterator or a callback of numbers would make an object for each.
  let areAll = true;
  for (let i = 0; areAll && i < values.length; i++) areAll = Number.isFinite(values[i]);
  return areAll;
}
