import { confidenceOf } from "../correction/learnedState.js";
import type { Application, Priority } from "../domain/application.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock, Random, RowQuery } from "../domain/ports.js";
import type { Explanation, Prediction } from "../domain/prediction.js";
import type { Row } from "../domain/tensor.js";
import { whenKnown } from "../lib/whenKnown.js";
import type { Learning, StateInUse } from "../learning/learning.js";
import type { Caller } from "../lib/caller.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";
import { answer } from "./answer.js";
import { lessMargin } from "./answerMargin.js";
import { ask, shed } from "./ask.js";
import type { Asked, Patience } from "./ask.js";
import type { Catalogue, ServedApplication } from "./catalogue.js";
import { inputRow } from "./inputRow.js";
import type { InputValue } from "./inputRow.js";
import { seqProblem } from "./logPlace.js";
import { PRESSURE_RETRY_MS } from "./pressure.js";
import type { Pressure } from "./pressure.js";

/** How predictions are asked for, whatever of. */
export interface PredictTerms {
  readonly application: string;
  readonly entity: string | undefined;
  /** Milliseconds from arrival; at most the application's objective, or for BULK its `bulkDeadlineMs`. */
  readonly deadlineMs: number | undefined;
  readonly priority: Priority;
  /** Monotonic milliseconds at which the request arrived in this process. */
  readonly arrivalMs: number;
  /** Whether the answer is to say where its time went. */
  readonly explain: boolean;
  /** The answer is to know the application's log up to here: what was observed on another server, for instance. */
  readonly minStateSeq?: number | undefined;
  /** Absent: one who stays. */
  readonly caller?: Caller;
}

export interface PredictRequest extends PredictTerms {
  readonly input: InputValue;
  /** Where the input stands in the caller's request, for messages. */
  readonly inputPath: readonly (string | number)[];
}

export interface PredictDependencies {
  readonly clock: Clock;
  /** For policies that choose. */
  readonly random: Random;
  readonly learning: Pick<Learning, "stateFor" | "reach" | "ageMs" | "knownSeq">;
  readonly catalogue: Catalogue;
  readonly metrics: ServingMetrics;
  readonly newPredictionId: () => string;
  readonly pressure: Pick<Pressure, "refusal">;
  /** Keeps a prediction beside its receipt, where the application wants that. Never waits. */
  readonly logPrediction: (prediction: Prediction, row: Row | undefined) => void;
  /** Milliseconds kept back from the objective for event-loop lag and rendering; learned, at least 1. */
  readonly answerMarginMs: () => number;
}

/** Even in three bytes each these leave the rest of a receipt its place. */
const MAX_ENTITY_CHARACTERS = 128;

/**
 * Of a query's time: a model that cannot change the answer is waited for during the first share, and until the second one as
 * long as it is not later than usual.
 */
const WAITING_SHARE = 0.1;
const STRAGGLING_SHARE = 0.5;
/** A state is waited for at most so long, and at most such a share of the query's time. */
const STATE_WITHIN_MS = 2;
const STATE_WITHIN_SHARE = 0.1;
/** The same where the caller names an observation that is to count. */
const MIN_STATE_SHARE = 0.5;

/**
 * Answers one query by its deadline: admit, take the learned state, ask the models that the policy selects, answer with
 * what it makes of them. Never later and never silently worse: an answer from fewer models, or the application's
 * default, says so. Without a default output what went wrong is a typed failure. A promise only where something has to
 * be waited for.
 */
export function predict(
  deps: PredictDependencies,
  request: PredictRequest,
): Prediction | Failure | Promise<Prediction | Failure> {
  const served = deps.catalogue.get(request.application);
  if (served === undefined) return unknownApplication(deps.catalogue, request.application);
  const row = inputRow(served.application.input, request.input, request.inputPath);
  if (isFailure(row)) return refused(deps, served, row);
  const deadlineMs = checkedDeadline(deps, served, request);
  if (isFailure(deadlineMs)) return refused(deps, served, deadlineMs);

  const query = { row, deadlineMs, priority: request.priority };
  return whenKnown(stateOf(deps, request, deadlineMs), (state) => predictFrom(deps, request, served, query, state));
}

function predictFrom(
  deps: PredictDependencies,
  request: PredictRequest,
  served: ServedApplication,
  query: RowQuery,
  state: StateInUse,
): Prediction | Failure | Promise<Prediction | Failure> {
  const askedMs = request.explain ? deps.clock.nowMs() : 0;
  const pressed = deps.pressure.refusal(request.priority);
  const asked =
    pressed === undefined
      ? ask(deps, served, state.held.state.policy, query, patienceOf(request, served, query.deadlineMs, state))
      : shed(served, pressed, PRESSURE_RETRY_MS);
  return whenKnown(asked, (all: Asked) => answerFrom(deps, request, served, query, { state, askedMs }, all));
}

