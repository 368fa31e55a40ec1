import type { LabelScore, Output, OutputSpec } from "../domain/application.js";
import type { Choice, MemberOutput } from "../domain/prediction.js";
import type { SkipReason } from "../domain/replayPorts.js";
import type { Truth } from "../domain/storePorts.js";
import type { Answered } from "./correctionPolicy.js";
import type { Lesson } from "./folding.js";

/** What a member answered, as receipts and the log carry it: float32 values in little-endian base64url. */
export interface MemberEvidence {
  readonly model: string;
  readonly version: number;
  readonly values: string;
}

/** What a prediction leaves behind for learning, as JSON holds it. */
export interface StoredEvidence {
  /** Of the prediction. A reward of a DEFAULT says nothing of the models: it was not their answer that was shown. */
  readonly source: string;
  readonly members: readonly MemberEvidence[];
  readonly choice?: readonly [arm: string, propensity: number, arms: number] | undefined;
  /** Numbers of the context, float32 in base64url. */
  readonly context?: string | undefined;
  /** Which model's version had made them: `model@version`; absent for an input tensor. */
  readonly contextFrom?: string | undefined;
  /** Of the combined answer, uncalibrated. */
  readonly agreement?: number | undefined;
  /** The combined answer: scores or numbers, float32 in base64url; absent where it is the only member's. */
  readonly answer?: string | undefined;
}

/** Numbers beyond float32's range become its largest: an infinity could not be learned from. */
export function packFloats(values: ArrayLike<number>): string {
  const { length } = values;
  const into = length <= scratch.length ? scratch : new Float32Array(length);
  for (let i = 0; i < length; i++) into[i] = Math.min(LARGEST, Math.max(-LARGEST, values[i] as number));
  const bytes = into === scratch ? scratchBytes : Buffer.from(into.buffer);
  return bytes.toString("base64url", 0, 4 * length);
}

/** An array of its own for each few numbers costs more than packing them. */
const scratch = new Float32Array(256);
const scratchBytes = Buffer.from(scratch.buffer);

const LARGEST = 3.4028234663852886e38;

/** Undefined for what `packFloats` has not made. */
export function unpackFloats(text: string): Float64Array | undefined {
  const fits = text.length <= scratchBytes.length;
  const bytes = fits ? scratchBytes : Buffer.from(text, "base64url");
  const length = fits ? bytes.write(text, "base64url") : bytes.length;
  if (length % 4 !== 0) return undefined;
  const values = new Float64Array(length / 4);
  for (let i = 0; i < values.length; i++) {
    const value = bytes.readFloatLE(4 * i);
    if (!Number.isFinite(value)) return undefined;
    values[i] = value;
  }
  return values;
}

/** Scores in the order of the application's labels, or numbers. Of a label that is not the best of its scores: that label's alone. */
export function packAnswer(spec: OutputSpec, output: Output): string {
  switch (output.kind) {
    case "LABEL":
      return packFloats(labelScores(spec, output.label, output.scores ?? []));
    case "NUMBER":
      return packFloats([output.number]);
    case "VECTOR":
      return packFloats(output.vector);
  }
}

function labelScores(spec: OutputSpec, answered: string, ranked: readonly LabelScore[]): Float64Array {
  const labels = spec.kind === "LABEL" ? spec.labels : [];
  const scores = new Float64Array(labels.length);
  const isBest = ranked[0]?.label === answered;
  if (!isBest) {
    scores[labels.indexOf(answered)] = 1;
    return scores;
  }
  const byLabel = new Map(ranked.map(({ label, score }) => [label, score]));
  for (let i = 0; i < scores.length; i++) scores[i] = byLabel.get(labels[i] as string) ?? 0;
  return scores;
}

/** A reward is of what was shown; a truth holds whatever was. */
export function isRewardOfDefault(truth: Truth, evidence: unknown): boolean {
  return truth.kind === "REWARD" && (evidence as Partial<StoredEvidence> | null | undefined)?.source === "DEFAULT";
}

/** The context is of a model, or of a version of it, whose features are others than the ones that were learned on. */
export function isOfOtherFeatures(learned: string | undefined, evidence: unknown): boolean {
  const from = (evidence as Partial<StoredEvidence> | null | undefined)?.contextFrom;
  return learned !== undefined && from !== undefined && from !== learned;
}

/** Why `lessonOf` found nothing in a row. */
export function whyNoLesson(truth: Truth, evidence: unknown): SkipReason {
  return isRewardOfDefault(truth, evidence) ? "DEFAULT_SHOWN" : "NO_EVIDENCE";
}

/**
 * What a row of the log teaches, or undefined where it holds no evidence, or none that fits the application as it is
 * now, or a reward of a default. A row is what was signed and stored by us; it may be of an older layout.
 */
export function lessonOf(spec: OutputSpec, truth: Truth, evidence: unknown): Lesson | undefined {
  const stored = evidence as Partial<StoredEvidence> | null | undefined;
  if (typeof stored !== "object" || stored === null || isRewardOfDefault(truth, stored)) return undefined;
  const answered = (stored.members ?? []).map((member) => answeredOf(spec, member));
  const context = typeof stored.context === "string" ? unpackFloats(stored.context) : undefined;
  if (answered.some((one) => one === undefined) || (answered.length === 0 && context === undefined)) return undefined;
  const output = typeof stored.answer === "string" ? unpackOutput(spec, stored.answer) : answered[0]?.output;
  const answer = output && stored.agreement !== undefined ? { output, agreement: stored.agreement } : undefined;
  return { evidence: { answered: answered as Answered[], choice: choiceOf(stored.choice), context }, answer, truth };
}

function answeredOf(spec: OutputSpec, { model, values }: MemberEvidence): Answered | undefined {
  const output = unpackOutput(spec, values);
  return output && { model, output };
}

/** What `packAnswer` has made of an answer; undefined where it does not fit the application. */
export function unpackOutput(spec: OutputSpec, text: string): MemberOutput | undefined {
  const numbers = unpackFloats(text);
  const size = spec.kind === "LABEL" ? spec.labels.length : spec.kind === "VECTOR" ? spec.size : 1;
  if (numbers?.length !== size) return undefined;
  return spec.kind === "LABEL" ? { kind: "SCORES", scores: numbers } : { kind: "NUMBERS", numbers };
}

function choiceOf(choice: StoredEvidence["choice"]): Choice | undefined {
  if (!Array.isArray(choice)) return undefined;
  const [arm, propensity, arms] = choice as unknown as [string, number, number];
  return { arm, propensity, arms };
}
