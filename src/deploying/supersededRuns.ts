import type { DeploymentRecord } from "../domain/deploymentPorts.js";

interface Run {
  readonly record: DeploymentRecord;
}

/**
 * Of the same model, those that serve earlier versions than the one that has just become current, but for so many: the
 * one that was current until then, and the latest others. Later versions wait for their turn, and stay.
 */
export function supersededRuns<R extends Run>(
  runs: readonly R[],
  { model, version }: Pick<DeploymentRecord, "model" | "version">,
  before: number | undefined,
  kept: number,
): readonly R[] {
  const wasCurrent = ({ record }: R): number => Number(record.version === before);
  return runs
    .filter(({ record }) => record.model === model && record.version < version && record.status === "SERVING")
    .sort((one, other) => wasCurrent(other) - wasCurrent(one) || other.record.version - one.record.version)
    .slice(kept);
}