/** What is answered, counted and logged once the models have said what they say. */
export function answerFrom(
  deps: PredictDependencies,
  request: PredictTerms,
  served: ServedApplication,
  { row, deadlineMs }: RowQuery,
  { state, askedMs }: { readonly state: StateInUse; readonly askedMs: number },
  all: Asked,
): Prediction | Failure {
  if (request.caller?.hasLeft === true) return abandoned(deps, served);
  const explanation = request.explain ? explain(deps, request, askedMs, deadlineMs) : undefined;
  const answered = answer(deps, served, request, state, all, explanation);
  deps.metrics.record(served.application, answered);
  log(deps, served, answered, row);
  return answered;
}

export function patienceOf(
  { arrivalMs, caller }: PredictTerms,
  { application: { confidenceThreshold: threshold } }: ServedApplication,
  deadlineMs: number,
  { population }: StateInUse,
): Patience {
  const momentOf = (share: number): number => arrivalMs + share * (deadlineMs - arrivalMs);
  return {
    noSoonerMs: momentOf(WAITING_SHARE),
    straggleMs: momentOf(STRAGGLING_SHARE),
    isEnough:
      threshold === undefined ? undefined : (agreement) => confidenceOf(population.state, agreement) >= threshold,
    caller,
  };
}

function log(deps: PredictDependencies, served: ServedApplication, answered: Prediction | Failure, row: Row): void {
  const { logPredictions } = served.application.feedback;
  if (logPredictions === "NONE" || isFailure(answered)) return;
  deps.logPrediction(answered, logPredictions === "INPUTS" ? row : undefined);
}

/** What the query is answered from: at once where this process has it, which is nearly always. */
export function stateOf(
  { clock, learning }: PredictDependencies,
  { application, entity, minStateSeq }: PredictTerms,
  deadlineMs: number,
): StateInUse | Promise<StateInUse> {
  // The population's is here.
  if (minStateSeq === undefined && entity === undefined) return learning.stateFor(application, undefined, 0);
  const leftMs = deadlineMs - clock.nowMs();
  if (minStateSeq === undefined) {
    return learning.stateFor(application, entity, Math.min(STATE_WITHIN_MS, STATE_WITHIN_SHARE * leftMs));
  }
  // Who asks for it waits for it.
  const untilMs = clock.nowMs() + MIN_STATE_SHARE * leftMs;
  const state = () => learning.stateFor(application, entity, untilMs - clock.nowMs());
  if (learning.knownSeq(application) >= minStateSeq) return state();
  return learning.reach(application, minStateSeq, untilMs - clock.nowMs()).then(state);
}

export function unknownApplication(catalogue: Catalogue, name: string): Failure {
  const known = catalogue.names().slice(0, 10).join(", ");
  return failure("NOT_FOUND", `application "${name.slice(0, 80)}" does not exist; known: ${known || "none yet"}`);
}

/** Nobody reads it: it is neither an answer nor a failure of ours. */
function abandoned(deps: PredictDependencies, { application }: ServedApplication): Failure {
  deps.metrics.recordAbandoned(application);
  return failure("DEADLINE_EXCEEDED", "the caller has left");
}

export function refused(deps: PredictDependencies, served: ServedApplication, why: Failure): Failure {
  deps.metrics.recordFailure(served.application, why);
  return why;
}

/** An entity that a receipt could not carry, or the database could not hold, is refused before anything is predicted for it. */
export function entityProblem(entity: string | undefined): Failure | undefined {
  if (entity === undefined) return undefined;
  if (entity.length === 0 || entity.length > MAX_ENTITY_CHARACTERS) {
    return badInput(["entity"], `1 to ${MAX_ENTITY_CHARACTERS} characters`, String(entity.length));
  }
  if (entity.isWellFormed() && !/\p{Cc}/u.test(entity)) return undefined;
  return badInput(["entity"], "well-formed text without control characters", JSON.stringify(entity));
}

function minStateSeqProblem(minStateSeq: number | undefined): Failure | undefined {
  return minStateSeq === undefined ? undefined : seqProblem(minStateSeq, "minStateSeq");
}

/** Until when there is an answer, or what is wrong with how it is asked for. */
export function checkedDeadline(
  deps: PredictDependencies,
  { application }: ServedApplication,
  request: PredictTerms,
): number | Failure {
  const problem = entityProblem(request.entity) ?? minStateSeqProblem(request.minStateSeq);
  return problem ?? absoluteDeadline(deps, application, request);
}

/** The deadline is absolute: arrival plus what the caller and the application allow, less the margin to render. */
function absoluteDeadline(
  deps: PredictDependencies,
  application: Application,
  { deadlineMs, priority, arrivalMs }: PredictTerms,
): number | Failure {
  if (deadlineMs !== undefined && !(deadlineMs > 0)) {
    return badInput(["deadlineMs"], "more than 0", String(deadlineMs));
  }
  const mostMs = priority === "BULK" ? application.bulkDeadlineMs : application.sloMs;
  const allowedMs = Math.min(deadlineMs ?? Infinity, mostMs);
  return arrivalMs + lessMargin(allowedMs, deps.answerMarginMs());
}

function explain(
  { clock }: PredictDependencies,
  { arrivalMs }: PredictTerms,
  askedMs: number,
  deadlineMs: number,
): Explanation {
  return {
    askedMs: askedMs - arrivalMs,
    gatheredMs: clock.nowMs() - arrivalMs,
    deadlineMs: deadlineMs - arrivalMs,
  };
}
