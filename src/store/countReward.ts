import { DEFAULT_REWARD_KEY, TOTAL_KEY, aggregateReward } from "../domain/rewardRules.js";
import type { Counting, RewardRule, Standing } from "../domain/rewardRules.js";
import type { NewObservation } from "../domain/storePorts.js";

/** What the log has of one prediction, read under its lock. */
export interface PredictionRewards {
  /** In order of seq. */
  readonly rows: readonly RewardRow[];
  readonly shownAtMs: number | undefined;
}

export interface RewardRow {
  readonly seq: number;
  readonly key: string;
  readonly counts: boolean;
  readonly supersededBy: number | undefined;
  readonly learnedBy: readonly number[];
  /** It was never to count, alone or with others. */
  readonly isWithheld: boolean;
  /** Undefined for a truth of another kind. */
  readonly reward: number | undefined;
}

/** What becomes of one row that was given. */
export interface CountedReward {
  /** What to append: the given row as it is to be stored, then what follows from it. Empty: nothing. */
  readonly rows: readonly NewObservation[];
  readonly standing: Standing;
  readonly learnedBy: readonly number[];
  /** Since when the prediction waits from now on, if it is to. */
  readonly waitsFromMs: number | undefined;
}

/**
 * Decides which rewards of a prediction count, from what is in the log and nothing else: whoever asks under the log's
 * lock finds the same. At most one row of a prediction counts that no other has superseded.
 */
export function countReward(given: NewObservation, counting: Counting, found: PredictionRewards): CountedReward {
  switch (counting.kind) {
    case "REWARD":
      return countTold(given, counting.rule, found);
    case "WAIT_OVER":
      return countWaiting(given, counting.rule, found);
    case "ACTIVATION":
      return countShown(given, counting.rule, counting.shownAtMs, found);
    default:
      return counting satisfies never;
  }
}

function countTold(given: NewObservation, rule: RewardRule, found: PredictionRewards): CountedReward {
  const known = found.rows.find(({ key }) => key === given.key);
  // The same again, or a contradiction: the append says which.
  if (known !== undefined) return as(standingOf(known, rule, found), [given], known.learnedBy);
  if (given.withheld !== undefined) return as("NOT_COUNTED", [given]);
  if (given.supersedes === undefined) return countAnew(given, rule, found);
  // What had been withheld is told anew.
  return isWithheld(given.supersedes, found)
    ? countAnew({ ...given, supersedes: undefined }, rule, found)
    : countCorrection(given, rule, found, given.supersedes);
}

function countAnew(given: NewObservation, rule: RewardRule, found: PredictionRewards): CountedReward {
  const counted = countedOf(found);
  if (counted?.key === DEFAULT_REWARD_KEY) return counts({ ...given, supersedes: counted.key });
  if (counted !== undefined) return as("NOT_COUNTED", [told(given)]);
  if (isDeferred(rule, found)) return as("WAITING", [told(given)]);
  const isFirst = toldIn(found).length === 0;
  if (rule.aggregation === "EARLIEST" && isFirst) return counts(given);
  return waiting(given, found);
}

function countCorrection(
  given: NewObservation,
  rule: RewardRule,
  found: PredictionRewards,
  supersedes: string,
): CountedReward {
  const target = found.rows.find(({ key }) => key === supersedes);
  // The append refuses it.
  if (target === undefined || target.supersededBy !== undefined) return as("NOT_COUNTED", [given], []);
  if (target.counts) return counts(given);
  const counted = countedOf(found);
  if (counted === undefined) {
    return isDeferred(rule, found) ? as("WAITING", [told(given)]) : waiting(given, found);
  }
  if (!isInTotal(target, found)) return as("NOT_COUNTED", [told(given)]);
  const rewards = totalled(found).map((row) => (row === target ? rewardOf(given) : (row.reward as number)));
  const truth = { kind: "REWARD", reward: aggregateReward(rule, rewards) } as const;
  const total = { ...given, key: `${TOTAL_KEY}:${given.key}`, supersedes: counted.key, truth };
  return as("COUNTED", [told(given), total], given.learnedBy);
}

