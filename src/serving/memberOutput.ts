import { MAX_SIZE } from "../correction/ridgeCodec.js";
import type { Application, ModelVersion, OutputSpec } from "../domain/application.js";
import { featureModelOf } from "../domain/policySpec.js";
import type { MemberOutput } from "../domain/prediction.js";
import { readStrings } from "../domain/stringTensor.js";
import type { Row, Signature, TensorSpec } from "../domain/tensor.js";
import { describeTensor, elementCount } from "../domain/tensor.js";
import { labelPlaces } from "./labelPlaces.js";
import type { LabelPlaces } from "./labelPlaces.js";
import { readNumbers } from "./tensorValues.js";

/** Reads a model's output row in the application's terms. Undefined: its content cannot be combined with others'. */
export type ReadMemberOutput = (row: Row) => MemberOutput | undefined;

export interface OutputReader {
  /** The place in the signature of the one output that is read. */
  readonly output: number;
  readonly read: ReadMemberOutput;
}

/** How an application reads a model's outputs, or in words why it cannot: its feature model's as features, others' as answers. */
export function outputReader(
  { policy, output }: Pick<Application, "policy" | "output">,
  { model, signature }: Pick<ModelVersion, "model" | "signature">,
): OutputReader | string {
  return featureModelOf(policy) === model ? featureReader(signature) : memberOutputReader(output, signature);
}

/** Probabilities of FP16, or of a softmax over many labels, do not sum to 1 more exactly. */
const SUM_TOLERANCE = 1e-2;
/** Beside the intercept. */
const MOST_FEATURES = MAX_SIZE - 1;

/**
 * How to read this signature's outputs for this application, or in words why they do not fit. For labels: the first
 * floating-point tensor with one element a label holds probabilities; otherwise the first tensor of one integer or one
 * string is a vote. Of two labels a BOOL is a vote too, true for the second, and else the first floating-point tensor of one
 * element is the second one's probability. Which label each is for, `labelPlaces` says. For numbers and vectors: the first
 * numeric tensor of that size.
 */
export function memberOutputReader(spec: OutputSpec, signature: Signature): OutputReader | string {
  switch (spec.kind) {
    case "LABEL":
      return labelReader(spec.labels, signature) ?? misfit(spec, signature);
    case "NUMBER":
      return numbersReader(1, signature) ?? misfit(spec, signature);
    case "VECTOR":
      return numbersReader(spec.size, signature) ?? misfit(spec, signature);
  }
}

function misfit(spec: OutputSpec, signature: Signature): string {
  const wanted = {
    LABEL: () => labelsWanted(spec.kind === "LABEL" ? spec.labels.length : 0),
    NUMBER: () => "one number",
    VECTOR: () => `${spec.kind === "VECTOR" ? spec.size : 0} numbers`,
  }[spec.kind]();
  return `no output tensor holds ${wanted}; outputs: ${signature.outputs.map(describeTensor).join(", ")}`;
}

function labelsWanted(count: number): string {
  const wanted = `scores for ${count} labels, or one label`;
  return count === 2 ? `${wanted}, or whether it is the second one (BOOL, or its probability)` : wanted;
}

function find(signature: Signature, fits: (spec: TensorSpec) => boolean): number | undefined {
  const at = signature.outputs.findIndex(fits);
  return at < 0 ? undefined : at;
}

function isFloat(spec: TensorSpec): boolean {
  return spec.datatype.startsWith("FP");
}

function labelReader(labels: readonly string[], signature: Signature): OutputReader | string | undefined {
  const places = labelPlaces(labels, signature.classes);
  if (typeof places === "string") return places;
  return (
    scoresReader(labels.length, places, signature) ??
    voteReader(labels.length, places, signature) ??
    secondReader(labels.length, places, signature)
  );
}

