import type { PolicyVersion } from "../domain/application.js";
import { badInput, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { FeedbackLog, LoggedObservation, StateStore } from "../domain/learningPorts.js";

import type { LoggedPrediction, PredictionCursor, PredictionLog } from "../domain/predictionLogPorts.js";

export interface ExportSources {
  readonly log: FeedbackLog;
  readonly states: Pick<StateStore, "read">;
  readonly predictions: Pick<PredictionLog, "ofEntity">;
  /** Of the application; none if it was deleted, whose log is still there. */
  readonly versions: readonly PolicyVersion[];
}

export interface ExportRequest {
  readonly application: string;
  readonly entity: string;
  readonly afterSeq: number;
  /** As `endPrediction` of the page before; undefined: from the first. */
  readonly afterPrediction: string | undefined;
  /** At most so many observations, and as many predictions. */
  readonly first: number;
}

export interface EntityExport {
  /** Observations, predictions and states, for whoever they are about. */
  readonly json: string;
  readonly observations: number;
  readonly predictions: number;
  /** Of the last observation: what comes after it is the next page's. */
  readonly endSeq: number;
  /** Of the last prediction, likewise; undefined before the first. */
  readonly endPrediction: string | undefined;
  readonly hasMore: boolean;
  /** Nothing is on this page. */
  readonly isEmpty: boolean;
}

export const MAX_EXPORTED = 1_000;

/** The beginning of predictions, which have a time and an id. */
const FIRST_PREDICTION: PredictionCursor = { atMs: 0, id: "" };

/**
 * What is kept of one entity: a page of its observations (corrected ones too) and of its logged predictions, and its
 * states, whose bytes are as the database has them.
 */
export async function exportEntity(sources: ExportSources, request: ExportRequest): Promise<EntityExport | Failure> {
  const { application, entity, first } = request;
  if (!(first >= 1 && first <= MAX_EXPORTED)) return badInput(["first"], `1 to ${MAX_EXPORTED}`, String(first));
  const after = cursorOf(request.afterPrediction);
  if (isFailure(after)) return after;
  const rows = await firstRows(sources.log, request);
  const logged = await sources.predictions.ofEntity(application, entity, after, first + 1);
  const observations = rows.slice(0, first).map(exported);
  const predictions = logged.slice(0, first);
  const last = predictions.at(-1);
  const states = await keptStates(sources, application, entity);
  const exportedPredictions = predictions.map(exportedPrediction);
  return {
    json: JSON.stringify({ application, entity, observations, predictions: exportedPredictions, states }),
    observations: observations.length,
    predictions: predictions.length,
    endSeq: rows.slice(0, first).at(-1)?.seq ?? request.afterSeq,
    endPrediction: last === undefined ? request.afterPrediction : `${last.predictedAtMs} ${last.id}`,
    hasMore: rows.length > first || logged.length > first,
    isEmpty: rows.length + logged.length + states.length === 0,
  };
}

function cursorOf(given: string | undefined): PredictionCursor | Failure {
  if (given === undefined) return FIRST_PREDICTION;
  const [, atMs, id] = /^(\d+(?:\.\d+)?) (\S{1,255})$/.exec(given) ?? [];
  if (atMs === undefined || id === undefined) {
    return badInput(["afterPrediction"], "endPrediction of the page before", given.slice(0, 80));
  }
  return { atMs: Number(atMs), id };
}

/** One more than asked for, if there are: then there is another page. */
async function firstRows(log: FeedbackLog, request: ExportRequest): Promise<readonly LoggedObservation[]> {
  const { application, entity, afterSeq, first } = request;
  for await (const page of log.read(application, { afterSeq, entity, withSuperseded: true }, first + 1)) return page;
  return [];
}

function exported({ entity: _, observedAtMs, ...row }: LoggedObservation): object {
  return { ...row, observedAt: new Date(observedAtMs).toISOString() };
}

function exportedPrediction({ application: _, entity: _of, input, ...prediction }: LoggedPrediction): object {
  const { predictedAtMs, shownAtMs, ...rest } = prediction;
  const shownAt = shownAtMs === undefined ? undefined : new Date(shownAtMs).toISOString();
  const inputBase64 = input && base64(input);
  return { ...rest, predictedAt: new Date(predictedAtMs).toISOString(), shownAt, input: inputBase64 };
}

async function keptStates({ states, versions }: ExportSources, application: string, entity: string): Promise<object[]> {
  const wanted = versions.map(({ version }) => ({ policyVersion: version, entity, knownSeq: undefined }));
  const readings = wanted.length === 0 ? [] : await states.read(application, wanted);
  return readings.flatMap(({ kept }) => {
    if (kept === undefined) return [];
    const { policyVersion, seq, birthSeq, birth, state } = kept;
    return [{ policyVersion, seq, birthSeq, birth: base64(birth), state: base64(state) }];
  });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64");
}
