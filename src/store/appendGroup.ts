import { FailureError, failure } from "../domain/failure.js";
import type { AppendedObservation, KeptState, StateReading, StateRef } from "../domain/learningPorts.js";
import type { Superseded } from "../domain/storePorts.js";
import { unsafeCommitSetting } from "./commitSettings.js";
import type { CommitSettings } from "./commitSettings.js";
import type { SqlRunner } from "./database.js";
import type { GroupFold } from "./groupFold.js";
import { ensureHead, lockHead } from "./headStatements.js";
import type { ObservationRow } from "./observationRows.js";
import { appendObservations, beginAppend, markSuperseded } from "./observationStatements.js";
import type { AppendedRow, SupersededRow } from "./observationStatements.js";
import { fromBirthJson, packStates, refsJson, stateReading, wantedJson } from "./stateRows.js";
import { readStates, setRebuildPending, writeStates } from "./stateStatements.js";

/** Observations of one application that go in one transaction, in their order. */
export interface Group {
  readonly application: string;
  readonly rows: readonly ObservationRow[];
}

export interface AppendedGroup {
  readonly appended: readonly AppendedRow[];
  /** By the seq of the correction. */
  readonly superseded: ReadonlyMap<number, Superseded>;
}

/** Observations after a kept state that one reading brings. */
export const TAIL_ROWS = 5_000;
/** Observations that are folded again inside the transaction of a correction; with more the state waits for a job. */
export const REFOLD_ROWS = 2_000;

const NOTHING_SUPERSEDED: ReadonlyMap<number, Superseded> = new Map();

/**
 * The statements of one transaction. First the lock, then everything that depends on it: states are read, duplicates
 * recognised and places given under the head's lock, so whatever this process knew before can be stale without harm.
 */
export function appendGroup(tx: SqlRunner, group: Group, fold: GroupFold): Promise<AppendedGroup> {
  const corrects = group.rows.some(({ observation }) => observation.supersedes !== undefined);
  return corrects ? appendCorrections(tx, group, fold) : appendPlain(tx, group, fold);
}

/** Two round trips: all up to the fold is sent together, then the states. */
async function appendPlain(tx: SqlRunner, group: Group, fold: GroupFold): Promise<AppendedGroup> {
  const { application } = group;
  const wanted = fold.wanted(group.rows.map(({ observation }) => observation));
  const [settings, , , readings, appended] = await Promise.all([
    beginAppend(tx),
    ensureHead(tx, application),
    lockHead(tx, application),
    wanted.length === 0 ? [] : readStates(tx, application, wantedJson(wanted), null, TAIL_ROWS),
    appendObservations(tx, application, groupJson(group)),
  ]);
  requireSafe(settings);
  const before = readings.map((row, index) => stateReading(wanted[index] as StateRef, row, TAIL_ROWS));
  await writeAll(tx, application, await fold.fold(before, freshOf(group, appended)));
  return { appended, superseded: NOTHING_SUPERSEDED };
}

/**
 * With corrections, which are rare: the corrected rows are marked after the new ones are appended, and the states that
 * had learned from them are read from their birth, as the log now says. `head` keeps what was just appended out of the
 * readings, since it is given to the fold by itself.
 */
async function appendCorrections(tx: SqlRunner, group: Group, fold: GroupFold): Promise<AppendedGroup> {
  const { application } = group;
  const [settings, , head = 0] = await Promise.all([
    beginAppend(tx),
    ensureHead(tx, application),
    lockHead(tx, application),
  ]);
  requireSafe(settings);
  const appended = await appendObservations(tx, application, groupJson(group));
  const fresh = freshOf(group, appended);
  const marked = await markSuperseded(tx, application, correctionsJson(fresh));
  const affected = await readFromBirth(tx, application, marked, head);
  const refolded = affected.filter(({ complete }) => complete);
  const others = await readOthers(tx, group, fold, refolded, head);
  const writes = await fold.fold([...others, ...refolded], fresh);
  await writeAll(tx, application, writes);
  const written = new Set(writes.map(stateKey));
  const isLeft = (state: StateReading): boolean => !state.anew && !(state.complete && written.has(stateKey(state)));
  const left = affected.filter(isLeft);
  await setRebuildPending(tx, application, refsJson(left), true);
  await setRebuildPending(tx, application, refsJson(refolded.filter((state) => !isLeft(state))), false);
  return { appended, superseded: supersededBy(marked, new Set(left.map(stateKey))) };
}

