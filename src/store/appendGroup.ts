import { FailureError, failure } from "../domain/failure.js";
import { stateKey } from "../domain/learningPorts.js";
import type { AppendedObservation, StateReading, StateRef, WantedState } from "../domain/learningPorts.js";
import type { Superseded } from "../domain/storePorts.js";
import { unsafeCommitSetting } from "./commitSettings.js";
import type { CommitSettings } from "./commitSettings.js";
import { countGroup } from "./countGroup.js";
import type { CountedPlace } from "./countGroup.js";
import type { SqlRunner } from "./database.js";
import type { GroupLearning, ToWrite } from "./groupLearning.js";
import { appendEvents, lockHead } from "./headStatements.js";
import type { ObservationRow } from "./observationRows.js";
import { appendAllNew, appendObservations, beginAppend, markSuperseded } from "./observationStatements.js";
import type { AppendedRow, AppendedRows, SupersededRow } from "./observationStatements.js";
import { fromBirthJson, noNews, packStates, refsJson, stateReadings, wantedJson } from "./stateRows.js";
import { readStates, setRebuildPending, writeStates } from "./stateStatements.js";
import type { Ending } from "./transaction.js";

/** Observations of one application that go in one transaction, in their order. */
export interface Group {
  readonly application: string;
  readonly rows: readonly ObservationRow[];
  /** Of the process, for those who hear of the commit. */
  readonly origin: string;
}

