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
import { FakeClock } from "../support/fakeClock.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";
import { startPostgresProxy } from "../support/postgresProxy.js";

const DAY_MS = 86_400_000;
const START = { atMs: 0, id: "" };

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

  test("notes when a prediction was shown, the first time, waiting or written", async () => {
    const atMs = clock.wallMs();
    for (const id of ["a", "b"]) log.append(prediction(id));
    expect(await log.markShown("digits", "a", atMs + 1)).toBe(true);
    expect(await log.markShown("digits", "a", atMs + 2)).toBe(true);
    await log.stop();
    const other = logOn(database);
    expect(await other.markShown("digits", "b", atMs + 3)).toBe(true);
    expect(await other.markShown("digits", "b", atMs + 4)).toBe(true);
    expect(await other.markShown("digits", "c", atMs)).toBe(false);
    expect(await other.find("digits", "a")).toMatchObject({ shownAtMs: atMs + 1 });
    expect(await other.find("digits", "b")).toMatchObject({ shownAtMs: atMs + 3 });
  });

  test("finds page by page those that nobody has observed, also of one moment", async () => {
    const atMs = clock.wallMs();
    for (const id of ["a", "b", "c", "d"]) log.append(prediction(id));
    log.append(prediction("late", { predictedAtMs: atMs + 10 }));
    log.append(prediction("foreign", { application: "other" }));
    await log.stop();
    const store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random });
    await store.append(observed("b"));
    const pages: string[][] = [];
    let after = START;
    for (;;) {
      const page = await log.unobservedSince("digits", "PREDICTED", after, atMs + 10, 2);
      const last = page.at(-1);
      if (last === undefined) break;
      pages.push(page.map(({ id }) => id));
      after = { atMs: last.predictedAtMs, id: last.id };
    }
    expect(pages).toEqual([["a", "c"], ["d"]]);
  });

  test("counts the wait from when a prediction was shown, if that is the rule", async () => {
    const atMs = clock.wallMs();
    log.append(prediction("never"));
    log.append(prediction("later", { shownAtMs: atMs + 50 }));
    log.append(prediction("sooner", { shownAtMs: atMs + 20 }));
    await log.stop();
    const shown = (untilMs: number) => log.unobservedSince("digits", "SHOWN", START, untilMs, 10);
    expect((await shown(atMs + 60)).map(({ id }) => id)).toEqual(["sooner", "later"]);
    expect((await shown(atMs + 50)).map(({ id }) => id)).toEqual(["sooner"]);
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

  test("has partitions of yesterday to the day after tomorrow, and drops those beyond the retention", async () => {
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
