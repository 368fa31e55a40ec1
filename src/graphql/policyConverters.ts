import type { FeedbackRules } from "../domain/application.js";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { LossSpec, PolicyKind, PolicySpec } from "../domain/policySpec.js";
import type { FeedbackPatch } from "../domain/storePorts.js";
import type { FeedbackInput, LossInput, PolicyInput } from "./policyTypes.js";
import { PolicyKindEnum } from "./policyTypes.js";

/** GraphQL's names of policies are those of the domain in capitals. */
const KINDS: Readonly<Record<PolicyKindEnum, PolicyKind>> = {
  STATIC: "static",
  MAJORITY: "majority",
  EXP3: "exp3",
  EXP3_IX: "exp3-ix",
  EXP4: "exp4",
  ENSEMBLE: "ensemble",
  EPSILON_GREEDY: "epsilon-greedy",
  UCB1: "ucb1",
  THOMPSON: "thompson",
  SQUARECB: "squarecb",
  LINUCB: "linucb",
  LINEAR: "linear",
};

type Parameter = Exclude<keyof PolicyInput, "kind">;

const PARAMETERS: Readonly<Record<PolicyKind, readonly Parameter[]>> = {
  static: [],
  majority: [],
  exp3: ["eta"],
  "exp3-ix": ["eta"],
  exp4: ["eta"],
  ensemble: ["eta", "share", "adaptive", "average"],
  "epsilon-greedy": ["epsilon"],
  ucb1: [],
  thompson: ["epsilon", "strength"],
  squarecb: ["gammaScale", "featureModel", "contextTensor"],
  linucb: ["alpha", "featureModel", "contextTensor"],
  linear: ["ridge", "strength", "forgetting", "featureModel"],
};

/** Values are checked with the application; here only that each parameter is the policy's. */
export function toPolicySpec(input: PolicyInput): PolicySpec | Failure {
  const kind = KINDS[input.kind];
  const own = PARAMETERS[kind];
  const given = Object.entries(input).filter(([name, value]) => name !== "kind" && value != null);
  const foreign = given.find(([name]) => !own.includes(name as Parameter));
  if (foreign === undefined) return { kind, ...Object.fromEntries(given) };
  const expected = own.length === 0 ? `no parameters for ${input.kind}` : `of ${input.kind}: ${own.join(", ")}`;
  return badInput(["policy", foreign[0]], expected, String(foreign[1]));
}

export function fromPolicySpec({ kind, ...parameters }: PolicySpec): object {
  const name = Object.values(PolicyKindEnum).find((value) => KINDS[value] === kind);
  return { kind: name, ...parameters };
}

export function toLossSpec({ kind, range, min, max }: LossInput): LossSpec | Failure {
  switch (kind) {
    case "ZERO_ONE":
    case "LOG":
      return { kind };
    case "SQUARED":
    case "ABSOLUTE":
      if (range != null && range > 0 && Number.isFinite(range)) return { kind, range };
      return badInput(["loss", "range"], "a number above 0: the error that counts as 1", String(range ?? "none"));
    case "REWARD":
      if (min == null) return badInput(["loss", "min"], "the least reward that is told", "none");
      if (max != null && min < max) return { kind, min, max };
      return badInput(["loss", "max"], `the greatest reward that is told, above min (${min})`, String(max ?? "none"));
  }
}

export function toFeedbackPatch(input: FeedbackInput): FeedbackPatch {
  return { ...input };
}

export function fromFeedback(feedback: FeedbackRules): object {
  return feedback;
}
