/** How the rewards of one prediction come to count. */
export interface RewardRule {
  /** The range that the application declares. */
  readonly min: number;
  readonly max: number;
  readonly aggregation: "EARLIEST" | "MEAN" | "SUM";
  /** Nothing counts before the application says that the prediction was shown. */
  readonly isDeferred: boolean;
  /** Undefined: a prediction waits for ever. */
  readonly rewardWaitMs: number | undefined;
  /** What a prediction counts as when the wait is over and nothing was told; undefined: nothing. */
  readonly defaultReward: number | undefined;
}

/**
 * What a row for the feedback log is when it comes to counting; decided under the log's lock from what is there already.
 * REWARD: somebody told one. WAIT_OVER: the server counts what was told, or the default. ACTIVATION: it was shown.
 */
export type Counting =
  | { readonly kind: "REWARD" | "WAIT_OVER"; readonly rule: RewardRule }
  | { readonly kind: "ACTIVATION"; readonly rule: RewardRule; readonly shownAtMs: number };

/**
 * COUNTED: by itself, or in the total of its prediction. WAITING: for the end of the wait, or for activation.
 * NOT_COUNTED: another reward of its prediction counts, or it was corrected.
 */
export type Standing = "COUNTED" | "WAITING" | "NOT_COUNTED";

/** Of rows that the server itself appends; nobody else's key begins like this. */
const OWN_KEY_PREFIX = "$";
export const DEFAULT_REWARD_KEY = "$default";
/** Of what rewards came to together; with a suffix after a correction of one of them. */
export const TOTAL_KEY = "$total";

/** What rewards come to, in the order in which they were told; at least one. A sum beyond the declared range is its end. */
export function aggregateReward({ aggregation, min, max }: RewardRule, rewards: readonly number[]): number {
  const [earliest = 0] = rewards;
  if (aggregation === "EARLIEST") return earliest;
  const sum = rewards.reduce((total, reward) => total + reward, 0);
  return Math.min(max, Math.max(min, aggregation === "SUM" ? sum : sum / rewards.length));
}

export function isOwnKey(key: string): boolean {
  return key.startsWith(OWN_KEY_PREFIX);
}
