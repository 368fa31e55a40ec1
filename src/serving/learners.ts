import type { StoredEvidence } from "../correction/evidence.js";
import type { ServedApplication } from "./catalogue.js";

/** What of a prediction says who learns from it. */
export interface Learnable {
  readonly policyVersion: number;
  readonly evidence: StoredEvidence | undefined;
}

/**
 * The version that made the prediction learns while it exists and is not frozen; the current one too where every
 * member's output was recorded, so that nothing depends on what was chosen. Nobody from a reward of a default output:
 * it would be charged to models whose answer nobody saw.
 */
export function learners(
  { application, learningVersions }: Pick<ServedApplication, "application" | "learningVersions">,
  { policyVersion, evidence }: Learnable,
): number[] {
  if (evidence === undefined || (application.loss.kind === "REWARD" && evidence.source === "DEFAULT")) return [];
  const isFull = evidence.choice === undefined;
  const current = application.policyVersion;
  const isOwnAlone = !isFull || policyVersion === current;
  const versions = isOwnAlone ? [policyVersion] : [policyVersion, current].sort((a, b) => a - b);
  return versions.filter((version) => learningVersions.has(version));
}
