import type { Application } from "../domain/application.js";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { requestName } from "../domain/requestNames.js";

const MAX_REWARD_WAIT_MS = 30 * 86_400_000;

/** What of an application says how it learns. */
export type LearningPart = Pick<
  Application,
  "loss" | "output" | "confidenceThreshold" | "coverage" | "feedback" | "defaultOutput"
>;

/** Why these rules cannot hold, or not together; undefined if they can. */
export function learningProblem(given: LearningPart): Failure | undefined {
  return (
    shareProblem("confidenceThreshold", given.confidenceThreshold, 0, 1) ??
    coverageProblem(given) ??
    rewardWaitProblem(given) ??
    feedbackProblem(given)
  );
}

/** Of sets that would never be given: they are learned from truths, and are labels or an interval. */
function coverageProblem({ coverage, output, loss }: LearningPart): Failure | undefined {
  const none = (why: string) => badInput(["coverage"], `no coverage (null): ${why}`, String(coverage));
  if (coverage === undefined) return undefined;
  if (output.kind === "VECTOR")
    return none("prediction sets are of labels or numbers, and this application answers vectors");
  if (loss.kind === "REWARD") return none("prediction sets are learned from truths, and a reward loss is told none");
  return shareProblem("coverage", coverage, 0.5, 0.999);
}

function shareProblem(field: string, value: number | undefined, least: number, most: number): Failure | undefined {
  if (value === undefined || (value >= least && value <= most)) return undefined;
  return badInput([field], `${least} to ${most}`, String(value));
}

function rewardWaitProblem({ loss, feedback }: LearningPart): Failure | undefined {
  const { rewardWaitMs, defaultReward } = feedback;
  const at = (field: string, expected: string, got: unknown) => badInput(["feedback", field], expected, String(got));
  if (rewardWaitMs === undefined && defaultReward === undefined) return undefined;
  if (rewardWaitMs === undefined) return at("rewardWaitMs", "a value, since defaultReward is given", "none");
  if (defaultReward === undefined && feedback.aggregation === "EARLIEST") {
    return at("defaultReward", "a value, or aggregation MEAN or SUM: rewardWaitMs changes nothing else", "none");
  }
  if (!(rewardWaitMs >= 1 && rewardWaitMs <= MAX_REWARD_WAIT_MS)) {
    return at("rewardWaitMs", `1 to ${MAX_REWARD_WAIT_MS} ms`, rewardWaitMs);
  }
  if (loss.kind !== "REWARD") return at("rewardWaitMs", "the loss reward", requestName(loss.kind));
  if (defaultReward === undefined || (defaultReward >= loss.min && defaultReward <= loss.max)) return undefined;
  return at("defaultReward", `${loss.min} to ${loss.max}, as the loss declares`, defaultReward);
}

function feedbackProblem({ loss, feedback, defaultOutput }: LearningPart): Failure | undefined {
  const { aggregation, rewardWaitMs, deferActivation, apprentice, logPredictions } = feedback;
  const at = (field: string, expected: string, got: string) => badInput(["feedback", field], expected, got);
  if (aggregation !== "EARLIEST" && rewardWaitMs === undefined) {
    return at("aggregation", "EARLIEST, or rewardWaitMs: rewards are counted together when it is over", aggregation);
  }
  if (apprentice && defaultOutput === undefined) {
    return at("apprentice", "a defaultOutput, which is what an apprentice answers", "none");
  }
  const isLogged = logPredictions !== "NONE";
  if (rewardWaitMs !== undefined && !isLogged) {
    return at(
      "logPredictions",
      "EVIDENCE or INPUTS, since rewardWaitMs looks for predictions without observation",
      "NONE",
    );
  }
  if (deferActivation && !(isLogged && loss.kind === "REWARD")) {
    return at(
      "deferActivation",
      "the loss reward, and logPredictions EVIDENCE or INPUTS",
      `${requestName(loss.kind)}, ${logPredictions}`,
    );
  }
  return learnedShareProblem(feedback.learnedShare);
}

function learnedShareProblem(share: number | undefined): Failure | undefined {
  if (share === undefined || (share >= 0.01 && share <= 0.99)) return undefined;
  return badInput(["feedback", "learnedShare"], "0.01 to 0.99, or null for no limit", String(share));
}
