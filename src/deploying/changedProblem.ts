import type { DeploymentRecord } from "../domain/deploymentPorts.js";
import { failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { deploymentRevision } from "../lib/revision.js";

/** CONFLICT where somebody expected another deployment of a version, or the same in another state, than there is now. */
export function changedProblem(record: DeploymentRecord, expected: string | undefined): Failure | undefined {
  const current = deploymentRevision(record);
  if (expected === undefined || expected === current) return undefined;
  const { seq, model, version, status } = record;
  const now = `deployment ${seq} (${status}, ${record.spec.replicas} replicas), whose revision is ${current}`;
  const message = `${model}@${version} was changed: it is ${now}, not ${expected.slice(0, 80)}. Read it again, then decide`;
  return failure("CONFLICT", message, { current });
}
