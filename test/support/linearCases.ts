import type { Answered, Evidence, PolicyMember, Selection } from "../../src/correction/correctionPolicy.js";
import type { LinearPolicy } from "../../src/correction/linearPolicy.js";
import type { LinearState } from "../../src/correction/linearState.js";
import type { OutputSpec } from "../../src/domain/application.js";
import type { Truth } from "../../src/domain/storePorts.js";

export const LABELS = ["cat", "dog", "owl"];
export const LABEL: OutputSpec = { kind: "LABEL", labels: LABELS };
export const NUMBER: OutputSpec = { kind: "NUMBER" };
export const NO_CHOICE = { choice: undefined, context: undefined };

export function members(...models: string[]): PolicyMember[] {
  return models.map((model) => ({ model, weight: 1 }));
}

export function says(model: string, ...numbers: number[]): Answered {
  return { model, output: { kind: "NUMBERS", numbers: Float64Array.from(numbers) } };
}

export function scores(model: string, ...values: number[]): Answered {
  return { model, output: { kind: "SCORES", scores: Float64Array.from(values) } };
}

export function isNumber(number: number): Truth {
  return { kind: "NUMBER", number };
}

export function isLabel(label: string): Truth {
  return { kind: "LABEL", label };
}

export function context(...values: number[]): Evidence {
  return { answered: [], choice: undefined, context: Float64Array.from(values) };
}

export function selectionOf(answered: readonly Answered[]): Selection {
  return { models: answered.map(({ model }) => model), choice: undefined };
}

export function combine(policy: LinearPolicy, state: LinearState, { answered, context: features }: Evidence) {
  return policy.combine(state, [], selectionOf(answered), answered, features);
}

export function numberOf(policy: LinearPolicy, state: LinearState, evidence: Evidence): number {
  const { output } = combine(policy, state, evidence);
  if (output.kind !== "NUMBER") throw new Error("expected a number");
  return output.number;
}

export function scoresOf(policy: LinearPolicy, state: LinearState, evidence: Evidence) {
  const { output, agreement } = combine(policy, state, evidence);
  if (output.kind !== "LABEL" || output.scores === undefined) throw new Error("expected scores");
  return { label: output.label, scores: output.scores, agreement };
}
