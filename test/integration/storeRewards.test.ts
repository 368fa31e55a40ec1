import { afterEach, beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Counting, RewardRule } from "../../src/domain/rewardRules.js";
import { isFailure } from "../../src/domain/failure.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { PostgresFeedbackLog } from "../../src/store/feedbackLog.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresLearnedStateAdministration } from "../../src/store/learnedStateAdministration.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { PostgresStateStore } from "../../src/store/stateStore.js";
import { keepPartitions } from "../../src/store/predictionPartitions.js";
import { foldFromBirths, foldLog, readKept, sorted } from "../support/foldedLog.js";
import { HashLearner } from "../support/hashLearner.js";
import { connectTo, eachPostgres } from "../support/postgres.js";
import { countedRewards } from "../support/rewardOracle.js";
import type { RewardEvent } from "../support/rewardOracle.js";

const APPLICATION = "shop";
const RULE: RewardRule = {
  min: 0,
  max: 1,
  aggregation: "EARLIEST",
  isDeferred: false,
  rewardWaitMs: 1000,
  defaultReward: 0.125,
};
const PREDICTED_MS = Date.UTC(2026, 0, 1);

interface Given {
  readonly receiptId: string;
  readonly key: string;
  readonly counting: Counting;
  readonly reward?: number;
  readonly supersedes?: string;
}

function row({ receiptId, key, counting, reward = 0, supersedes }: Given): NewObservation {
  return {
    application: APPLICATION,
    receiptId,
    key,
    policyVersion: 1,
    entity: "u",
    predictedAtMs: PREDICTED_MS,
    truth: { kind: "REWARD", reward },
    evidence: { source: "MODEL", members: [] },
    learnedBy: [1],
    supersedes,
    counting,
  };
}

function told(receiptId: string, key: string, reward: number, rule: Partial<RewardRule> = {}, supersedes?: string) {
  const counting = { kind: "REWARD", rule: { ...RULE, ...rule } } as const;
  return row({ receiptId, key, reward, counting, ...(supersedes !== undefined && { supersedes }) });
}

function waitOver(receiptId: string, rule: Partial<RewardRule> = {}) {
  return row({ receiptId, key: "$default", counting: { kind: "WAIT_OVER", rule: { ...RULE, ...rule } } });
}

function shown(receiptId: string, rule: Partial<RewardRule> = {}) {
  const counting = {
    kind: "ACTIVATION",
    rule: { ...RULE, isDeferred: true, ...rule },
    shownAtMs: PREDICTED_MS + 5,
  } as const;
  return row({ receiptId, key: "$default", counting });
}

