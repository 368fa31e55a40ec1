import type { Vote } from "../correction/policy.js";
import type { Application, Output, Priority } from "../domain/application.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure, FailureCode } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type {
  DefaultReason,
  Explanation,
  MemberFailureCode,
  MemberMissing,
  Prediction,
  PredictionSource,
} from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";
import type { Catalogue, Member, ServedApplication } from "./catalogue.js";
import { gather } from "./gather.js";
import type { Gathered } from "./gather.js";
import { inputRow } from "./inputRow.js";
import type { InputValue } from "./inputRow.js";
import { PRESSURE_RETRY_MS } from "./pressure.js";
import type { Pressure } from "./pressure.js";

export interface PredictRequest {
  readonly application: string;
  readonly input: InputValue;
  /** Where the input stands in the caller's request, for messages. */
  readonly inputPath: readonly (string | number)[];
  readonly entity: string | undefined;
  /** Milliseconds from arrival; at most the application's objective, or for BULK its `bulkDeadlineMs`. */
  readonly deadlineMs: number | undefined;
  readonly priority: Priority;
  /** Monotonic milliseconds at which the request arrived in this process. */
  readonly arrivalMs: number;
  /** Whether the answer is to say where its time went. */
  readonly explain: boolean;
  /** Absent: one who stays. */
  readonly caller?: Caller;
}

export interface PredictDependencies {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly metrics: ServingMetrics;
  readonly newPredictionId: () => string;
  readonly pressure: Pick<Pressure, "refusal">;
  /** Milliseconds kept back from the objective for event-loop lag and rendering; learned, at least 1. */
  readonly answerMarginMs: () => number;
}

/** Even in three bytes each these leave the rest of a receipt its place. */
const MAX_ENTITY_CHARACTERS = 128;

/**
 * Answers one query by its deadline: admit, select, gather, combine. Never later and never silently worse: an
 * answer from fewer models, or the application's default, says so. Without a default output what went wrong is a
 * typed failure.
 */
export async function predict(deps: PredictDependencies, request: PredictRequest): Promise<Prediction | Failure> {
  const served = deps.catalogue.get(request.application);
  if (served === undefined) return unknownApplication(deps.catalogue, request.application);
  const row = inputRow(served.application.input, request.input, request.inputPath);
  if (isFailure(row)) return refused(deps, served, row);
  const badEntity = entityProblem(request.entity);
  if (badEntity !== undefined) return refused(deps, served, badEntity);
  const deadlineMs = absoluteDeadline(deps, served.application, request);
  if (isFailure(deadlineMs)) return refused(deps, served, deadlineMs);

  const selected = served.policy.select(served.application.links);
  const members = selected.map(({ member }) => served.members[member]).filter((member) => member !== undefined);
  const askedMs = deps.clock.nowMs();
  const { priority } = request;
  const pressed = deps.pressure.refusal(priority);
  const gathered =
    pressed === undefined
      ? await gather(deps.clock, members, { row, deadlineMs, priority }, request.caller)
      : shed(members, pressed);
  if (request.caller?.hasLeft === true) return abandoned(deps, served);
  const explanation = request.explain ? explain(deps, request, askedMs, deadlineMs) : undefined;
  const combined = combine(deps, served, request, gathered, explanation);
  deps.metrics.record(served.application, combined, deps.clock.nowMs() - request.arrivalMs);
  return combined;
}

function unknownApplication(catalogue: Catalogue, name: string): Failure {
  const known = catalogue.names().slice(0, 10).join(", ");
  return failure("NOT_FOUND", `application "${name.slice(0, 80)}" does not exist; known: ${known || "none yet"}`);
}

/** Nobody reads it: it is neither an answer nor a failure of ours. */
function abandoned(deps: PredictDependencies, { application }: ServedApplication): Failure {
  deps.metrics.recordAbandoned(application);
  return failure("DEADLINE_EXCEEDED", "the caller has left");
}

function refused(deps: PredictDependencies, served: ServedApplication, why: Failure): Failure {
  deps.metrics.recordFailure(served.application, why);
  return why;
}

/** An entity that a receipt could not carry, or the database could not hold, is refused before anything is predicted for it. */
function entityProblem(entity: string | undefined): Failure | undefined {
  if (entity === undefined) return undefined;
  if (entity.length > MAX_ENTITY_CHARACTERS) {
    return badInput(["entity"], `at most ${MAX_ENTITY_CHARACTERS} characters`, String(entity.length));
  }
  if (entity.isWellFormed() && !/\p{Cc}/u.test(entity)) return undefined;
  return badInput(["entity"], "well-formed text without control characters", JSON.stringify(entity));
}

/** The deadline is absolute: arrival plus what the caller and the application allow, less the margin to render. */
function absoluteDeadline(
  deps: PredictDependencies,
  application: Application,
  { deadlineMs, priority, arrivalMs }: PredictRequest,
): number | Failure {
  if (deadlineMs !== undefined && !(deadlineMs > 0)) {
    return failure("BAD_INPUT", `deadlineMs: expected more than 0, got ${deadlineMs}`, { path: ["deadlineMs"] });
  }
  const mostMs = priority === "BULK" ? application.bulkDeadlineMs : application.sloMs;
  const allowedMs = Math.min(deadlineMs ?? Infinity, mostMs);
  return arrivalMs + allowedMs - Math.min(deps.answerMarginMs(), allowedMs / 2);
}