export interface AppendedGroup {
  readonly appended: readonly AppendedRow[];
  /** By the seq of the correction. */
  readonly superseded: ReadonlyMap<number, Superseded>;
  /** Where the group's rows went that come to count beside others; undefined: all are at their own places. */
  readonly places?: readonly CountedPlace[];
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
export function appendGroup(tx: SqlRunner, group: Group, fold: GroupLearning): Promise<Ending<AppendedGroup>> {
  const counts = group.rows.some(({ observation }) => observation.counting !== undefined);
  return counts ? appendCounted(tx, group, fold) : appendRows(tx, group, fold);
}

/** One round trip more: what the rows are to be is decided from the log before they are appended. */
async function appendCounted(tx: SqlRunner, group: Group, fold: GroupLearning): Promise<Ending<AppendedGroup>> {
  const { application, rows } = group;
  const [settings] = await Promise.all([beginAppend(tx, application), lockHead(tx, application)]);
  requireSafe(settings);
  const counted = await countGroup(tx, application, rows);
  const { places } = counted;
  if (counted.rows.length === 0) {
    return { value: { appended: [], superseded: NOTHING_SUPERSEDED, places }, last: Promise.resolve() };
  }
  const { value, last } = await appendRows(tx, { ...group, rows: counted.rows }, fold);
  return { value: { ...value, places }, last };
}

function appendRows(tx: SqlRunner, group: Group, fold: GroupLearning): Promise<Ending<AppendedGroup>> {
  const corrects = group.rows.some(({ observation }) => observation.supersedes !== undefined);
  return corrects ? appendCorrections(tx, group, fold) : appendPlain(tx, group, fold);
}

/**
 * In one round trip, a statement that is a transaction by itself, what nearly all groups are: new, and the log ends where the
 * learner knows it to end. Undefined, and nothing stored, where that is not so, or where the group brought to light more than
 * its states: then it goes the long way.
 */
export async function appendAtOnce(
  sql: SqlRunner,
  group: Group,
  fold: GroupLearning,
): Promise<AppendedGroup | undefined> {
  const { rows } = group;
  if (rows.some(({ observation }) => observation.supersedes !== undefined || observation.counting !== undefined))
    return;
  const wanted = fold.wanted(rows.map(({ observation }) => observation));
  const head = wanted[0]?.currentAt;
  if (head === undefined || wanted.some(({ currentAt }) => currentAt !== head)) return;
  const supposed = supposedRows(group, head);
  const { writes, events, rebuilds } = await fold.foldAhead(wanted.map(noNews), supposed);
  if (events.length > 0 || rebuilds.length > 0) return;
  if (!(await appendAllNew(sql, groupRows(group), head, packStates(writes)))) return;
  fold.takeAhead();
  return { appended: supposed.map(asAppended), superseded: NOTHING_SUPERSEDED };
}

function asAppended({ observation, seq }: AppendedObservation, i: number): AppendedRow {
  const told = { duplicate: false, same: true, refusal: null, withheld: observation.withheld ?? null };
  return { ord: i + 1, seq, ...told };
}

/**
 * Two round trips: all up to the fold is sent together, then the states with COMMIT behind them. A third one where
 * others have appended since the learner last knew where the log ends.
 */
async function appendPlain(tx: SqlRunner, group: Group, fold: GroupLearning): Promise<Ending<AppendedGroup>> {
  const { application } = group;
  const wanted = fold.wanted(group.rows.map(({ observation }) => observation));
  const asked = wanted.filter(({ currentAt }) => currentAt === undefined);
  const [settings, head = 0, readings, appended] = await Promise.all([
    beginAppend(tx, application),
    lockHead(tx, application),
    asked.length === 0 ? [] : readStates(tx, application, wantedJson(asked), null, TAIL_ROWS),
    appendObservations(tx, groupRows(group)),
  ]);
  requireSafe(settings);
  const others = await readUnlessCurrent(tx, application, wanted, head);
  const before = [...stateReadings(asked, readings, TAIL_ROWS), ...others];
  const learned = await fold.fold(before, freshOf(group, appended));
  return { value: { appended, superseded: NOTHING_SUPERSEDED }, last: writeAll(tx, application, learned) };
}

/**
 * With corrections, which are rare: the corrected rows are marked after the new ones are appended, and the states that
 * had learned from them are read from their birth, as the log now says. `head` keeps what was just appended out of the
 * readings, since it is given to the fold by itself.
 */
async function appendCorrections(tx: SqlRunner, group: Group, fold: GroupLearning): Promise<Ending<AppendedGroup>> {
  const { application } = group;
  const [settings, head = 0] = await Promise.all([beginAppend(tx, application), lockHead(tx, application)]);
  requireSafe(settings);
  const appended = await appendObservations(tx, groupRows(group));
  const fresh = freshOf(group, appended);
  const marked = await markSuperseded(tx, application, correctionsJson(fresh));
  const affected = await readFromBirth(tx, application, marked, head);
  const refolded = affected.filter(({ complete }) => complete);
  const others = await readOthers(tx, group, fold, refolded, head);
  const learned = await fold.fold([...others, ...refolded], fresh);
  const written = new Set(learned.writes.map(stateKey));
  const isLeft = (state: StateReading): boolean => !state.anew && !(state.complete && written.has(stateKey(state)));
  const left = affected.filter(isLeft);
  await setRebuildPending(tx, application, refsJson(left), true);
  await setRebuildPending(tx, application, refsJson(refolded.filter((state) => !isLeft(state))), false);
  const superseded = supersededBy(marked, new Set(left.map(stateKey)));
  return { value: { appended, superseded }, last: writeAll(tx, application, learned) };
}

/** Of those that the asker has while the log ends where it says. What was just appended is behind `head`, and left out. */
async function readUnlessCurrent(
  tx: SqlRunner,
  application: string,
  wanted: readonly WantedState[],
  head: number,
): Promise<readonly StateReading[]> {
  const current = wanted.filter(({ currentAt }) => currentAt === head);
  const behind = wanted.filter(({ currentAt }) => currentAt !== undefined && currentAt !== head);
  if (behind.length === 0) return current.map(noNews);
  const rows = await readStates(tx, application, wantedJson(behind), head, TAIL_ROWS);
  return [...current.map(noNews), ...stateReadings(behind, rows, TAIL_ROWS)];
}

async function readFromBirth(
  tx: SqlRunner,
  application: string,
  marked: readonly SupersededRow[],
  untilSeq: number,
): Promise<readonly StateReading[]> {
  const refs = [...new Map(marked.flatMap(affectedBy).map((ref) => [stateKey(ref), ref])).values()];
  const rows = await readStates(tx, application, fromBirthJson(refs), untilSeq, REFOLD_ROWS);
  return stateReadings(refs, rows, REFOLD_ROWS);
}

/** What the learner wants beside what is folded again from birth anyway. */
async function readOthers(
  tx: SqlRunner,
  { application, rows }: Group,
  fold: GroupLearning,
  refolded: readonly StateReading[],
  untilSeq: number,
): Promise<readonly StateReading[]> {
  const again = new Set(refolded.map(stateKey));
  const wanted = fold.wanted(rows.map(({ observation }) => observation)).filter((state) => !again.has(stateKey(state)));
  const read = await readStates(tx, application, wantedJson(wanted), untilSeq, TAIL_ROWS);
  return stateReadings(wanted, read, TAIL_ROWS);
}

/** Sent together: one round trip. */
async function writeAll(tx: SqlRunner, application: string, { writes, events, rebuilds }: ToWrite): Promise<void> {
  await Promise.all([
    writes.length > 0 && writeStates(tx, application, packStates(writes)),
    events.length > 0 && appendEvents(tx, application, JSON.stringify(events)),
    rebuilds.length > 0 && setRebuildPending(tx, application, refsJson(rebuilds), true),
  ]);
}

function requireSafe(settings: CommitSettings | undefined): void {
  const unsafe = settings === undefined ? "unknown settings" : unsafeCommitSetting(settings);
  if (unsafe === undefined) return;
  throw new FailureError(failure("STORE_UNAVAILABLE", `observations would not survive a power cut with ${unsafe}`));
}

function groupRows({ application, rows, origin }: Group): AppendedRows {
  return { application, rowsJson: `[${rows.map((row) => row.json).join(",")}]`, origin };
}

function freshOf({ rows }: Group, appended: readonly AppendedRow[]): readonly AppendedObservation[] {
  const fresh: AppendedObservation[] = [];
  for (const { ord, seq, duplicate, refusal } of appended) {
    const observation = rows[ord - 1]?.observation;
    if (observation !== undefined && seq !== null && !duplicate && refusal === null) fresh.push({ observation, seq });
  }
  return fresh.sort((a, b) => a.seq - b.seq);
}

/** The group at its places in a log that ends at `head`, if all of it is new. */
function supposedRows({ rows }: Group, head: number): readonly AppendedObservation[] {
  return rows.map(({ observation }, i) => ({ observation, seq: head + 1 + i }));
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

function supersededBy(marked: readonly SupersededRow[], left: ReadonlySet<string>): ReadonlyMap<number, Superseded> {
  const isLeft = (ref: StateRef): boolean => left.has(stateKey(ref));
  return new Map(
    marked.map((row) => [row.supersededBy, { seq: row.seq, rebuildPending: affectedBy(row).some(isLeft) }]),
  );
}