await eachPostgres("counting of rewards", (postgres) => {
  let database: Database;
  let stores: readonly [PostgresObservationStore, PostgresObservationStore];

  beforeEach(async () => {
    database = await connectTo(await postgres().newDatabase());
    await migrate(database.sql);
    await keepPartitions(database.sql, { nowMs: PREDICTED_MS, retentionDays: 8 });
    const clock = new MonotonicClock();
    const newStore = () =>
      new PostgresObservationStore(database, { clock, random: Math.random, learner: new HashLearner() });
    stores = [newStore(), newStore()];
  });

  afterEach(async () => {
    for (const store of stores) await store.drain();
    await database.close();
  });

  interface Row {
    readonly receiptId: string;
    readonly key: string;
    readonly counts: boolean;
    readonly reward: number;
    readonly learns: boolean;
    readonly supersedes: string | null;
    readonly superseded: boolean;
  }

  async function rows(): Promise<readonly Row[]> {
    return database.sql<Row[]>`
      select o.receipt_id as "receiptId", o.key, o.counts, (o.truth ->> 'reward')::float8 as reward,
        o.learned_by <> '{}' as learns, t.key as supersedes, o.superseded_by is not null as superseded
      from observation o left join observation t on t.shard_key = o.shard_key and t.superseded_by = o.seq
        and t.receipt_id = o.receipt_id and t.counts >= o.counts
      where o.shard_key = ${APPLICATION} order by o.seq`;
  }

  async function waiting(): Promise<readonly string[]> {
    const found = await database.sql<{ id: string }[]>`
      select id from prediction where waits_from is not null order by id`;
    return found.map(({ id }) => id);
  }

  /** What each state is, is what the rows that count make of its birth. */
  async function expectFolded(): Promise<void> {
    expect(sorted(await readKept(database, APPLICATION))).toEqual(sorted(await foldFromBirths(database, APPLICATION)));
  }

  test("one of several that are told at once on two servers counts, and the others learn nothing", async () => {
    // The first row of an application makes its head, for which others wait in any case.
    await stores[0].append(told("first", "", 1));
    for (const round of [1, 2, 3, 4, 5]) {
      const receipts = [`p${round}`, `q${round}`];
      const outcomes = await Promise.all(
        ["a", "b", "c", "d"].flatMap((key, index) =>
          receipts.map((receipt) => stores[index % 2 === 0 ? 0 : 1].append(told(receipt, key, 0.5))),
        ),
      );
      const standings = outcomes.map((each) => (isFailure(each) ? each.message : each.counted?.standing));
      expect(standings.filter((each) => each === "COUNTED")).toHaveLength(2);
      expect(standings.filter((each) => each === "NOT_COUNTED")).toHaveLength(6);
    }
    const stored = await rows();
    expect(stored.filter(({ counts }) => counts)).toHaveLength(11);
    expect(stored.every(({ counts, learns }) => counts === learns)).toBe(true);
    // What learns from the log anew, under whatever policy, does not meet the others.
    const log = new PostgresFeedbackLog(database);
    for await (const page of log.read(APPLICATION, { afterSeq: 0 }, 1000)) expect(page).toHaveLength(11);
    expect(sorted(await readKept(database, APPLICATION))).toEqual(sorted(await foldLog(database, APPLICATION)));
  });

  test("a version that was made by replaying the log learns from those that count only", async () => {
    await stores[0].append(told("before", "", 1));
    for (const key of ["a", "b"]) await stores[0].append(told("p", key, 1));
    await stores[0].append(told("q", "a", 0.5, { isDeferred: true }));
    await stores[0].append(told("r", "a", 0));
    await database.sql`
      insert into policy_version (shard_key, version, policy, loss, origin, origin_from, since_seq, replayed_after,
        replayed_until)
      values (${APPLICATION}, 2, '{}', '{}', 'REPLAYED', 1, 5, 0, 5)`;
    const states = new PostgresStateStore(database);
    const bytes = Buffer.from("s");
    const born = { policyVersion: 2, seq: 1, birthSeq: 1, birth: bytes, state: bytes };
    await states.write(
      APPLICATION,
      ["", "u"].map((entity) => ({ ...born, entity })),
    );
    const wanted = ["", "u"].map((entity) => ({ policyVersion: 2, entity, knownSeq: undefined }));
    const readings = await states.read(APPLICATION, wanted);
    expect(readings.map(({ tail }) => tail.map(({ receiptId, key }) => receiptId + key))).toEqual([
      ["pa", "ra"],
      ["pa", "ra"],
    ]);
    // Nothing is learned anew for the correction of what had not counted.
    await stores[0].append(told("p", "c", 0, {}, "b"));
    expect(await states.pendingRebuilds(APPLICATION)).toEqual([]);
  });

  test("a default is counted once by two servers, and goes when a reward is told", async () => {
    await Promise.all(stores.flatMap((store) => [store.append(waitOver("p")), store.append(waitOver("q"))]));
    expect(await rows()).toHaveLength(2);
    const late = await stores[0].append(told("p", "", 1));
    expect(late).toMatchObject({ duplicate: false, superseded: { rebuildPending: false } });
    expect((await rows()).filter(({ superseded }) => !superseded).map(({ reward }) => reward)).toEqual([0.125, 1]);
    await expectFolded();
  });

  test("a reward told while the default is being counted replaces it, in the same group or the next", async () => {
    const outcomes = await Promise.all([
      stores[0].append(waitOver("p")),
      stores[0].append(told("p", "a", 1)),
      stores[0].append(waitOver("p")),
      stores[0].append(told("p", "b", 0)),
    ]);
    expect(outcomes).toMatchObject([
      { seq: 1, duplicate: false },
      { seq: 2, superseded: { seq: 1 } },
      { seq: 2, duplicate: true },
      { seq: 3, counted: { standing: "NOT_COUNTED" } },
    ]);
    await expectFolded();
  });

  test("a reward that waits keeps its prediction waiting, though that was never written", async () => {
    const rule = { aggregation: "MEAN" } as const;
    await stores[0].append(told("p", "a", 0.5, rule));
    await stores[0].append(told("q", "a", 0.5));
    expect(await waiting()).toEqual(["p"]);
    const found = await database.sql`
      select entity, source, evidence ->> 'source' as evidence from prediction where id = 'p'`;
    expect([...found]).toEqual([{ entity: "u", source: "MODEL", evidence: "MODEL" }]);
  });

  test("activation is durable by itself, and counts in the same transaction what was told before", async () => {
    const rule = { isDeferred: true };
    await stores[0].append(told("p", "a", 0.5, rule));
    expect(await stores[0].append(shown("p"))).toMatchObject({ seq: 2, duplicate: false, counted: { key: "$total" } });
    expect(await stores[1].append(shown("q"))).toMatchObject({ seq: 0, duplicate: true });
    expect(await waiting()).toEqual(["q"]);
    expect(await stores[1].append(told("q", "a", 1, rule))).toMatchObject({ counted: { standing: "COUNTED" } });
    await expectFolded();
  });

  test("neither counts, nor is activated, nor waits what was predicted for an entity that was deleted since", async () => {
    await stores[0].append({ ...told("x", "", 1), entity: undefined });
    await new PostgresLearnedStateAdministration(database).deleteEntity(APPLICATION, "u");
    for (const given of [shown("p"), waitOver("p"), told("p", "a", 1, { aggregation: "SUM" }), told("p", "b", 1)]) {
      expect(await stores[0].append(given)).toMatchObject({ code: "NOT_FOUND" });
    }
    expect(await waiting()).toEqual([]);
    expect(await rows()).toHaveLength(1);
  });

  test("whatever two servers are told in whichever order, each prediction counts as its log says, and is learned so", async () => {
    const receipt = fc.constantFrom("p", "q", "r");
    const key = fc.constantFrom("a", "b", "c");
    const reward = fc.integer({ min: 0, max: 8 }).map((eighths) => eighths / 8);
    const given = fc.oneof(
      fc.record({ receipt, key, reward, supersedes: fc.option(key, { nil: undefined, freq: 3 }) }),
      fc.record({ receipt, over: fc.constant(true) }),
    );
    const aggregation = fc.constantFrom("EARLIEST" as const, "MEAN" as const, "SUM" as const);
    await fc.assert(
      fc.asyncProperty(
        aggregation,
        fc.array(fc.tuple(given, fc.nat(1)), { minLength: 4, maxLength: 24 }),
        async (rule, all) => {
          await database.sql`truncate observation, application_head, policy_state, prediction`;
          const clock = new MonotonicClock();
          const learning = { clock, random: Math.random };
          const servers = [0, 1].map(
            () => new PostgresObservationStore(database, { ...learning, learner: new HashLearner() }),
          );
          await Promise.all(
            all.map(([each, server]) => {
              const one = "over" in each ? waitOver(each.receipt, { aggregation: rule }) : undefined;
              const { receipt: id, ...rest } = each;
              const corrects = "supersedes" in rest && rest.supersedes !== rest.key ? rest.supersedes : undefined;
              const two = "key" in rest ? told(id, rest.key, rest.reward, { aggregation: rule }, corrects) : one;
              return (servers[server] as PostgresObservationStore).append((one ?? two) as NewObservation);
            }),
          );
          for (const server of servers) await server.drain();
          const log = await rows();
          for (const id of ["p", "q", "r"]) {
            const own = log.filter(({ receiptId }) => receiptId === id);
            const counted = own.filter(({ counts, superseded }) => counts && !superseded);
            expect(counted.length).toBeLessThanOrEqual(1);
            expect(counted[0]?.reward).toBe(countedRewards({ ...RULE, aggregation: rule }, eventsOf(own)));
          }
          expect(log.every(({ counts, learns }) => counts === learns)).toBe(true);
          await expectFolded();
        },
      ),
      { numRuns: 40 },
    );
  });

  /** What happened, as the log tells: what the server appended says when the wait was over. */
  function eventsOf(own: readonly Row[]): RewardEvent[] {
    return own.flatMap((each): RewardEvent[] => {
      if (each.key === "$default" || each.key === "$total") return [{ kind: "WAIT_OVER" }];
      if (each.key.startsWith("$")) return [];
      const supersedes = each.supersedes === null || each.supersedes.startsWith("$") ? undefined : each.supersedes;
      return [{ kind: "TOLD", key: each.key, reward: each.reward, supersedes }];
    });
  }
});
