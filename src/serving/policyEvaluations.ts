import { LEAST_EFFECTIVE_SAMPLES } from "../correction/offPolicy.js";
import type { Estimate } from "../correction/offPolicy.js";
import { newFolding } from "../correction/learnedState.js";
import { newLosses } from "../correction/losses.js";
import { newPolicy } from "../correction/newPolicy.js";
import type { Application } from "../domain/application.js";
import { badInput, caught, failure, isFailure, noApplication } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { FeedbackLog } from "../domain/learningPorts.js";
import type { Clock } from "../domain/ports.js";
import { onFeaturesOf, statedPolicy } from "../domain/policySpec.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";
import { evaluatePolicy } from "../learning/policyEvaluation.js";
import type { EvaluationRequest, PolicyEvaluation } from "../learning/policyEvaluation.js";
import type { Catalogue } from "./catalogue.js";
import { replayProblem, whyNothing } from "./policyReplays.js";
import { entityProblem } from "./predict.js";
import { replayUse } from "./replayUse.js";
import { versionsOf } from "./serveApplication.js";
import { timeRange } from "./timeRange.js";

export interface PolicyEvaluationDependencies {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly log: FeedbackLog;
}

export interface JudgeRequest {
  readonly application: string;
  readonly policy: PolicySpec;
  /** Absent: the application's. */
  readonly loss: LossSpec | undefined;
  /** Dates or times; absent: all. */
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly entity: string | undefined;
  readonly maxRows: number;
  readonly withinMs: number;
}

/** BETTER, WORSE: the intervals say so. UNDECIDED: they do not. REFUSED: the log says too little. */
export type Verdict = "BETTER" | "WORSE" | "UNDECIDED" | "REFUSED";

export interface Judgement extends PolicyEvaluation {
  readonly application: string;
  readonly verdict: Verdict;
  /** What the verdict rests on. */
  readonly reason: string;
}

export const MOST_ROWS = 200_000;
export const MOST_MS = 60_000;
/** Beside everything else that this server does. */
const MAX_RUNNING = 2;

/** Operators' story: what would another policy have earned on what was observed? */
export class PolicyEvaluations {
  readonly #deps: PolicyEvaluationDependencies;
  #running = 0;

  constructor(deps: PolicyEvaluationDependencies) {
    this.#deps = deps;
  }

  async evaluate(asked: JudgeRequest): Promise<Judgement | Failure> {
    const { snapshot } = this.#deps.catalogue;
    const request = { ...asked, policy: onFeaturesOf(statedPolicy(asked.policy), snapshot.models) };
    const application = snapshot.applications.find(({ name }) => name === request.application);
    if (application === undefined) return noApplication(request.application);
    const loss = request.loss ?? application.loss;
    const problem = replayProblem(application, { ...request, loss, activate: false }) ?? limitProblem(request);
    if (problem !== undefined) return problem;
    const range = timeRange(request.from, request.until);
    if (isFailure(range)) return range;
    if (this.#running >= MAX_RUNNING) {
      const message = `this server evaluates ${MAX_RUNNING} policies already, which is the most at once`;
      return failure("OVERLOADED", message, { retryAfterMs: 1_000 });
    }
    this.#running += 1;
    try {
      return await caught(() =>
        this.#evaluate({ ...application, policy: request.policy, loss }, request, { afterSeq: 0, ...range }),
      );
    } finally {
      this.#running -= 1;
    }
  }

  async #evaluate(
    judged: Application,
    { entity, maxRows, withinMs }: JudgeRequest,
    range: EvaluationRequest["range"],
  ): Promise<Judgement> {
    const policy = newPolicy(judged);
    const own = { policy: judged.policy, version: Infinity };
    const replay = replayUse(judged, own, versionsOf(judged, this.#deps.catalogue.snapshot), {
      afterSeq: 0,
      untilSeq: Infinity,
    });
    const evaluation = await evaluatePolicy(this.#deps, {
      application: judged.name,
      policy,
      folding: newFolding({ ...judged, replay }),
      losses: newLosses(judged.loss, judged.output),
      members: judged.links.filter(({ model }) => model !== policy.featureModel),
      range,
      entity,
      maxRows,
      withinMs,
    });
    return { ...evaluation, application: judged.name, ...verdictOf(judged, evaluation, entity) };
  }
}

function limitProblem({ maxRows, withinMs, entity }: JudgeRequest): Failure | undefined {
  if (!(maxRows >= 1 && maxRows <= MOST_ROWS)) return badInput(["maxRows"], `1 to ${MOST_ROWS}`, String(maxRows));
  if (!(withinMs >= 1 && withinMs <= MOST_MS)) return badInput(["withinMs"], `1 to ${MOST_MS}`, String(withinMs));
  return entityProblem(entity);
}

/** Exact where all answers were logged; else by the doubly robust estimate against what the given answers earned. */
function verdictOf(
  judged: Application,
  evaluation: PolicyEvaluation,
  entity: string | undefined,
): Pick<Judgement, "verdict" | "reason"> {
  const { exact, offPolicy, measure, logged, rows, skipped } = evaluation;
  if (logged === undefined) return { verdict: "REFUSED", reason: whyNothing(judged, skipped, rows, entity) };
  if (exact !== undefined && exact.rows >= (offPolicy?.n ?? 0)) {
    if (exact.rows < LEAST_EFFECTIVE_SAMPLES) {
      return { verdict: "REFUSED", reason: fewRows(exact.rows) };
    }
    const reason = `all answers are known of ${exact.rows} observations: the difference is exact, its interval is of chance`;
    return { verdict: sideOf(exact.difference, { low: 0, high: 0 }, measure), reason };
  }
  if (offPolicy === undefined) return { verdict: "REFUSED", reason: whyNothing(judged, skipped, rows, entity) };
  if (offPolicy.kind === "refused") return { verdict: "REFUSED", reason: refusal(offPolicy) };
  const reason = `the doubly robust estimate over ${offPolicy.n} choices against what the answers given earned`;
  return { verdict: sideOf(offPolicy.dr, logged, measure), reason };
}

function fewRows(rows: number): string {
  return `${rows} observations with all answers; no verdict below ${LEAST_EFFECTIVE_SAMPLES}`;
}

function refusal({
  reason,
  n,
  effectiveSampleSize,
  largestShare,
}: Extract<PolicyEvaluation["offPolicy"], { kind: "refused" }>): string {
  if (reason === "ONE_WEIGHT_DOMINATES") {
    return `one observation has ${(100 * largestShare).toFixed(0)} % of all weight; no verdict above 10 %: the log has too few choices such as this policy's`;
  }
  return `${n} choices say as much as ${effectiveSampleSize.toFixed(1)} of the policy's own; no verdict below ${LEAST_EFFECTIVE_SAMPLES}`;
}

function sideOf(
  { low, high }: Estimate,
  other: { readonly low: number; readonly high: number },
  measure: PolicyEvaluation["measure"],
): Verdict {
  if (low > other.high) return measure === "REWARD" ? "BETTER" : "WORSE";
  if (high < other.low) return measure === "REWARD" ? "WORSE" : "BETTER";
  return "UNDECIDED";
}
