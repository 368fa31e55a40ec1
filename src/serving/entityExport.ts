import type { PolicyVersion } from "../domain/application.js";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { FeedbackLog, LoggedObservation, StateStore } from "../domain/learningPorts.js";

export interface ExportSources {
  readonly log: FeedbackLog;
  readonly states: Pick<StateStore, "read">;
  /** Of the application; none if it was deleted, whose log is still there. */
  readonly versions: readonly PolicyVersion[];
}

export interface ExportRequest {
  readonly application: string;
  readonly entity: string;
  readonly afterSeq: number;
  /** At most so many observations. */
  readonly first: number;
}

export interface EntityExport {
  /** Observations and states, for whoever they are about. */
  readonly json: string;
  readonly observations: number;
  /** Of the last observation: what comes after it is the next page's. */
  readonly endSeq: number;
  readonly hasMore: boolean;
}

export const MAX_EXPORTED = 1_000;

/** What is kept of one entity: a page of its observations, and its states, whose bytes are as the database has them. */
export async function exportEntity(sources: ExportSources, request: ExportRequest): Promise<EntityExport | Failure> {
  const { application, entity, first } = request;
  if (!(first >= 1 && first <= MAX_EXPORTED)) return badInput(["first"], `1 to ${MAX_EXPORTED}`, String(first));
  const rows = await firstRows(sources.log, request);
  const observations = rows.slice(0, first);
  const states = await keptStates(sources, application, entity);
  return {
    json: JSON.stringify({ application, entity, observations: observations.map(exported), states }),
    observations: observations.length,
    endSeq: observations.at(-1)?.seq ?? request.afterSeq,
    hasMore: rows.length > first,
  };
}

/** One more than asked for, if there are: then there is another page. */
async function firstRows(log: FeedbackLog, request: ExportRequest): Promise<readonly LoggedObservation[]> {
  const { application, entity, afterSeq, first } = request;
  for await (const page of log.read(application, { afterSeq, entity }, first + 1)) return page;
  return [];
}

function exported({ entity: _, observedAtMs, ...row }: LoggedObservation): object {
  return { ...row, observedAt: new Date(observedAtMs).toISOString() };
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
