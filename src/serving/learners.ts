import { isOfOtherFeatures } from "../correction/evidence.js";
import type { StoredEvidence } from "../correction/evidence.js";
import type { ServedApplication } from "./catalogue.js";

/** What of a prediction says who learns from it. */
export interface Learnable {
  readonly policyVersion: number;
  readonly evidence: StoredEvidence | undefined;
}

type LearningPart = Pick<ServedApplication, "application" | "learningVersions" | "featuresLearned">;

/**
 * The version that made the prediction learns while it exists and is not frozen; the current one too where every
 * member's output was recorded, so that nothing depends on what was chosen, if it learns on the same features. Nobody from
 * a reward of a default output: it would be charged to models whose answer nobody saw.
 */
export function learners(
  { application, learningVersions, featuresLearned }: LearningPart,
  { policyVersion, evidence }: Learnable,
): number[] {
  if (evidence === undefined || (application.loss.kind === "REWARD" && evidence.source === "DEFAULT")) return [];
  const isFull = evidence.choice === undefined;
  const current = application.policyVersion;
  const isOwnAlone = !isFull || policyVersion === current;
  const versions = isOwnAlone ? [policyVersion] : [policyVersion, current].sort((a, b) => a - b);
  const knows = (version: number) => !isOfOtherFeatures(featuresLearned.get(version), evidence);
  return versions.filter((version) => learningVersions.has(version) && knows(version));
}
