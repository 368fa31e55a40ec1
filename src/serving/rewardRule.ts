import type { Application } from "../domain/application.js";
import type { RewardRule } from "../domain/rewardRules.js";

/** How an application's rewards come to count; undefined where it is told truths instead, which count each. */
export function rewardRule({ loss, feedback }: Pick<Application, "loss" | "feedback">): RewardRule | undefined {
  if (loss.kind !== "REWARD") return undefined;
  const { aggregation, deferActivation, rewardWaitMs, defaultReward } = feedback;
  const { min, max } = loss;
  return { min, max, aggregation, isDeferred: deferActivation, rewardWaitMs, defaultReward };
}

/** Since when a prediction just made waits for its reward: not before it is shown, where that is what counts. */
export function waitsFromMs(application: Pick<Application, "loss" | "feedback">, atMs: number): number | undefined {
  const rule = rewardRule(application);
  return rule === undefined || rule.isDeferred || rule.rewardWaitMs === undefined ? undefined : atMs;
}
