import type { CountedAs, NewObservation } from "../domain/storePorts.js";
import { isFailure } from "../domain/failure.js";
import { countReward } from "./countReward.js";
import type { CountedReward, PredictionRewards } from "./countReward.js";
import type { SqlRunner } from "./database.js";
import { observationRow } from "./observationRows.js";
import type { ObservationRow } from "./observationRows.js";
import { selectRewards, upsertWaiting } from "./rewardStatements.js";
import type { FoundRewards, WaitingRow } from "./rewardStatements.js";

/** A group as it is to be appended, and where in it each of the given rows is now. */
export interface CountedGroup {
  readonly rows: readonly ObservationRow[];
  /** In the order of the given rows. */
  readonly places: readonly CountedPlace[];
}

export interface CountedPlace {
  /** Of the row in the group to append, from 1, and of the one that follows from it, which corrects a total. */
  readonly ord: number | undefined;
  readonly totalOrd: number | undefined;
  /** Nothing is appended for it: of the row that counts already, 0 for none. */
  readonly knownSeq: number;
  /** Its prediction's entity was deleted. */
  readonly isDeleted: boolean;
  /** Undefined for a row that counts by itself. */
  readonly counted: CountedAs | undefined;
}

/**
 * Rewards that depend on others of their prediction become what they are to be in the log. Under the log's lock, of which
 * all of this is a function. Each row finds those before it in its group as if they were in the log.
 */
export async function countGroup(
  tx: SqlRunner,
  application: string,
  given: readonly ObservationRow[],
): Promise<CountedGroup> {
  const found = await readRewards(tx, application, given);
  const counted = given.map(({ observation }) => countNext(observation, found));
  const marks = given.flatMap(({ observation }, index) => markOf(observation, counted[index]));
  const marked = new Set(marks.length === 0 ? [] : await upsertWaiting(tx, application, onlyOnce(marks)));
  const deleted = new Set(marks.map(({ id }) => id).filter((id) => !marked.has(id)));
  const rows: ObservationRow[] = [];
  const places = given.map((row, index) => {
    const isDeleted = deleted.has(row.observation.receiptId);
    return isDeleted ? { ...NOWHERE, isDeleted } : placeOf(row, counted[index], rows);
  });
  return { rows, places };
}

async function readRewards(
  tx: SqlRunner,
  application: string,
  given: readonly ObservationRow[],
): Promise<Map<string, PredictionRewards>> {
  const asked = new Map<string, number>();
  for (const { observation } of given) {
    if (observation.counting !== undefined) asked.set(observation.receiptId, observation.predictedAtMs);
  }
  const predictions = [...asked].map(([id, predictedMs]) => ({ id, predictedMs }));
  return new Map((await selectRewards(tx, application, predictions)).map((row) => [row.id, rewardsOf(row)]));
}

interface Counted extends CountedReward {
  /** Of what counts already, 0 for nothing. */
  readonly knownSeq: number;
}

function countNext(observation: NewObservation, found: Map<string, PredictionRewards>): Counted | undefined {
  const { counting, receiptId } = observation;
  if (counting === undefined) return undefined;
  const before = found.get(receiptId) ?? NOTHING_FOUND;
  const counted = countReward(observation, counting, before);
  const known = before.rows.find((row) => row.counts && row.supersededBy === undefined);
  found.set(receiptId, counted.rows.reduce(withRow, before));
  return { ...counted, knownSeq: known?.seq ?? 0 };
}

/** As if it was in the log: its real place is not known yet, only that it comes last. */
function withRow(
  before: PredictionRewards,
  { key, counts = true, learnedBy, supersedes, truth, withheld }: NewObservation,
): PredictionRewards {
  if (before.rows.some((row) => row.key === key)) return before;
  const seq = (before.rows.at(-1)?.seq ?? 0) + 1;
  const reward = truth.kind === "REWARD" ? truth.reward : undefined;
  const rows = before.rows.map((old) => (old.key === supersedes ? { ...old, supersededBy: seq } : old));
  const row = { seq, key, counts, supersededBy: undefined, learnedBy };
  return { ...before, rows: [...rows, { ...row, isWithheld: withheld !== undefined, reward }] };
}

/** Several rewards of one prediction wait together. */
function onlyOnce(marks: readonly WaitingRow[]): readonly WaitingRow[] {
  return [...new Map(marks.map((mark) => [mark.id, mark])).values()];
}

const NOTHING_FOUND: PredictionRewards = { rows: [], shownAtMs: undefined };

function rewardsOf({ rows, shownAtMs }: FoundRewards): PredictionRewards {
  const found = rows ?? [];
  return {
    rows: found.map(([seq, key, counts, supersededBy, learnedBy, reward, isWithheld]) => ({
      ...{ seq, key, counts, learnedBy, isWithheld },
      supersededBy: supersededBy ?? undefined,
      reward: reward ?? undefined,
    })),
    shownAtMs: shownAtMs ?? undefined,
  };
}

/** What is to be noted of a prediction in its own log. */
function markOf(observation: NewObservation, counted: CountedReward | undefined): readonly WaitingRow[] {
  const { receiptId: id, predictedAtMs: predictedMs, policyVersion, entity, evidence, counting } = observation;
  const shownAtMs = counting?.kind === "ACTIVATION" ? counting.shownAtMs : undefined;
  const waitsFromMs = counted?.waitsFromMs;
  if (shownAtMs === undefined && waitsFromMs === undefined) return [];
  return [{ id, predictedMs, policyVersion, entity, evidence, shownAtMs, waitsFromMs }];
}

const NOWHERE = { ord: undefined, totalOrd: undefined, knownSeq: 0, isDeleted: false, counted: undefined };

/** Puts what becomes of a row at the end of `rows`. */
function placeOf(given: ObservationRow, counted: Counted | undefined, rows: ObservationRow[]): CountedPlace {
  if (counted === undefined) return { ...NOWHERE, ord: rows.push(given) };
  const [ord, totalOrd] = counted.rows.map((row) => rows.push(row === given.observation ? given : encoded(row)));
  const { standing, learnedBy, knownSeq } = counted;
  return { ...NOWHERE, ord, totalOrd, knownSeq, counted: { standing, learnedBy, key: counted.rows[0]?.key } };
}

/** What was encoded as it was given can be encoded with another reward in the declared range. */
function encoded(observation: NewObservation): ObservationRow {
  const row = observationRow(observation);
  if (isFailure(row)) throw new Error(row.message);
  return row;
}