/** The wait is over: what was told counts together, or the default does. */
function countWaiting(given: NewObservation, rule: RewardRule, found: PredictionRewards): CountedReward {
  if (found.rows.some((row) => row.counts)) return as("COUNTED", []);
  if (isDeferred(rule, found)) return as("WAITING", []);
  const rewards = toldIn(found).map(({ reward }) => reward as number);
  if (rewards.length > 0) return counts(own(given, TOTAL_KEY, aggregateReward(rule, rewards)));
  if (rule.defaultReward === undefined) return as("NOT_COUNTED", []);
  return counts(own(given, DEFAULT_REWARD_KEY, rule.defaultReward));
}

/** From now on it counts: what was told before where one reward is enough, else when the wait is over. */
function countShown(
  given: NewObservation,
  rule: RewardRule,
  shownAtMs: number,
  found: PredictionRewards,
): CountedReward {
  const isCounted = found.rows.some((row) => row.counts);
  const rewards = toldIn(found).map(({ reward }) => reward as number);
  if (!isCounted && rule.aggregation === "EARLIEST" && rewards.length > 0) {
    return counts(own(given, TOTAL_KEY, aggregateReward(rule, rewards)));
  }
  // What no model answered teaches nothing by default.
  const waits = !isCounted && rule.rewardWaitMs !== undefined && given.evidence !== null;
  return {
    ...as(isCounted ? "COUNTED" : "WAITING", []),
    waitsFromMs: waits ? (found.shownAtMs ?? shownAtMs) : undefined,
  };
}

function counts(given: NewObservation): CountedReward {
  return as("COUNTED", [given], given.learnedBy);
}

function waiting(given: NewObservation, found: PredictionRewards): CountedReward {
  return { ...as("WAITING", [told(given)]), waitsFromMs: found.shownAtMs ?? given.predictedAtMs };
}

function as(standing: Standing, rows: readonly NewObservation[], learnedBy: readonly number[] = []): CountedReward {
  return { rows, standing, learnedBy, waitsFromMs: undefined };
}

/** Kept as it was told, and not learned from by itself. */
function told(given: NewObservation): NewObservation {
  return { ...given, learnedBy: [], counts: false };
}

function own(given: NewObservation, key: string, reward: number): NewObservation {
  return { ...given, key, truth: { kind: "REWARD", reward } };
}

function isDeferred(rule: RewardRule, found: PredictionRewards): boolean {
  return rule.isDeferred && found.shownAtMs === undefined;
}

function countedOf({ rows }: PredictionRewards): RewardRow | undefined {
  return rows.find((row) => row.counts && row.supersededBy === undefined);
}

function isWithheld(key: string, { rows }: PredictionRewards): boolean {
  return rows.some((row) => row.key === key && row.isWithheld);
}

/** What was told and does not count by itself, corrections in the place of what they corrected. */
function toldIn({ rows }: PredictionRewards): readonly RewardRow[] {
  return rows
    .filter((row) => !row.counts && !row.isWithheld && row.supersededBy === undefined && row.reward !== undefined)
    .sort((a, b) => firstSeq(a, rows) - firstSeq(b, rows));
}

/** Of the row at the beginning of a chain of corrections. */
function firstSeq(row: RewardRow, rows: readonly RewardRow[]): number {
  const corrected = rows.find(({ supersededBy }) => supersededBy === row.seq);
  return corrected === undefined ? row.seq : firstSeq(corrected, rows);
}

/** Those that the total was made of. */
function totalled(found: PredictionRewards): readonly RewardRow[] {
  const total = found.rows.find(({ key }) => key === TOTAL_KEY);
  return total === undefined ? [] : toldIn(found).filter((row) => firstSeq(row, found.rows) < total.seq);
}

function isInTotal(row: RewardRow, found: PredictionRewards): boolean {
  return countedOf(found)?.key.startsWith(TOTAL_KEY) === true && totalled(found).includes(row);
}

function standingOf(row: RewardRow, { aggregation }: RewardRule, found: PredictionRewards): Standing {
  if (row.supersededBy !== undefined) return "NOT_COUNTED";
  if (row.counts) return "COUNTED";
  if (row.isWithheld) return "NOT_COUNTED";
  if (countedOf(found) === undefined) return "WAITING";
  if (!isInTotal(row, found)) return "NOT_COUNTED";
  return aggregation !== "EARLIEST" || totalled(found)[0] === row ? "COUNTED" : "NOT_COUNTED";
}

function rewardOf({ truth }: NewObservation): number {
  return truth.kind === "REWARD" ? truth.reward : 0;
}
