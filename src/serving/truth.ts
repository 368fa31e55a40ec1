import type { Application, OutputSpec } from "../domain/application.js";
import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Truth } from "../domain/storePorts.js";

/** As it is told: a label also by its place among the application's. */
export type GivenTruth = Truth | { readonly kind: "CLASS_CODE"; readonly classCode: number };

/** What turned out to be true for a prediction of the application, or why this cannot be. */
export function truthOf(application: Application, given: GivenTruth): Truth | Failure {
  const truth = given.kind === "CLASS_CODE" ? labelOf(application.output, given.classCode) : given;
  return isFailure(truth) ? truth : (truthProblem(application, truth) ?? truth);
}

function labelOf(spec: OutputSpec, classCode: number): Truth | Failure {
  const path = ["truth", "classCode"];
  if (spec.kind !== "LABEL") return badInput(path, `a ${spec.kind.toLowerCase()}`, "a class code");
  const label = spec.labels[classCode];
  if (label !== undefined) return { kind: "LABEL", label };
  return badInput(path, `0 to ${spec.labels.length - 1}, a label's place among the application's`, String(classCode));
}

function truthProblem({ output, loss }: Application, truth: Truth): Failure | undefined {
  const path = ["truth", truth.kind.toLowerCase()];
  if (truth.kind === "REWARD") {
    if (loss.kind !== "REWARD") {
      return badInput(path, `a ${output.kind.toLowerCase()}: this application declares no reward range`, "a reward");
    }
    const { min, max } = loss;
    if (truth.reward >= min && truth.reward <= max) return undefined;
    return badInput(path, `a reward from ${min} to ${max}, as the application declares`, String(truth.reward));
  }
  if (loss.kind === "REWARD") {
    return badInput(["truth"], `a reward from ${loss.min} to ${loss.max}`, `a ${truth.kind.toLowerCase()}`);
  }
  return misfit(path, output, truth);
}

function misfit(path: readonly string[], spec: OutputSpec, truth: Truth): Failure | undefined {
  if (truth.kind !== spec.kind) return badInput(["truth"], spec.kind.toLowerCase(), truth.kind.toLowerCase());
  if (truth.kind === "LABEL" && spec.kind === "LABEL" && !spec.labels.includes(truth.label)) {
    const known = spec.labels.slice(0, 20).join(", ");
    return badInput(path, `one of the application's labels (${known})`, JSON.stringify(truth.label.slice(0, 40)));
  }
  if (truth.kind === "NUMBER" && !Number.isFinite(truth.number)) {
    return badInput(path, "a finite number", String(truth.number));
  }
  if (truth.kind === "VECTOR" && spec.kind === "VECTOR") return vectorProblem(path, spec.size, truth.vector);
  return undefined;
}

function vectorProblem(path: readonly string[], size: number, vector: readonly number[]): Failure | undefined {
  if (vector.length !== size) return badInput(path, `${size} numbers`, `${vector.length}`);
  const bad = vector.findIndex((value) => !Number.isFinite(value));
  return bad < 0 ? undefined : badInput([...path, bad], "a finite number", String(vector[bad]));
}
