import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Counting, RewardRule } from "../../src/domain/rewardRules.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { countReward } from "../../src/store/countReward.js";
import type { PredictionRewards, RewardRow } from "../../src/store/countReward.js";
import { countedRewards } from "../support/rewardOracle.js";
import type { RewardEvent } from "../support/rewardOracle.js";

const RULE: RewardRule = {
  min: 0,
  max: 1,
  aggregation: "EARLIEST",
  isDeferred: false,
  rewardWaitMs: 1000,
  defaultReward: 0,
};

function observation(key: string, reward: number, supersedes?: string): NewObservation {
  return {
    application: "shop",
    receiptId: "p",
    key,
    policyVersion: 1,
    entity: "u",
    predictedAtMs: 1,
    truth: { kind: "REWARD", reward },
    evidence: { source: "MODEL", members: [] },
    learnedBy: [1],
    supersedes,
  };
}

/** The log of one prediction, as the database would keep it. */
class RewardLog {
  rows: RewardRow[] = [];
  shownAtMs: number | undefined;
  readonly #rule: RewardRule;

  constructor(rule: Partial<RewardRule> = {}) {
    this.#rule = { ...RULE, ...rule };
  }

  get found(): PredictionRewards {
    return { rows: this.rows, shownAtMs: this.shownAtMs };
  }

  /** What is counted of the prediction now. */
  get counted(): number | undefined {
    const counted = this.rows.filter((row) => row.counts && row.supersededBy === undefined);
    expect(counted.length).toBeLessThanOrEqual(1);
    return counted[0]?.reward;
  }

  tell(key: string, reward: number, supersedes?: string) {
    return this.#append(observation(key, reward, supersedes), { kind: "REWARD", rule: this.#rule });
  }

  withhold(key: string, reward: number) {
    const withheld = { ...observation(key, reward), learnedBy: [], counts: false, withheld: "LEARNED_SHARE" } as const;
    return this.#append(withheld, { kind: "REWARD", rule: this.#rule });
  }

  waitOver() {
    return this.#append(observation("$default", 0), { kind: "WAIT_OVER", rule: this.#rule });
  }

  show() {
    const counted = this.#append(observation("$default", 0), { kind: "ACTIVATION", rule: this.#rule, shownAtMs: 5 });
    this.shownAtMs ??= 5;
    return counted;
  }

  #append(given: NewObservation, counting: Counting) {
    const counted = countReward(given, counting, this.found);
    for (const row of counted.rows) this.#store(row);
    return counted;
  }

  #store({ key, supersedes, truth, counts = true, learnedBy, withheld }: NewObservation): void {
    if (this.rows.some((row) => row.key === key)) return;
    const target = this.rows.find((row) => row.key === supersedes);
    if (supersedes !== undefined && (target === undefined || target.supersededBy !== undefined)) return;
    // A learned row counts, and one that does not count is learned by nobody.
    expect(learnedBy.length > 0).toBe(counts);
    const seq = this.rows.length + 1;
    this.rows = this.rows.map((row) => (row === target ? { ...row, supersededBy: seq } : row));
    const reward = truth.kind === "REWARD" ? truth.reward : undefined;
    const row = { seq, key, counts, supersededBy: undefined, learnedBy, reward };
    this.rows.push({ ...row, isWithheld: withheld !== undefined });
  }
}

