import type { OutputSpec } from "../domain/application.js";
import type { SkipReason } from "../domain/replayPorts.js";
import { randomOfRow } from "../lib/rowRandom.js";
import type { Answered, PolicyMember } from "./correctionPolicy.js";
import type { LearnedPolicy, PolicyState } from "./erasedPolicy.js";
import { packAnswer, unpackOutput } from "./evidence.js";
import type { Lesson } from "./folding.js";
import { chooses, needsContext } from "./policyProblem.js";

/** A row that another policy had answered, for one that is to learn from it. */
export interface Replayed {
  readonly seq: number;
  /** Its context comes from where the policy's would. */
  readonly hasContext: boolean;
  /** By name; of models that are not linked (any more) 1. */
  readonly weights: ReadonlyMap<string, number>;
}

/** What a lesson's evidence tells of the models that were not chosen. */
export function isFull({ evidence, truth }: Lesson): boolean {
  const { answered, choice } = evidence;
  if (truth.kind === "REWARD") return false;
  return choice === undefined || !(answered.length === 1 && answered[0]?.model === choice.arm);
}

/** Those whose answers the row has, but for the one that only gives the features. */
export function membersOf(policy: LearnedPolicy, { evidence }: Lesson, { weights }: Replayed): readonly PolicyMember[] {
  const models = new Set(evidence.answered.map(({ model }) => model));
  if (policy.featureModel !== undefined) models.delete(policy.featureModel);
  return [...models].map((model) => ({ model, weight: weights.get(model) ?? 1 }));
}

/**
 * What the policy would have made of the row in this state: of full information it selects and combines anew, drawing
 * what the row's place in the log says; of a choice it takes what was chosen, with the chance that it had then.
 */
export function answeredAgain(
  policy: LearnedPolicy,
  output: OutputSpec,
  state: PolicyState,
  lesson: Lesson,
  replayed: Replayed,
): Lesson | SkipReason {
  if (needsContext(policy) && !(replayed.hasContext && lesson.evidence.context !== undefined)) return "NO_CONTEXT";
  const members = membersOf(policy, lesson, replayed);
  if (!isFull(lesson)) return ofChoice(policy, lesson);
  if (members.length === 0 && !policy.answersFromFeatures) return "MEMBERS_MISSING";
  const { context } = lesson.evidence;
  const random = randomOfRow(replayed.seq);
  const selection = policy.select(state, members, context, random);
  const isMember = ({ model }: Answered) => selection.models.includes(model);
  const answered = lesson.evidence.answered.filter(isMember);
  if (answered.length === 0 && !policy.answersFromFeatures) return "MEMBERS_MISSING";
  const combined = policy.combine(state, members, selection, answered, context, random);
  const made = unpackOutput(output, packAnswer(output, combined.output));
  const answer = made && { output: made, agreement: combined.agreement };
  return { evidence: { answered, choice: combined.choice, context }, answer, truth: lesson.truth };
}

/** A truth says something of the chosen model alone; a reward, of the answer alone. */
function ofChoice(policy: LearnedPolicy, lesson: Lesson): Lesson | SkipReason {
  const { evidence, truth } = lesson;
  const { answered, choice } = evidence;
  const isModel = choice !== undefined && answered.some(({ model }) => model === choice.arm);
  if (truth.kind === "REWARD") {
    if (choice === undefined) return "NO_LOSS";
    const isItsArm = policy.kind === "exp4" ? !isModel : chooses(policy) && isModel;
    return isItsArm ? lesson : "MEMBERS_MISSING";
  }
  return chooses(policy) || policy.featureModel !== undefined ? lesson : "MEMBERS_MISSING";
}
