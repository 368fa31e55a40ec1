import type { Application, ModelVersion, RegistrySnapshot } from "../domain/application.js";
import { failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { tensorsDifference } from "../domain/tensor.js";
import { outputReader } from "./memberOutput.js";

/** What of an application its models have to fit. */
export type ModelUse = Pick<Application, "name" | "input" | "output" | "policy">;

/** A model fits an application when it takes the application's inputs and its outputs can be read. */
export function misfit(application: ModelUse, { model, version, signature }: ModelVersion): Failure | undefined {
  const name = `model ${model}@${version}`;
  const difference = tensorsDifference(application.input, signature.inputs);
  if (difference !== undefined) {
    return failure("BAD_INPUT", `${name} does not take the inputs of application "${application.name}": ${difference}`);
  }
  const reader = outputReader(application, { model, signature });
  if (typeof reader !== "string") return undefined;
  return failure("BAD_INPUT", `${name} does not answer what application "${application.name}" needs: ${reader}`);
}

/** The first of an application's linked models that does not fit, at its current version: a policy reads them its own way. */
export function linksMisfit(
  { models, versions }: RegistrySnapshot,
  application: ModelUse & Pick<Application, "links">,
): Failure | undefined {
  for (const { model } of application.links) {
    const current = models.find(({ name }) => name === model)?.currentVersion;
    const version = versions.find((one) => one.model === model && one.version === current);
    const problem = version && misfit(application, version);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