describe("rewards of one prediction", () => {
  test("count at once where the earliest counts; later ones are kept", () => {
    const log = new RewardLog();
    expect(log.tell("click", 0.5)).toMatchObject({ standing: "COUNTED", learnedBy: [1] });
    expect(log.tell("buy", 1)).toMatchObject({ standing: "NOT_COUNTED", learnedBy: [], rows: [{ counts: false }] });
    expect(log.waitOver().rows).toEqual([]);
    expect(log.counted).toBe(0.5);
  });

  test("that are withheld count neither by themselves nor with others, and may be told anew", () => {
    for (const aggregation of ["EARLIEST", "SUM"] as const) {
      const log = new RewardLog({ aggregation });
      expect(log.withhold("a", 1)).toMatchObject({ standing: "NOT_COUNTED", rows: [{ counts: false }] });
      expect(log.tell("a", 1)).toMatchObject({ standing: "NOT_COUNTED", learnedBy: [] });
      expect(log.waitOver().rows).toMatchObject([{ key: "$default" }]);
      log.tell("b", 0.25, "a");
      expect(log.counted).toBe(0.25);
    }
  });

  test("count together when the wait is over", () => {
    for (const [aggregation, counted] of [
      ["MEAN", 0.4],
      ["SUM", 0.8],
    ] as const) {
      const log = new RewardLog({ aggregation });
      expect(log.tell("a", 0.2)).toMatchObject({ standing: "WAITING", learnedBy: [], waitsFromMs: 1 });
      log.tell("b", 0.6);
      expect(log.counted).toBeUndefined();
      expect(log.waitOver().rows).toMatchObject([{ key: "$total" }]);
      expect(log.counted).toBeCloseTo(counted, 12);
      expect(log.tell("a", 0.2)).toMatchObject({ standing: "COUNTED", learnedBy: [] });
      expect(log.tell("late", 1)).toMatchObject({ standing: "NOT_COUNTED" });
    }
  });

  test("add up to the end of the declared range at most", () => {
    const log = new RewardLog({ aggregation: "SUM", min: -1 });
    for (const key of ["a", "b", "c"]) log.tell(key, 0.75);
    log.waitOver();
    expect(log.counted).toBe(1);
    const low = new RewardLog({ aggregation: "SUM", min: -1 });
    for (const key of ["a", "b"]) low.tell(key, -0.75);
    low.waitOver();
    expect(low.counted).toBe(-1);
  });

  test("count as the default where none was told, until one is", () => {
    const log = new RewardLog({ defaultReward: 0.25 });
    expect(log.waitOver().rows).toMatchObject([{ key: "$default", truth: { reward: 0.25 } }]);
    expect(log.waitOver().rows).toEqual([]);
    expect(log.tell("late", 1).rows).toMatchObject([{ key: "late", supersedes: "$default" }]);
    expect(log.counted).toBe(1);
    expect(log.tell("later", 0.5)).toMatchObject({ standing: "NOT_COUNTED" });
  });

  test("count only once it was shown", () => {
    const log = new RewardLog({ isDeferred: true });
    expect(log.tell("a", 0.5)).toMatchObject({ standing: "WAITING", waitsFromMs: undefined });
    expect(log.tell("b", 0.75)).toMatchObject({ standing: "WAITING" });
    expect(log.waitOver().rows).toEqual([]);
    expect(log.show()).toMatchObject({ standing: "COUNTED", rows: [{ key: "$total" }], learnedBy: [1] });
    expect(log.counted).toBe(0.5);
    expect(log.show().rows).toEqual([]);
    expect(log.tell("c", 1)).toMatchObject({ standing: "NOT_COUNTED" });
  });

  test("are waited for from when it was shown", () => {
    const log = new RewardLog({ isDeferred: true });
    expect(log.show()).toMatchObject({ standing: "WAITING", rows: [], waitsFromMs: 5 });
    expect(log.show()).toMatchObject({ waitsFromMs: 5 });
    const unanswered = { ...observation("$default", 0), evidence: null };
    const counting = { kind: "ACTIVATION", rule: { ...RULE, isDeferred: true }, shownAtMs: 5 } as const;
    expect(countReward(unanswered, counting, new RewardLog().found)).toMatchObject({ waitsFromMs: undefined });
    const forEver = new RewardLog({ isDeferred: true, rewardWaitMs: undefined, defaultReward: undefined });
    expect(forEver.show()).toMatchObject({ waitsFromMs: undefined });
    expect(forEver.tell("a", 1)).toMatchObject({ standing: "COUNTED" });
  });

  test("that were counted together are counted anew when one of them is corrected", () => {
    const log = new RewardLog({ aggregation: "MEAN" });
    log.tell("a", 0.2);
    log.tell("b", 0.6);
    log.waitOver();
    expect(log.tell("a2", 0.8, "a").rows).toMatchObject([
      { key: "a2", supersedes: "a", counts: false },
      { key: "$total:a2", supersedes: "$total" },
    ]);
    expect(log.counted).toBeCloseTo(0.7, 12);
    log.tell("b2", 0, "b");
    expect(log.counted).toBeCloseTo(0.4, 12);
    log.tell("a3", 1, "a2");
    expect(log.counted).toBeCloseTo(0.5, 12);
  });

  test("that are known already are not counted again", () => {
    const log = new RewardLog();
    log.tell("a", 0.5);
    const again = log.tell("a", 0.5);
    expect(again).toMatchObject({ standing: "COUNTED", learnedBy: [1], rows: [{ key: "a" }] });
    expect(log.rows).toHaveLength(1);
  });

  test("count as an oracle over the whole history says, whatever came in whichever order", () => {
    const key = fc.constantFrom("a", "b", "c", "d", "e");
    const reward = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8);
    const event: fc.Arbitrary<RewardEvent> = fc.oneof(
      fc.record({
        kind: fc.constant("TOLD" as const),
        key,
        reward,
        supersedes: fc.option(key, { nil: undefined, freq: 2 }),
      }),
      fc.constant({ kind: "WAIT_OVER" as const }),
      fc.constant({ kind: "SHOWN" as const }),
    );
    const rules = fc.record({
      aggregation: fc.constantFrom("EARLIEST" as const, "MEAN" as const, "SUM" as const),
      isDeferred: fc.boolean(),
      defaultReward: fc.constantFrom(0.125, undefined),
    });
    fc.assert(
      fc.property(rules, fc.array(event, { maxLength: 14 }), (rule, events) => {
        const log = new RewardLog(rule);
        events.forEach((each, index) => {
          if (each.kind === "TOLD")
            log.tell(each.key, each.reward, each.supersedes === each.key ? undefined : each.supersedes);
          else if (each.kind === "SHOWN") log.show();
          else log.waitOver();
          expect(log.counted).toBe(countedRewards({ ...RULE, ...rule }, events.slice(0, index + 1)));
        });
      }),
      { numRuns: 3000 },
    );
  });
});
