import type { OutputSpec } from "./application.js";
import type { LossSpec, PolicyKind } from "./policySpec.js";

/** Requests name each kind by the field that its parameters are in: `exp3Ix`, `zeroOne`, `label`. */
export function requestName(kind: PolicyKind | LossSpec["kind"] | OutputSpec["kind"]): string {
  return kind.toLowerCase().replace(/[-_](.)/g, (_, next: string) => next.toUpperCase());
}

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
