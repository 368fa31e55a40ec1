import type { OutputSpec } from "./application.js";
import type { LossSpec, PolicyKind } from "./policySpec.js";

/** Requests name each kind by the field that its parameters are in: `exp3Ix`, `zeroOne`, `label`. */
export function requestName(kind: PolicyKind | LossSpec["kind"] | OutputSpec["kind"]): string {
  return kind.toLowerCase().replace(/[-_](.)/g, (_, next: string) => next.toUpperCase());
}

/** What each policy's input in a request may hold; a name with a dot leads into an input of its own. */
export const POLICY_PARAMETERS: Readonly<Record<PolicyKind, readonly string[]>> = {
  static: [],
  majority: [],
  ensemble: ["eta", "share", "adaptive", "average"],
  exp3: ["eta"],
  "exp3-ix": ["eta"],
  exp4: ["eta"],
  "epsilon-greedy": ["epsilon"],
  ucb1: [],
  thompson: ["epsilon", "strength"],
  squarecb: ["context.featureModel", "context.tensor", "gammaScale"],
  linucb: ["context.featureModel", "context.tensor", "alpha"],
  linear: ["featureModel", "prior.strength", "prior.ridge", "forgetting"],
};
export const POLICY_KINDS = Object.keys(POLICY_PARAMETERS) as readonly PolicyKind[];

/** Where a request states a policy's parameter. */
export function parameterPath(kind: PolicyKind, parameter: string): readonly string[] {
  return ["policy", requestName(kind), ...placeOf(kind, parameter)];
}

function placeOf(kind: PolicyKind, parameter: string): readonly string[] {
  if (kind === "linear" && (parameter === "strength" || parameter === "ridge")) return ["prior", parameter];
  if (kind === "linear") return [parameter];
  if (parameter === "contextTensor") return ["context", "tensor"];
  return parameter === "featureModel" ? ["context", "featureModel"] : [parameter];
}
