import { isFull, membersOf } from "../correction/answeredAgain.js";
import type { Replayed } from "../correction/answeredAgain.js";
import { whyNoLesson } from "../correction/evidence.js";
import type { PolicyMember } from "../correction/correctionPolicy.js";
import type { LearnedPolicy } from "../correction/erasedPolicy.js";
import type { Lesson } from "../correction/folding.js";
import type { LearnedState, ReplayFolding } from "../correction/learnedState.js";
import type { Losses } from "../correction/losses.js";
import { meanOf, offPolicySteps } from "../correction/offPolicy.js";
import { needsContext } from "../correction/policyProblem.js";
import type { Estimate, LoggedChoice, OffPolicyEvaluation } from "../correction/offPolicy.js";
import type { FeedbackLog, LoggedObservation, LogRange } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import type { SkipReason } from "../domain/replayPorts.js";
import { EvaluatedStates } from "./evaluatedStates.js";
import { inSlices, Slices } from "./slices.js";

export interface EvaluationRequest {
  readonly application: string;
  readonly policy: LearnedPolicy;
  readonly folding: ReplayFolding;
  readonly losses: Losses;
  /** What the policy would choose from where the log has only what was chosen. */
  readonly members: readonly PolicyMember[];
  readonly range: LogRange;
  /** Only its rows are judged; all teach the policy. */
  readonly entity: string | undefined;
  readonly maxRows: number;
  readonly withinMs: number;
}

/** Means over the rows of which every answer is known: nothing is estimated. */
export interface ExactEvaluation {
  readonly rows: number;
  readonly policy: Estimate;
  readonly logged: Estimate;
  /** Of the policy less that of the answers given. */
  readonly difference: Estimate;
}

export interface PolicyEvaluation {
  /** All values are losses, 0 to 1, or rewards as they were observed. */
  readonly measure: "LOSS" | "REWARD";
  readonly rows: number;
  readonly judged: number;
  readonly skipped: Readonly<Record<string, number>>;
  /** False: a limit came first; what follows `endSeq` was not read. */
  readonly complete: boolean;
  readonly endSeq: number;
  /** Of the answers that were given, over the rows that are judged. */
  readonly logged: Estimate | undefined;
  readonly exact: ExactEvaluation | undefined;
  /** Undefined where no choice was logged. */
  readonly offPolicy: OffPolicyEvaluation | undefined;
}

const PAGE_ROWS = 500;

/**
 * What another policy would have earned on a log. It goes through the log in order; of each row it is first taken down what
 * the policy, as it is by then, would have done, then the policy learns from the row.
 */
export async function evaluatePolicy(
  { clock, log }: { readonly clock: Clock; readonly log: FeedbackLog },
  request: EvaluationRequest,
): Promise<PolicyEvaluation> {
  const evaluation = new Evaluation(request);
  const untilMs = clock.nowMs() + request.withinMs;
  const slices = new Slices(clock);
  let complete = true;
  reading: for await (const page of log.read(request.application, request.range, PAGE_ROWS)) {
    for (const row of page) {
      if (evaluation.rows >= request.maxRows || clock.nowMs() > untilMs) {
        complete = false;
        break reading;
      }
      evaluation.take(row);
      if (slices.isOver) await slices.pause();
    }
  }
  return evaluation.finish(clock, complete);
}

class Evaluation {
  readonly #request: EvaluationRequest;
  readonly #states: EvaluatedStates;
  readonly #choices: LoggedChoice[] = [];
  readonly #loggedValues: number[] = [];
  readonly #exact: { readonly policy: number; readonly logged: number }[] = [];
  readonly #skipped: Record<string, number> = {};
  #measure: PolicyEvaluation["measure"] = "LOSS";
  #endSeq: number;
  rows = 0;

  constructor(request: EvaluationRequest) {
    this.#request = request;
    this.#states = new EvaluatedStates(request.folding);
    this.#endSeq = request.range.afterSeq;
  }

  take(row: LoggedObservation): void {
    this.rows += 1;
    this.#endSeq = row.seq;
    const { folding, entity } = this.#request;
    const lesson = folding.read(row.truth, row.evidence, row);
    const isJudged = entity === undefined || row.entity === entity;
    if (lesson === undefined) {
      if (isJudged) this.#skip(whyNoLesson(row.truth, row.evidence));
      return;
    }
    const states = this.#states.of(row.entity);
    const judged = isJudged ? this.#judge(states[0] as LearnedState, lesson) : undefined;
    const folded = states.map((state) => folding.fold(state, lesson))[0];
    if (typeof judged === "string") this.#skip(judged);
    else if (judged !== undefined) this.#exactly(judged, typeof folded === "object" ? folded.loss : undefined);
  }

