import fc from "fast-check";
import type { OutputSpec } from "../../src/domain/application.js";
import type { LossSpec, PolicySpec } from "../../src/domain/policySpec.js";
import type { MemberOutput } from "../../src/domain/prediction.js";
import type { Truth } from "../../src/domain/storePorts.js";
import type { Answered, Evidence, PolicyMember } from "../../src/correction/correctionPolicy.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import type { LearnedPolicy, PolicyState } from "../../src/correction/erasedPolicy.js";

export const LABELS = ["ant", "bee", "cat"];
export const LABEL_OUTPUT: OutputSpec = { kind: "LABEL", labels: LABELS };
export const NUMBER_OUTPUT: OutputSpec = { kind: "NUMBER" };
export const REWARD: LossSpec = { kind: "REWARD", min: 0, max: 1 };
export const MODELS = ["m1", "m2", "m3", "m4", "m5"];

export const scores = (...values: number[]): MemberOutput => ({ kind: "SCORES", scores: Float64Array.from(values) });
export const numbers = (...values: number[]): MemberOutput => ({ kind: "NUMBERS", numbers: Float64Array.from(values) });
export const label = (name: string): Truth => ({ kind: "LABEL", label: name });
export const reward = (value: number): Truth => ({ kind: "REWARD", reward: value });
/** One-hot scores. */
export const vote = (index: number): MemberOutput => scores(...LABELS.map((_, i) => (i === index ? 1 : 0)));

export function membersOf(...models: readonly string[]): PolicyMember[] {
  return models.map((model) => ({ model, weight: 1 }));
}

export function policyOf(policy: PolicySpec, loss?: LossSpec, output: OutputSpec = LABEL_OUTPUT): LearnedPolicy {
  return newPolicy({ policy, loss, output });
}

/** Everything answered, each right ("ant") or wrong ("bee") as told; the truth is "ant". */
export function answersOf(wrong: Readonly<Record<string, boolean>>): Answered[] {
  return Object.entries(wrong).map(([model, isWrong]) => ({ model, output: vote(isWrong ? 1 : 0) }));
}

export const seen = (answered: readonly Answered[]): Evidence => ({ answered, choice: undefined, context: undefined });

/** One round with all models' outputs known. */
export function tellAll(policy: LearnedPolicy, state: PolicyState, wrong: Readonly<Record<string, boolean>>): boolean {
  return policy.observe(state, seen(answersOf(wrong)), label("ant"));
}

/** Evidence of one chosen model whose answer was given. */
export function chosen(arm: string, propensity: number, arms: number): Evidence {
  return { answered: [{ model: arm, output: vote(0) }], choice: { arm, propensity, arms }, context: undefined };
}

export const ASKING_ALL: readonly PolicySpec[] = [
  { kind: "ensemble" },
  { kind: "ensemble", share: 0, eta: 5 },
  { kind: "ensemble", adaptive: true },
];
export const ASKING_ONE: readonly PolicySpec[] = [
  { kind: "exp3" },
  { kind: "exp3", eta: 0.01 },
  { kind: "exp3-ix" },
  { kind: "epsilon-greedy" },
  { kind: "ucb1" },
  { kind: "thompson" },
];
export const EXP4: PolicySpec = { kind: "exp4" };

/** An observation that any policy over labels may be given: of any models, with any outputs. */
export const anyObservation = fc.record({
  answered: fc
    .uniqueArray(fc.constantFrom(...MODELS, "", "é\u{1F600}", "\uFEFFx"), { minLength: 1, maxLength: 5 })
    .chain((models) =>
      fc
        .tuple(...models.map((model) => anyScores.map((output): Answered => ({ model, output }))))
        .map((all) => [...all]),
    ),
  propensity: fc.double({ min: 1e-3, max: 1, noNaN: true }),
  reward: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
  truth: fc.constantFrom(...LABELS),
});

const anyScores = fc.tuple(fc.nat(8), fc.nat(8), fc.nat(8)).map(([a, b, c]) => {
  const total = a + b + c + 1;
  return scores((a + 1) / total, b / total, c / total);
});
export type AnyObservation = typeof anyObservation extends fc.Arbitrary<infer T> ? T : never;

/** What the policy at hand would have been given. */
export function evidenceOf({ kind }: LearnedPolicy, { answered, propensity }: AnyObservation): Evidence {
  const arm = kind === "exp4" ? "bee" : (answered[0]?.model ?? "");
  return { answered, choice: { arm, propensity, arms: 5 }, context: undefined };
}