function scoresReader(count: number, { ofScores }: LabelPlaces, signature: Signature): OutputReader | undefined {
  const at = find(signature, (spec) => isFloat(spec) && count > 1 && elementCount(spec.shape) === count);
  if (at === undefined) return undefined;
  const { datatype } = signature.outputs[at] as TensorSpec;
  return { output: at, read: (row) => probabilities(readNumbers(datatype, row[at] as Uint8Array), ofScores) };
}

function probabilities(scores: Float64Array, places: readonly number[] | undefined): MemberOutput | undefined {
  if (!areProbabilities(scores)) return undefined;
  return { kind: "SCORES", scores: places === undefined ? scores : placed(scores, places) };
}

/** Of two labels: whether it is the second one, or how likely that is. */
function secondReader(count: number, { ofScores }: LabelPlaces, signature: Signature): OutputReader | undefined {
  if (count !== 2) return undefined;
  const isOne = ({ shape }: TensorSpec): boolean => elementCount(shape) === 1;
  const at =
    find(signature, (spec) => spec.datatype === "BOOL" && isOne(spec)) ??
    find(signature, (spec) => isFloat(spec) && isOne(spec));
  if (at === undefined) return undefined;
  const { datatype } = signature.outputs[at] as TensorSpec;
  const read = (row: Row): MemberOutput | undefined => {
    const second = readNumbers(datatype, row[at] as Uint8Array)[0] as number;
    return probabilities(Float64Array.of(1 - second, second), ofScores);
  };
  return { output: at, read };
}

function placed(scores: Float64Array, places: readonly number[]): Float64Array {
  const moved = new Float64Array(scores.length);
  for (let i = 0; i < scores.length; i++) moved[places[i] as number] = scores[i] as number;
  return moved;
}

/** Weighted means of anything else (logits, say) would let one model outvote all others, and confidences leave 0 to 1. */
function areProbabilities(scores: Float64Array): boolean {
  let sum = 0;
  for (const score of scores) {
    if (!(score >= 0)) return false;
    sum += score;
  }
  return Math.abs(sum - 1) <= SUM_TOLERANCE;
}

function voteReader(
  count: number,
  { ofIntegers, ofTexts }: LabelPlaces,
  signature: Signature,
): OutputReader | undefined {
  const at = find(signature, (spec) => !isFloat(spec) && spec.datatype !== "BOOL" && elementCount(spec.shape) === 1);
  if (at === undefined) return undefined;
  const { datatype } = signature.outputs[at] as TensorSpec;
  const read = (row: Row): MemberOutput | undefined => {
    const bytes = row[at] as Uint8Array;
    const index =
      datatype === "BYTES"
        ? ofTexts.get(readStrings(bytes)[0] ?? "")
        : ofIntegers.get(readNumbers(datatype, bytes)[0] as number);
    if (index === undefined) return undefined;
    const scores = new Float64Array(count);
    scores[index] = 1;
    return { kind: "SCORES", scores };
  };
  return { output: at, read };
}

function numbersReader(size: number, signature: Signature): OutputReader | undefined {
  const at = find(signature, (spec) => spec.datatype !== "BYTES" && elementCount(spec.shape) === size);
  if (at === undefined) return undefined;
  const { datatype } = signature.outputs[at] as TensorSpec;
  return { output: at, read: (row) => ({ kind: "NUMBERS", numbers: readNumbers(datatype, row[at] as Uint8Array) }) };
}

/** How to read a feature model's outputs: the first floating-point tensor, flattened. In words why there is none. */
export function featureReader(signature: Signature): OutputReader | string {
  const at = find(signature, isFloat);
  if (at === undefined)
    return `no output tensor holds features; outputs: ${signature.outputs.map(describeTensor).join(", ")}`;
  const spec = signature.outputs[at] as TensorSpec;
  if (elementCount(spec.shape) > MOST_FEATURES)
    return `${describeTensor(spec)} holds more than the ${MOST_FEATURES} features that can be learned on`;
  const { datatype } = spec;
  return { output: at, read: (row) => ({ kind: "NUMBERS", numbers: readNumbers(datatype, row[at] as Uint8Array) }) };
}