  async finish(clock: Clock, complete: boolean): Promise<PolicyEvaluation> {
    const exact = this.#exact;
    const meansOf = (pick: (pair: { readonly policy: number; readonly logged: number }) => number) =>
      meanOf(Float64Array.from(exact, pick));
    const offPolicy = this.#choices.length === 0 ? undefined : await inSlices(clock, offPolicySteps(this.#choices));
    return {
      measure: this.#measure,
      rows: this.rows,
      judged: this.#loggedValues.length,
      skipped: this.#skipped,
      complete,
      endSeq: this.#endSeq,
      logged: this.#loggedValues.length === 0 ? undefined : meanOf(Float64Array.from(this.#loggedValues)),
      exact:
        exact.length === 0
          ? undefined
          : {
              rows: exact.length,
              policy: meansOf(({ policy }) => policy),
              logged: meansOf(({ logged }) => logged),
              difference: meansOf(({ policy, logged }) => policy - logged),
            },
      offPolicy,
    };
  }

  /** What was logged of the row's value, once the policy's part in it is taken down; or why it says nothing. */
  #judge(state: LearnedState, lesson: Lesson): Judged | SkipReason {
    const { folding, policy } = this.#request;
    const { evidence, truth, replayed } = lesson;
    if (needsContext(policy) && !(replayed?.hasContext === true && evidence.context !== undefined)) return "NO_CONTEXT";
    const logged = truth.kind === "REWARD" ? this.#reward(lesson) : folding.lossOf(lesson);
    if (logged === undefined) return "NO_LOSS";
    if (isFull(lesson)) {
      const members = membersOf(policy, lesson, replayed as Replayed);
      if (members.length === 0 && !policy.answersFromFeatures) return "MEMBERS_MISSING";
      const expected = this.#expected(state, lesson, members);
      if (policy.kind === "exp4" && evidence.choice !== undefined) this.#choice(state, lesson, members, logged);
      return { logged, expected };
    }
    if (policy.chances === undefined) return "MEMBERS_MISSING";
    if (evidence.choice === undefined) return "NO_CHOICE";
    const isModel = evidence.answered.some(({ model }) => model === evidence.choice?.arm);
    if (isModel === (policy.kind === "exp4")) return "NO_CHOICE";
    this.#choice(state, lesson, this.#membersWith(evidence.choice.arm, isModel), logged);
    return { logged, expected: undefined };
  }

  #reward(lesson: Lesson): number | undefined {
    this.#measure = "REWARD";
    const { truth } = lesson;
    return truth.kind === "REWARD" && this.#request.losses.ofReward(truth) !== undefined ? truth.reward : undefined;
  }

  #choice(state: LearnedState, { evidence }: Lesson, members: readonly PolicyMember[], value: number): void {
    const { answered, choice, context } = evidence;
    const target = this.#request.policy.chances?.(state.policy, members, context, answered);
    if (choice === undefined || target === undefined) return;
    this.#choices.push({ arm: choice.arm, propensity: choice.propensity, value, target, context });
  }

  /** Mean over what the policy might choose; undefined where the answer itself tells. */
  #expected(state: LearnedState, lesson: Lesson, members: readonly PolicyMember[]): number | undefined {
    const { policy, losses } = this.#request;
    const { answered, context } = lesson.evidence;
    const chances = policy.chances?.(state.policy, members, context, answered);
    if (chances === undefined) return undefined;
    if (policy.kind === "exp4") {
      return lesson.truth.kind === "LABEL" ? 1 - (chances.get(lesson.truth.label) ?? 0) : undefined;
    }
    let sum = 0;
    for (const { model, output } of answered) {
      const loss = losses.ofOutput(output, lesson.truth);
      const chance = chances.get(model) ?? 0;
      if (loss === undefined && chance > 0) return undefined;
      sum += chance * (loss ?? 0);
    }
    return sum;
  }

  #exactly({ logged, expected }: Judged, drawn: number | undefined): void {
    this.#loggedValues.push(logged);
    const own = expected ?? drawn;
    if (own !== undefined) this.#exact.push({ policy: own, logged });
  }

  #membersWith(arm: string, isModel: boolean): readonly PolicyMember[] {
    const { members } = this.#request;
    return !isModel || members.some(({ model }) => model === arm) ? members : [...members, { model: arm, weight: 1 }];
  }

  #skip(reason: SkipReason): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + 1;
  }
}

interface Judged {
  /** Of the answer that was given. */
  readonly logged: number;
  /** Of the policy's, over its chances. */
  readonly expected: number | undefined;
}
