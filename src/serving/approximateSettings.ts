import { rowVector } from "../caching/rowVector.js";
import type { RowVector } from "../caching/rowVector.js";
import { sameOutput } from "../caching/sameOutput.js";
import type { Same } from "../caching/sameOutput.js";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { ModelSettings } from "../domain/modelSettings.js";
import type { Signature } from "../domain/tensor.js";

export interface ApproximateSpace {
  readonly vector: RowVector;
  readonly same: Same;
}

export function wantsApproximate({ approximateErrorBudget, featureTolerance }: ModelSettings): boolean {
  return approximateErrorBudget > 0 || featureTolerance > 0;
}

/** In what space a model's inputs are near and when its outputs are the same; or which setting asks for what cannot be. */
export function approximateSpace(signature: Signature, settings: ModelSettings): ApproximateSpace | Failure {
  const { approximateErrorBudget, approximateTolerance, featureTolerance } = settings;
  const name = featureTolerance > 0 ? "featureTolerance" : "approximateErrorBudget";
  if (featureTolerance > 0 && approximateErrorBudget > 0) {
    return badInput(
      [name],
      "0 with an approximateErrorBudget: one of them decides what is near",
      `${featureTolerance}`,
    );
  }
  const vector = rowVector(signature.inputs);
  if (vector.kind === "none") return badInput([name], "0 for this model", vector.reason);
  // Features within the tolerance are taken as they are: nothing is compared.
  if (featureTolerance > 0) return { vector, same: () => true };
  const same = sameOutput(signature.outputs, approximateTolerance === Infinity ? undefined : approximateTolerance);
  if (same.kind === "none") return badInput(["approximateTolerance"], "a number for this model", same.reason);
  return { vector, same: same.same };
}
