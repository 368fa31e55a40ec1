import type { OutputSpec } from "../domain/application.js";
import { badInput, failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
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
  readonly parameters: Readonly<Record<string, Rule>>;
  /** Needs exactly one of `featureModel` and `contextTensor`. */
  readonly needsContext?: true;
}

const ALL_OUTPUTS = ["LABEL", "NUMBER", "VECTOR"] as const;
const TRUTH_LOSSES = ["ZERO_ONE", "LOG", "SQUARED", "ABSOLUTE"] as const;
const ALL_LOSSES = [...TRUTH_LOSSES, "REWARD"] as const;

const RATE = numberRule("above 0, at most 10", (n) => n > 0 && n <= 10);
const PROBABILITY = numberRule("0 to 1", (n) => n >= 0 && n <= 1);
const TEXT: Rule = { expected: "a name", fits: (value) => typeof value === "string" && value !== "" };
const POSITIVE = numberRule("above 0", (n) => n > 0 && n < Infinity);
/** Never stated: of what is stored. */
const VERSION = numberRule("a version", (n) => Number.isInteger(n) && n > 0);
const CONTEXT = { featureModel: TEXT, featureVersion: VERSION, contextTensor: TEXT };

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
      adaptive: { expected: "true or false", fits: (value) => typeof value === "boolean" },
      average: { expected: "MEAN or MEDIAN", fits: (value) => value === "MEAN" || value === "MEDIAN" },
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
      featureVersion: VERSION,
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
  const rules = (POLICIES as Partial<typeof POLICIES>)[spec.kind];
  if (rules === undefined) return badInput(["policy", "kind"], `one of ${Object.keys(POLICIES).join(", ")}`, spec.kind);
  return (
    lossProblem(loss, output) ??
    kindProblem(spec, rules, loss ?? defaultLoss(output), output) ??
    parameterProblem(spec, rules) ??
    combinationProblem(spec, rules, output) ??
    membersProblem(spec, members)
  );
}

function lossProblem(loss: LossSpec | undefined, output: OutputSpec): Failure | undefined {
  if (loss === undefined) return undefined;
  const outputs = (LOSS_OUTPUTS as Partial<typeof LOSS_OUTPUTS>)[loss.kind];
  if (outputs === undefined) return badInput(["loss", "kind"], `one of ${ALL_LOSSES.join(", ")}`, loss.kind);
  if (!outputs.includes(output.kind)) {
    const possible = ALL_LOSSES.filter((kind) => LOSS_OUTPUTS[kind].includes(output.kind)).join(", ");
    return badInput(["loss", "kind"], `one of ${possible}, for a ${output.kind.toLowerCase()}`, loss.kind);
  }
  if (loss.kind === "REWARD") return rewardProblem(loss);
  if ((loss.kind === "SQUARED" || loss.kind === "ABSOLUTE") && !POSITIVE.fits(loss.range)) {
    return badInput(["loss", "range"], "the error that counts as 1, above 0", String(loss.range));
  }
  return undefined;
}

function rewardProblem({ min, max }: Extract<LossSpec, { kind: "REWARD" }>): Failure | undefined {
  if (Number.isFinite(min) && Number.isFinite(max) && max / 2 - min / 2 > 0) return undefined;
  return badInput(["loss", "max"], `finite and above loss.min (${min})`, String(max));
}

function kindProblem(
  { kind }: PolicySpec,
  rules: PolicyRules,
  loss: LossSpec | undefined,
  output: OutputSpec,
): Failure | undefined {
  const path = ["policy", "kind"];
  if (!rules.outputs.includes(output.kind)) {
    const can = kindsThat((other) => other.outputs.includes(output.kind));
    return badInput(path, `a policy for a ${output.kind.toLowerCase()}: ${can}`, kind);
  }
  if (loss === undefined) {
    if (!rules.needsLoss) return undefined;
    const message = `loss: policy ${kind} learns from losses; declare SQUARED or ABSOLUTE with a range, or REWARD`;
    return failure("BAD_INPUT", message, { path: ["loss"] });
  }
  if (rules.losses.includes(loss.kind)) return undefined;
  const can = kindsThat((other) => other.losses.includes(loss.kind) && other.outputs.includes(output.kind));
  return badInput(path, `a policy that learns from loss.kind ${loss.kind}: ${can}`, kind);
}

function kindsThat(can: (rules: PolicyRules) => boolean): string {
  const kinds = Object.entries(POLICIES).filter(([, rules]) => can(rules));
  return kinds.map(([kind]) => kind).join(", ");
}

function parameterProblem(spec: PolicySpec, { parameters }: PolicyRules): Failure | undefined {
  for (const [name, value] of Object.entries(spec) as [string, unknown][]) {
    if (name === "kind" || value === undefined) continue;
    const rule = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    const known =
      Object.keys(parameters)
        .filter((one) => one !== "featureVersion")
        .join(", ") || "none";
    if (rule === undefined) return badInput(["policy", name], `a parameter of ${spec.kind}: ${known}`, name);
    if (rule.fits(value)) continue;
    return badInput(["policy", name], rule.expected, typeof value === "number" ? `${value}` : JSON.stringify(value));
  }
  return undefined;
}

/** No setting without effect. */
function combinationProblem(spec: PolicySpec, rules: PolicyRules, output: OutputSpec): Failure | undefined {
  if (spec.kind === "ensemble") {
    const idle =
      spec.adaptive === true ? (["eta", "share"] as const).find((name) => spec[name] !== undefined) : undefined;
    if (idle !== undefined)
      return badInput(["policy", idle], "none beside policy.adaptive, which learns it", `${spec[idle]}`);
    if (spec.average !== undefined && output.kind === "LABEL") {
      return badInput(["policy", "average"], "none for labels, whose scores are added up", spec.average);
    }
  }
  if (spec.kind === "linear" && spec.ridge !== undefined && spec.strength !== undefined) {
    return badInput(
      ["policy", "strength"],
      "none beside policy.ridge, which says how far the prior is believed",
      `${spec.strength}`,
    );
  }
  if (rules.needsContext === undefined) return undefined;
  const { featureModel, contextTensor } = spec as { featureModel?: string; contextTensor?: string };
  if ((featureModel === undefined) !== (contextTensor === undefined)) return undefined;
  const got = featureModel === undefined ? "neither" : "both";
  return badInput(["policy", "featureModel"], "either it or policy.contextTensor as the source of the context", got);
}

function membersProblem(spec: PolicySpec, members: readonly PolicyMember[] | undefined): Failure | undefined {
  if (members === undefined) return undefined;
  if (members.length > MAX_MODELS)
    return badInput(["models"], `at most ${MAX_MODELS} linked models`, `${members.length}`);
  const featureModel = "featureModel" in spec ? spec.featureModel : undefined;
  if (featureModel === undefined || members.some(({ model }) => model === featureModel)) return undefined;
  const linked = members.slice(0, 10).map(({ model }) => model);
  return badInput(["policy", "featureModel"], `a linked model (${linked.join(", ") || "none yet"})`, featureModel);
}
