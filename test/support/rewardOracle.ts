import type { RewardRule } from "../../src/domain/rewardRules.js";

/** What happens to one prediction. */
export type RewardEvent =
  | { readonly kind: "TOLD"; readonly key: string; readonly reward: number; readonly supersedes?: string | undefined }
  | { readonly kind: "WAIT_OVER" }
  | { readonly kind: "SHOWN" };

interface Told {
  /** Its corrections take its place; the last key is the one that can be corrected. */
  readonly keys: string[];
  reward: number;
}

/**
 * What a prediction's rewards count as after some events, said in other words than the product's: a list of what was
 * told, and the moment at which it was closed. Undefined: nothing counts (yet).
 */
export function countedRewards(rule: RewardRule, events: readonly RewardEvent[]): number | undefined {
  const told: Told[] = [];
  let shown = !rule.isDeferred;
  let closed = "NO" as "NO" | "TOLD" | "DEFAULT";
  /** How many of those told were in it when it was closed. */
  let members = 0;
  const close = (): void => {
    if (told.length === 0 && rule.defaultReward === undefined) return;
    closed = told.length > 0 ? "TOLD" : "DEFAULT";
    members = told.length;
  };
  for (const event of events) {
    if (event.kind === "SHOWN") {
      shown = true;
      if (closed === "NO" && rule.aggregation === "EARLIEST" && told.length > 0) close();
    } else if (event.kind === "WAIT_OVER") {
      if (closed === "NO" && shown) close();
    } else if (!told.some(({ keys }) => keys.includes(event.key))) {
      tell(told, event);
      if (closed === "DEFAULT" && told.length > 0) [closed, members] = ["TOLD", 1];
      if (closed === "NO" && shown && rule.aggregation === "EARLIEST" && told.length > 0) close();
    }
  }
  if (closed === "NO") return undefined;
  if (closed === "DEFAULT") return rule.defaultReward;
  return together(
    rule,
    told.slice(0, members).map(({ reward }) => reward),
  );
}

function tell(told: Told[], event: Extract<RewardEvent, { kind: "TOLD" }>): void {
  const { key, reward } = event;
  const supersedes = event.supersedes === key ? undefined : event.supersedes;
  if (supersedes === undefined) {
    told.push({ keys: [key], reward });
    return;
  }
  const target = told.find(({ keys }) => keys.at(-1) === supersedes);
  if (target === undefined) return;
  target.keys.push(key);
  target.reward = reward;
}

function together(rule: RewardRule, rewards: readonly number[]): number {
  if (rule.aggregation === "EARLIEST") return rewards[0] as number;
  let sum = 0;
  for (const reward of rewards) sum += reward;
  if (rule.aggregation === "MEAN") return sum / rewards.length;
  return sum > rule.max ? rule.max : sum < rule.min ? rule.min : sum;
}
