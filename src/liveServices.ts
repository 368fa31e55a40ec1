import { createHmac } from "node:crypto";
import type { Clock } from "./domain/ports.js";
import type { Catalogue } from "./serving/catalogue.js";
import type { ModelVersions } from "./serving/modelVersions.js";
import type { LearningFigures } from "./telemetry/figures.js";
import { LiveFeeds } from "./telemetry/liveFeeds.js";
import type { PolicyFigures } from "./telemetry/policySamples.js";
import type { ServingMetrics } from "./telemetry/servingMetrics.js";

export interface LiveServicesOptions {
  readonly clock: Clock;
  readonly versions: Pick<ModelVersions, "figures">;
  readonly catalogue: Catalogue;
  readonly metrics: ServingMetrics;
  readonly learningFigures: (application: string) => LearningFigures | undefined;
  readonly knownSeq: (application: string) => number;
  readonly randomBytes: (size: number) => Buffer;
}

/** What dashboards follow beside metrics, of what this process knows. */
export function newLiveFeeds(options: LiveServicesOptions): LiveFeeds {
  const { clock, versions, catalogue, metrics, learningFigures, knownSeq } = options;
  const secret = options.randomBytes(32);
  const policyFigures = (name: string): PolicyFigures | undefined => {
    const application = catalogue.get(name)?.application;
    if (application === undefined) return undefined;
    const learned = learningFigures(name);
    const { policyVersion } = application;
    const weights = learned?.weights() ?? [];
    return { policyVersion, stateSeq: knownSeq(name), weights, recentLoss: learned?.recentLoss };
  };
  return new LiveFeeds({
    clock,
    answers: metrics.answered,
    policyFigures,
    models: () => versions.figures(),
    currentVersions: () => catalogue.snapshot.models,
    policies: () =>
      catalogue.all().map(({ application: { name, policyVersion } }) => {
        const figures = learningFigures(name);
        const drifts = Object.values(figures?.drifts ?? {}).reduce((sum, count) => sum + count, 0);
        const { adaptation = "STEADY", stateAgeMs = 0 } = figures ?? {};
        return { name, policyVersion, drifts, adaptation, stateAgeMs };
      }),
    hashOfEntity: (application, entity) =>
      createHmac("sha256", secret)
        .update(JSON.stringify([application, entity]))
        .digest("base64url"),
  });
}
