import type { Learning } from "../learning/learning.js";
import type { WeightFigures } from "../telemetry/figures.js";
import type { ServedApplication } from "./catalogue.js";

/** How the models that are linked now stand with an application's policy, in what it has learned of all. */
export function learnedWeights(
  { application, policy }: ServedApplication,
  learning: Pick<Learning, "population">,
): readonly WeightFigures[] {
  const held = learning.population(application.name, application.policyVersion);
  if (held === undefined) return [];
  const { answers, policy: learned } = held.state;
  const members = application.links.filter(({ model }) => model !== policy.featureModel);
  return policy
    .weights(learned, members)
    .map((report) => ({ ...report, recentLoss: answers?.models.meanLoss(report.model) }));
}
