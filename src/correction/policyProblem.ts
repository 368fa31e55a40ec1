import type { OutputSpec } from "../domain/application.js";
import { badInput, failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { parameterPath, requestName } from "../domain/requestNames.js";
import type { LossSpec, PolicyKind, PolicySpec } from "../domain/policySpec.js";
import type { PolicyMember } from "./correctionPolicy.js";
import { defaultLoss } from "./losses.js";
import { MAX_MODELS } from "./modelTable.js";

/** Whether a value can be the parameter's, and what is expected of it in words. */
interface Rule {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

/** What a policy can be used for. */
interface PolicyRules {
  /** One that asks ONE of the models can learn from the answer of a model that another policy chose. */
  readonly asks: "ALL" | "ONE";
  readonly outputs: readonly OutputSpec["kind"][];
  readonly losses: readonly LossSpec["kind"][];
  /** Whether an application without any loss can have it. */
  readonly needsLoss: boolean;
  /** What its parameters' types leave open. */
  readonly parameters: Readonly<Record<string, Rule>>;
  readonly needsContext?: true;
}

const ALL_OUTPUTS = ["LABEL", "NUMBER", "VECTOR"] as const;
const TRUTH_LOSSES = ["ZERO_ONE", "LOG", "SQUARED", "ABSOLUTE"] as const;
const ALL_LOSSES = [...TRUTH_LOSSES, "REWARD"] as const;

const RATE = numberRule("above 0, at most 10", (n) => n > 0 && n <= 10);
const PROBABILITY = numberRule("0 to 1", (n) => n >= 0 && n <= 1);
const TEXT: Rule = { expected: "a name", fits: (value) => typeof value === "string" && value !== "" };
const POSITIVE = numberRule("above 0", (n) => n > 0 && n < Infinity);
const CONTEXT = { featureModel: TEXT, contextTensor: TEXT };

const CHOOSING = { asks: "ONE", outputs: ALL_OUTPUTS, losses: ALL_LOSSES, needsLoss: true } as const;
const WEIGHING = { asks: "ALL", outputs: ALL_OUTPUTS, losses: TRUTH_LOSSES } as const;

/** The one table of what goes with what; docs/policies.md shows it. */
const POLICIES: Readonly<Record<PolicyKind, PolicyRules>> = {
  static: { ...WEIGHING, needsLoss: false, parameters: {} },
  majority: { ...WEIGHING, outputs: ["LABEL"], needsLoss: false, parameters: {} },
  ensemble: {
    ...WEIGHING,
    needsLoss: true,
    parameters: {
      eta: RATE,
      share: numberRule("0 to 0.5", (n) => n >= 0 && n <= 0.5),
    },
  },
  exp3: { ...CHOOSING, parameters: { eta: RATE } },
  "exp3-ix": { ...CHOOSING, parameters: { eta: RATE } },
  exp4: { asks: "ALL", outputs: ["LABEL"], losses: ["ZERO_ONE", "REWARD"], needsLoss: true, parameters: { eta: RATE } },
  "epsilon-greedy": { ...CHOOSING, parameters: { epsilon: PROBABILITY } },
  ucb1: { ...CHOOSING, parameters: {} },
  thompson: {
    ...CHOOSING,
    parameters: { epsilon: PROBABILITY, strength: numberRule("1 to 1000", (n) => n >= 1 && n <= 1000) },
  },
  squarecb: { ...CHOOSING, needsContext: true, parameters: { ...CONTEXT, gammaScale: POSITIVE } },
  linucb: { ...CHOOSING, needsContext: true, parameters: { ...CONTEXT, alpha: POSITIVE } },
  linear: {
    ...WEIGHING,
    needsLoss: false,
    parameters: {
      featureModel: TEXT,
      ridge: numberRule("1e-6 to 1e6", (n) => n >= 1e-6 && n <= 1e6),
      strength: numberRule("0.01 to 1000", (n) => n >= 0.01 && n <= 1000),
      forgetting: numberRule("above 0, at most 1", (n) => n > 0 && n <= 1),
    },
  },
};

const LOSS_OUTPUTS: Readonly<Record<LossSpec["kind"], readonly OutputSpec["kind"][]>> = {
  ZERO_ONE: ["LABEL"],
  LOG: ["LABEL"],
  SQUARED: ["NUMBER", "VECTOR"],
  ABSOLUTE: ["NUMBER", "VECTOR"],
  REWARD: ALL_OUTPUTS,
};

/** Asks one of the models. */
export function chooses({ kind }: { readonly kind: PolicyKind }): boolean {
  return POLICIES[kind].asks === "ONE";
}

/** Whose features come from before the models: without them it learns nothing. */
export function needsContext({
  kind,
  featureModel,
}: {
  readonly kind: PolicyKind;
  readonly featureModel: string | undefined;
}): boolean {
  return featureModel !== undefined || POLICIES[kind].needsContext === true;
}

function numberRule(expected: string, fits: (value: number) => boolean): Rule {
  return { expected, fits: (value) => typeof value === "number" && fits(value) };
}

/** Why an application cannot have this policy with this loss, or undefined. `members`: all linked models, where they are known. */
export function policyProblem(
  spec: PolicySpec,
  loss: LossSpec | undefined,
  output: OutputSpec,
  members: readonly PolicyMember[] | undefined,
): Failure | undefined {
  const rules = POLICIES[spec.kind];
  return (
    lossProblem(loss, output) ??
    kindProblem(spec, rules, loss ?? defaultLoss(output), output) ??
    parameterProblem(spec, rules) ??
    combinationProblem(spec, output) ??
    membersProblem(spec, members)
  );
}

function lossProblem(loss: LossSpec | undefined, output: OutputSpec): Failure | undefined {
  if (loss === undefined) return undefined;
  if (!LOSS_OUTPUTS[loss.kind].includes(output.kind)) {
    const possible = ALL_LOSSES.filter((kind) => LOSS_OUTPUTS[kind].includes(output.kind)).map(requestName);
    const expected = `one of ${possible.join(", ")}, for a ${output.kind.toLowerCase()}`;
    return badInput(["loss"], expected, requestName(loss.kind));
  }
  if (loss.kind === "REWARD") return rewardProblem(loss);
  if ((loss.kind === "SQUARED" || loss.kind === "ABSOLUTE") && !POSITIVE.fits(loss.range)) {
    const path = ["loss", requestName(loss.kind), "range"];
    return badInput(path, "the error that counts as 1, above 0", String(loss.range));
  }
  return undefined;
}

function rewardProblem({ min, max }: Extract<LossSpec, { kind: "REWARD" }>): Failure | undefined {
  if (Number.isFinite(min) && Number.isFinite(max) && max / 2 - min / 2 > 0) return undefined;
  return badInput(["loss", "reward", "max"], `finite and above min (${min})`, String(max));
}

function kindProblem(
  { kind }: PolicySpec,
  rules: PolicyRules,
  loss: LossSpec | undefined,
  output: OutputSpec,
): Failure | undefined {
  const name = requestName(kind);
  if (!rules.outputs.includes(output.kind)) {
    const can = kindsThat((other) => other.outputs.includes(output.kind));
    return badInput(["policy"], `one for a ${output.kind.toLowerCase()}: ${can}`, name);
  }
  if (loss === undefined) {
    if (!rules.needsLoss) return undefined;
    const message = `loss: policy ${name} learns from losses; declare squared or absolute with a range, or reward`;
    return failure("BAD_INPUT", message, { path: ["loss"] });
  }
  if (rules.losses.includes(loss.kind)) return undefined;
  const can = kindsThat((other) => other.losses.includes(loss.kind) && other.outputs.includes(output.kind));
  return badInput(["policy"], `one that learns from the loss ${requestName(loss.kind)}: ${can}`, name);
}

function kindsThat(can: (rules: PolicyRules) => boolean): string {
  const kinds = (Object.keys(POLICIES) as PolicyKind[]).filter((kind) => can(POLICIES[kind]));
  return kinds.map(requestName).join(", ");
}

function parameterProblem(spec: PolicySpec, { parameters }: PolicyRules): Failure | undefined {
  for (const [name, value] of Object.entries(spec) as [string, unknown][]) {
    const rule = parameters[name];
    if (value === undefined || rule === undefined || rule.fits(value)) continue;
    const got = typeof value === "number" ? `${value}` : JSON.stringify(value);
    return badInput(parameterPath(spec.kind, name), rule.expected, got);
  }
  return undefined;
}

/** No setting without effect. */
function combinationProblem(spec: PolicySpec, output: OutputSpec): Failure | undefined {
  if (spec.kind !== "ensemble") return undefined;
  const refused = (name: "eta" | "share" | "average", expected: string): Failure =>
    badInput(parameterPath(spec.kind, name), expected, `${spec[name]}`);
  const idle = (["eta", "share"] as const).find((name) => spec[name] !== undefined);
  if (spec.adaptive === true && idle !== undefined) return refused(idle, "none beside adaptive, which learns it");
  if (spec.average === undefined || output.kind !== "LABEL") return undefined;
  return refused("average", "none for labels, whose scores are added up");
}

function membersProblem(spec: PolicySpec, members: readonly PolicyMember[] | undefined): Failure | undefined {
  if (members === undefined) return undefined;
  if (members.length > MAX_MODELS)
    return badInput(["models"], `at most ${MAX_MODELS} linked models`, `${members.length}`);
  const featureModel = "featureModel" in spec ? spec.featureModel : undefined;
  if (featureModel === undefined || members.some(({ model }) => model === featureModel)) return undefined;
  const linked = members.slice(0, 10).map(({ model }) => model);
  const path = parameterPath(spec.kind, "featureModel");
  return badInput(path, `a linked model (${linked.join(", ") || "none yet"})`, featureModel);
}