async function readFromBirth(
  tx: SqlRunner,
  application: string,
  marked: readonly SupersededRow[],
  untilSeq: number,
): Promise<readonly StateReading[]> {
  const refs = [...new Map(marked.flatMap(affectedBy).map((ref) => [stateKey(ref), ref])).values()];
  const rows = await readStates(tx, application, fromBirthJson(refs), untilSeq, REFOLD_ROWS);
  return rows.map((row, index) => stateReading(refs[index] as StateRef, row, REFOLD_ROWS));
}

/** What the learner wants beside what is folded again from birth anyway. */
async function readOthers(
  tx: SqlRunner,
  { application, rows }: Group,
  fold: GroupFold,
  refolded: readonly StateReading[],
  untilSeq: number,
): Promise<readonly StateReading[]> {
  const again = new Set(refolded.map(stateKey));
  const wanted = fold.wanted(rows.map(({ observation }) => observation)).filter((state) => !again.has(stateKey(state)));
  const read = await readStates(tx, application, wantedJson(wanted), untilSeq, TAIL_ROWS);
  return read.map((row, index) => stateReading(wanted[index] as StateRef, row, TAIL_ROWS));
}

async function writeAll(tx: SqlRunner, application: string, writes: readonly KeptState[]): Promise<void> {
  if (writes.length > 0) await writeStates(tx, application, packStates(writes));
}

function requireSafe(settings: CommitSettings | undefined): void {
  const unsafe = settings === undefined ? "unknown settings" : unsafeCommitSetting(settings);
  if (unsafe === undefined) return;
  throw new FailureError(failure("STORE_UNAVAILABLE", `observations would not survive a power cut with ${unsafe}`));
}

function groupJson({ rows }: Group): string {
  return `[${rows.map((row) => row.json).join(",")}]`;
}

function freshOf({ rows }: Group, appended: readonly AppendedRow[]): readonly AppendedObservation[] {
  const fresh: AppendedObservation[] = [];
  for (const { ord, seq, duplicate, refusal } of appended) {
    const observation = rows[ord - 1]?.observation;
    if (observation !== undefined && seq !== null && !duplicate && refusal === null) fresh.push({ observation, seq });
  }
  return fresh.sort((a, b) => a.seq - b.seq);
}

function correctionsJson(fresh: readonly AppendedObservation[]): string {
  const corrections = fresh.filter(({ observation }) => observation.supersedes !== undefined);
  return JSON.stringify(
    corrections.map(({ seq, observation }) => ({
      seq,
      receipt_id: observation.receiptId,
      key: observation.supersedes,
    })),
  );
}

/** The states that had learned from a row: of its entity and of the population, under each version. */
function affectedBy({ entity, learnedBy }: SupersededRow): readonly StateRef[] {
  const entities = entity === null ? [""] : [entity, ""];
  return learnedBy.flatMap((policyVersion) => entities.map((each) => ({ policyVersion, entity: each })));
}

function stateKey({ policyVersion, entity }: StateRef): string {
  return `${policyVersion} ${entity}`;
}

function supersededBy(marked: readonly SupersededRow[], left: ReadonlySet<string>): ReadonlyMap<number, Superseded> {
  const isLeft = (ref: StateRef): boolean => left.has(stateKey(ref));
  return new Map(
    marked.map((row) => [row.supersededBy, { seq: row.seq, rebuildPending: affectedBy(row).some(isLeft) }]),
  );
}
