import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { LoggedPrediction } from "../../src/domain/predictionLogPorts.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { PostgresLearnedStateAdministration } from "../../src/store/learnedStateAdministration.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { PostgresPredictionLog } from "../../src/store/predictionLog.js";
import type { PredictionLogOptions } from "../../src/store/predictionLog.js";
import { keepPartitions, partitionName } from "../../src/store/predictionPartitions.js";
import { upsertWaiting } from "../../src/store/rewardStatements.js";
import { PostgresWaitingPredictions } from "../../src/store/waitingPredictions.js";
import { FakeClock } from "../support/fakeClock.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";
import { startPostgresProxy } from "../support/postgresProxy.js";

const DAY_MS = 86_400_000;

function observed(receiptId: string): NewObservation {
  return {
    application: "digits",
    receiptId,
    key: "",
    policyVersion: 1,
    entity: undefined,
    predictedAtMs: 1,
    truth: { kind: "REWARD", reward: 1 },
    evidence: null,
    learnedBy: [],
    supersedes: undefined,
  };
}

await eachPostgres("prediction log", (postgres) => {
  let url: string;
  let database: Database;
  let clock: FakeClock;
  let log: PostgresPredictionLog;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    clock = new FakeClock();
    log = logOn(database);
  });

  afterEach(async () => {
    await log.stop();
    await database.close();
  });

  function logOn(on: Database, options: Partial<PredictionLogOptions> = {}): PostgresPredictionLog {
    return new PostgresPredictionLog(on, { clock, retentionDays: 8, ...options });
  }

  function prediction(id: string, change: Partial<LoggedPrediction> = {}): LoggedPrediction {
    return {
      application: "digits",
      id,
      predictedAtMs: clock.wallMs(),
      policyVersion: 1,
      entity: undefined,
      source: "ENSEMBLE",
      evidence: { members: [["a", 1, "AAAA"]] },
      input: undefined,
      shownAtMs: undefined,
      waitsFromMs: undefined,
      ...change,
    };
  }

  async function ids(): Promise<string[]> {
    const rows = await database.sql<{ id: string }[]>`select id from prediction order by predicted_at, id`;
    return rows.map(({ id }) => id);
  }

  async function partitions(): Promise<string[]> {
    const rows = await database.sql<{ name: string }[]>`
      select tablename as name from pg_tables where tablename like 'prediction\\_2%' order by 1`;
    return rows.map(({ name }) => name);
  }

  test("keeps every part of a prediction", async () => {
    const whole = prediction("a", { entity: "u", input: Uint8Array.of(0, 255, 7), shownAtMs: clock.wallMs() + 5 });
    const bare = prediction("b", { evidence: null });
    log.append(whole);
    log.append(bare);
    expect(await log.find("digits", "a")).toEqual(whole);
    await log.stop();
    const other = logOn(database);
    expect(await other.find("digits", "a")).toEqual({ ...whole, input: Buffer.from([0, 255, 7]) });
    expect(await other.find("digits", "b")).toEqual(bare);
    expect(await other.find("digits", "c")).toBeUndefined();
    expect(await other.find("other", "a")).toBeUndefined();
  });

  test("writes what waits together after a moment, and at once when there is enough", async () => {
    log = logOn(database, { flushAfterMs: 200, flushRows: 3 });
    log.append(prediction("a"));
    clock.advance(199);
    log.append(prediction("b"));
    clock.advance(1);
    await eventually(async () => (await ids()).length === 2);
    for (const id of ["c", "d", "e"]) log.append(prediction(id));
    clock.advance(0);
    await eventually(async () => (await ids()).length === 5);
    const rows = await database.sql`select count(distinct xmin::text)::int as transactions from prediction`;
    expect([...rows]).toEqual([{ transactions: 2 }]);
  });

  test("drops what exceeds its bound, and what comes after its stop, and counts both", async () => {
    log = logOn(database, { maxPending: 2 });
    for (const id of ["a", "b", "c"]) log.append(prediction(id));
    await log.stop();
    await log.stop();
    log.append(prediction("d"));
    expect(log.dropped).toBe(2);
    expect(await ids()).toEqual(["a", "b"]);
  });

  test("drops alone what the database refuses", async () => {
    for (const id of ["a", "b\u0000", "c"]) log.append(prediction(id));
    log.append(prediction("far", { predictedAtMs: clock.wallMs() + 40 * DAY_MS }));
    log.append(prediction("big", { evidence: 1n }));
    await log.stop();
    expect(log.dropped).toBe(3);
    expect(await ids()).toEqual(["a", "c"]);
  });

  test("keeps what it has while the database cannot be had, and writes it later", async () => {
    const proxy = await startPostgresProxy(url);
    const through = await connectTo(proxy.url, 1);
    log = logOn(through);
    await proxy.close();
    log.append(prediction("a"));
    clock.advance(200);
    await eventually(() => clock.alarms === 1);
    expect(log.dropped).toBe(0);
    expect(await log.find("digits", "a")).toMatchObject({ id: "a" });
    await log.stop();
    expect(log.dropped).toBe(1);
    await through.close();
  });

  test("is written once when an answer got lost and it is written again", async () => {
    const twice = prediction("a", { predictedAtMs: clock.wallMs() });
    const other = logOn(database);
    for (const each of [log, other]) each.append(twice);
    await Promise.all([log.stop(), other.stop()]);
    expect(await ids()).toEqual(["a"]);
    expect(log.dropped + other.dropped).toBe(0);
  });

  test("adds to one that was activated before it was written what its receipt did not say", async () => {
    const input = Uint8Array.of(1, 2);
    await keepPartitions(database.sql, { nowMs: clock.wallMs(), retentionDays: 8 });
    const activated = { id: "a", predictedMs: clock.wallMs(), policyVersion: 1, entity: undefined, evidence: null };
    const shownAtMs = clock.wallMs() + 5;
    for (const at of [shownAtMs, shownAtMs + 1]) {
      const rows = [{ ...activated, shownAtMs: at, waitsFromMs: at }];
      expect(await upsertWaiting(database.sql, "digits", rows)).toEqual(["a"]);
    }
    log.append(prediction("a", { input }));
    await log.stop();
    const found = { ...prediction("a"), input: Buffer.from(input), shownAtMs, waitsFromMs: shownAtMs };
    expect(await logOn(database).find("digits", "a")).toEqual(found);
  });

  test("gives those that have waited long enough, the longest waiting first, until they are settled", async () => {
    const atMs = clock.wallMs();
    for (const id of ["d", "b", "c"]) log.append(prediction(id, { waitsFromMs: atMs }));
    log.append(prediction("a", { waitsFromMs: atMs + 10 }));
    log.append(prediction("idle"));
    log.append(prediction("foreign", { application: "other", waitsFromMs: atMs }));
    await log.stop();
    const waiting = new PostgresWaitingPredictions(database, "one");
    const given: string[][] = [];
    const settle = (untilMs: number, done: readonly string[]) =>
      waiting.settle("digits", { untilMs, limit: 2 }, (due) => {
        given.push(due.map(({ id }) => id));
        return Promise.resolve(done);
      });
    expect(await settle(atMs, ["b"])).toEqual({ due: 2, nextFromMs: atMs });
    expect(await settle(atMs, ["c", "d"])).toEqual({ due: 2, nextFromMs: atMs + 10 });
    expect(await settle(atMs + 9, [])).toEqual({ due: 0, nextFromMs: atMs + 10 });
    expect(await settle(atMs + 10, ["a"])).toEqual({ due: 1, nextFromMs: undefined });
    expect(given).toEqual([["b", "c"], ["c", "d"], ["a"]]);
  });

  test("lets one server at a time settle an application, and another one when that is gone", async () => {
    log.append(prediction("a", { waitsFromMs: clock.wallMs() }));
    await log.stop();
    const [one, two] = ["one", "two"].map((server) => new PostgresWaitingPredictions(database, server)) as [
      PostgresWaitingPredictions,
      PostgresWaitingPredictions,
    ];
    const range = { untilMs: clock.wallMs(), limit: 10 };
    const nothing = () => Promise.resolve([]);
    const settled = await one.settle("digits", range, async () => {
      expect(await two.settle("digits", range, nothing)).toBeUndefined();
      expect(await two.settle("other", range, nothing)).toEqual({ due: 0, nextFromMs: undefined });
      return [];
    });
    expect(settled).toEqual({ due: 1, nextFromMs: clock.wallMs() });
    await expect(two.settle("digits", range, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const left = await one.settle("digits", range, async () => {
      await database.sql`update reward_turn set until = clock_timestamp() - interval '1 second'`;
      expect(await two.settle("digits", range, () => Promise.resolve(["a"]))).toMatchObject({ due: 1 });
      return [];
    });
    expect(left).toEqual({ due: 1, nextFromMs: undefined });
  });

  test("writes nothing of an entity that was deleted while it waited", async () => {
    const store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random });
    await store.append(observed("x"));
    log.append(prediction("a", { entity: "u" }));
    log.append(prediction("b", { entity: "v" }));
    await new PostgresLearnedStateAdministration(database).deleteEntity("digits", "u");
    await log.stop();
    expect(await ids()).toEqual(["b"]);
  });

  test("has partitions of yesterday to the day after tomorrow, and drops those beyond the retention in which none waits", async () => {
    const today = Math.floor(clock.wallMs() / DAY_MS);
    const names = (from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, n) => partitionName(today + from + n));
    await Promise.all([1, 2, 3].map(() => keepPartitions(database.sql, { nowMs: clock.wallMs(), retentionDays: 3 })));
    expect(await partitions()).toEqual(names(-1, 2));
    log.append(prediction("a"));
    await log.stop();
    await keepPartitions(database.sql, { nowMs: clock.wallMs() + 3 * DAY_MS, retentionDays: 3 });
    expect(await partitions()).toEqual(names(0, 5));
    expect(await ids()).toEqual(["a"]);
    await database.sql`update prediction set waits_from = predicted_at`;
    await keepPartitions(database.sql, { nowMs: clock.wallMs() + 4 * DAY_MS, retentionDays: 3 });
    expect(await ids()).toEqual(["a"]);
    await database.sql`update prediction set waits_from = null`;
    await keepPartitions(database.sql, { nowMs: clock.wallMs() + 4 * DAY_MS, retentionDays: 3 });
    expect(await ids()).toEqual([]);
  });

  test("makes the next days' partitions when a day has passed", async () => {
    log = logOn(database);
    log.append(prediction("a"));
    clock.advance(200);
    await eventually(async () => (await ids()).length === 1);
    clock.advance(3 * DAY_MS);
    log.append(prediction("b"));
    clock.advance(200);
    await eventually(async () => (await ids()).length === 2);
    expect(await ids()).toEqual(["a", "b"]);
  });
});