function combine(
  deps: PredictDependencies,
  served: ServedApplication,
  request: PredictRequest,
  gathered: Gathered,
  explanation: Explanation | undefined,
): Prediction | Failure {
  const { application, policy } = served;
  const { present, missing } = gathered;
  if (present.length > 0) {
    const votes: Vote[] = present.map((member) => ({ weight: weightOf(served, member), output: member.output }));
    const missingWeight = missing.reduce((sum, member) => sum + weightOf(served, member), 0);
    const { output, confidence } = policy.combine(application.output, votes, missingWeight);
    const source = sourceOf(gathered);
    return answer(deps, application, request, gathered, output, confidence, source, undefined, explanation);
  }
  const { defaultOutput } = application;
  if (defaultOutput === undefined) return typedFailure(application, missing);
  const reason = reasonFor(missing);
  return answer(deps, application, request, gathered, defaultOutput, undefined, "DEFAULT", reason, explanation);
}

/** All members missing, without asking them. */
function shed(members: readonly Member[], message: string): Gathered {
  const missing = members.map(
    ({ model, version }) => ({ model, version, code: "OVERLOADED", message, retryAfterMs: PRESSURE_RETRY_MS }) as const,
  );
  return { present: [], missing };
}

function explain(
  { clock }: PredictDependencies,
  { arrivalMs }: PredictRequest,
  askedMs: number,
  deadlineMs: number,
): Explanation {
  return {
    askedMs: askedMs - arrivalMs,
    gatheredMs: clock.nowMs() - arrivalMs,
    deadlineMs: deadlineMs - arrivalMs,
  };
}

/** In one literal, since every answer is one: copying a half-made one costs more than all the rest of it. */
function answer(
  deps: PredictDependencies,
  application: Application,
  request: PredictRequest,
  { present, missing }: Gathered,
  output: Output,
  confidence: number | undefined,
  source: PredictionSource,
  defaultReason: DefaultReason | undefined,
  explanation: Explanation | undefined,
): Prediction {
  return {
    kind: "prediction",
    id: deps.newPredictionId(),
    application: application.name,
    policyVersion: application.policyVersion,
    entity: request.entity,
    output,
    confidence,
    source,
    defaultReason,
    models: present,
    modelsMissing: missing,
    latencyMs: deps.clock.nowMs() - request.arrivalMs,
    explanation,
    atMs: deps.clock.wallMs(),
  };
}

function weightOf(served: ServedApplication, { model }: { readonly model: string }): number {
  for (const member of served.members) if (member.model === model) return member.weight;
  return 0;
}

function sourceOf({ present, missing }: Gathered): PredictionSource {
  if (missing.length > 0) return "PARTIAL";
  if (present.some((member) => member.source === "APPROXIMATE")) return "APPROXIMATE";
  if (present.every((member) => member.source === "CACHE")) return "CACHE";
  return present.length > 1 ? "ENSEMBLE" : "MODEL";
}

/** The most telling of the members' failures: a model that erred says more than one that was merely late. */
const TELLING: readonly MemberFailureCode[] = [
  "MODEL_BAD_OUTPUT",
  "MODEL_ERROR",
  "OVERLOADED",
  "DEADLINE_EXCEEDED",
  "NO_REPLICA",
  // Another member may still answer, if the query comes again.
  "POISON",
];

const REASONS: Readonly<Record<MemberFailureCode, DefaultReason>> = {
  POISON: "MODEL_ERROR",
  MODEL_BAD_OUTPUT: "MODEL_ERROR",
  MODEL_ERROR: "MODEL_ERROR",
  OVERLOADED: "OVERLOADED",
  DEADLINE_EXCEEDED: "DEADLINE",
  NO_REPLICA: "NO_REPLICA",
};

const CODES: Readonly<Record<MemberFailureCode, FailureCode>> = {
  POISON: "BAD_INPUT",
  MODEL_BAD_OUTPUT: "MODEL_BAD_OUTPUT",
  MODEL_ERROR: "MODEL_UNAVAILABLE",
  OVERLOADED: "OVERLOADED",
  DEADLINE_EXCEEDED: "DEADLINE_EXCEEDED",
  NO_REPLICA: "MODEL_UNAVAILABLE",
};

function mostTelling(missing: readonly MemberMissing[]): MemberMissing | undefined {
  for (const code of TELLING) {
    const found = missing.find((member) => member.code === code);
    if (found !== undefined) return found;
  }
  return undefined;
}

function reasonFor(missing: readonly MemberMissing[]): DefaultReason {
  const telling = mostTelling(missing);
  return telling === undefined ? "NO_REPLICA" : REASONS[telling.code];
}

function typedFailure(application: Application, missing: readonly MemberMissing[]): Failure {
  const telling = mostTelling(missing);
  if (telling === undefined) {
    const remedy = "link one with the linkModel mutation";
    return failure("MODEL_UNAVAILABLE", `application "${application.name}" has no usable model; ${remedy}`);
  }
  const code = CODES[telling.code];
  const retryAfterMs = telling.retryAfterMs ?? (RETRY_LATER.has(code) ? RETRY_MS : undefined);
  return failure(code, telling.message, retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** Where nobody foresees when it may go better: a wrapper that died is restarted and linked within a second. */
const RETRY_MS = 1000;
const RETRY_LATER: ReadonlySet<FailureCode> = new Set(["OVERLOADED", "MODEL_UNAVAILABLE"]);
