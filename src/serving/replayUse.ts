import type { ReplayUse } from "../correction/learnedState.js";
import type { Application, PolicyVersion } from "../domain/application.js";
import type { ReplayedRange } from "../domain/learningPorts.js";
import { featuresLearned } from "../domain/policySpec.js";
import type { PolicySpec } from "../domain/policySpec.js";

export interface ReplayedPolicy {
  readonly policy: PolicySpec;
  /** Its own number. Those that came after it do not count: while it was replayed they were not all known. */
  readonly version: number;
}

/** What a policy needs to know of the application to learn from a part of its log that others had answered. */
export function replayUse(
  application: Application,
  { policy, version: own }: ReplayedPolicy,
  versions: readonly PolicyVersion[],
  range: ReplayedRange,
): ReplayUse {
  const source = contextSource(policy);
  const same = versions.filter(
    ({ version, policy: other }) => version < own && source !== undefined && contextSource(other) === source,
  );
  return {
    ...range,
    contextVersions: new Set(same.map(({ version }) => version)),
    weights: new Map(application.links.map(({ model, weight }) => [model, weight])),
  };
}

/**
 * Where a policy's features come from; undefined for one without. Features of another source, or of another version of a
 * model, are other features.
 */
export function contextSource(policy: PolicySpec): string | undefined {
  const { featureModel, contextTensor } = policy as { featureModel?: string; contextTensor?: string };
  if (featureModel !== undefined) return `model ${featuresLearned(policy) ?? featureModel}`;
  return contextTensor === undefined ? undefined : `tensor ${contextTensor}`;
}
