import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isFailure } from "../../src/domain/failure.js";
import type { NewObservation, StoredObservation } from "../../src/domain/storePorts.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import { readCommitSettings, unsafeCommitSetting } from "../../src/store/commitSettings.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import type { ObservationStoreOptions } from "../../src/store/observationStore.js";
import { FakeClock, TurningClock } from "../support/fakeClock.js";
import { newObservation } from "../support/newObservation.js";
import { administer, connectTo, eachPostgres, eventually } from "../support/postgres.js";
import { startPostgresProxy } from "../support/postgresProxy.js";
import type { PostgresProxy } from "../support/postgresProxy.js";

function observation(receiptId: string, change: Partial<NewObservation> = {}): NewObservation {
  return newObservation(receiptId, { learnedBy: [], ...change });
}

function storeOn(database: Database, options: Partial<ObservationStoreOptions> = {}): PostgresObservationStore {
  return new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random, ...options });
}

interface LogRow {
  readonly seq: number;
  readonly receiptId: string;
}

async function readLog(database: Database, application = "digits"): Promise<readonly LogRow[]> {
  const rows = await database.sql<LogRow[]>`
    select seq::float8 as seq, receipt_id as "receiptId" from observation where shard_key = ${application} order by seq`;
  return [...rows];
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

await eachPostgres("observation store", (postgres) => {
  let url: string;
  let database: Database;
  let store: PostgresObservationStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    store = storeOn(database);
  });

  afterEach(async () => {
    await store.drain();
    await database.close();
  });

  test("keeps every part of an observation", async () => {
    await store.append(
      observation("a", { entity: "user 1", key: "k", truth: { kind: "VECTOR", vector: [0.1, -0, 2e300] } }),
    );
    const rows = await database.sql`select *, extract(epoch from predicted_at)::float8 * 1000 as ms from observation`;
    expect(rows[0]).toMatchObject({
      shard_key: "digits",
      seq: "1",
      receipt_id: "a",
      key: "k",
      policy_version: 1,
      entity: "user 1",
      ms: 1_700_000_000_123,
      truth: { kind: "VECTOR", vector: [0.1, 0, 2e300] },
      evidence: { propensity: 0.5 },
    });
  });

  test("puts what arrives in one turn into one transaction, in its order", async () => {
    await Promise.all(upTo(100).map((n) => store.append(observation(`r${n}`))));
    expect(await readLog(database)).toEqual(upTo(100).map((n) => ({ seq: n, receiptId: `r${n}` })));
    const rows = await database.sql`select count(distinct xmin::text)::int as transactions from observation`;
    expect(rows[0]).toEqual({ transactions: 1 });
  });

  test("applies an observation once when eight servers send it at once", async () => {
    const servers = await Promise.all(upTo(8).map(() => connectTo(url)));
    const outcomes = await Promise.all(
      servers.flatMap((server) => {
        const each = storeOn(server);
        return upTo(20).map((n) => each.append(observation(`r${n}`)));
      }),
    );
    await Promise.all(servers.map((server) => server.close()));
    expect(outcomes.filter((outcome) => !isFailure(outcome) && !outcome.duplicate)).toHaveLength(20);
    expect((await readLog(database)).map(({ seq }) => seq)).toEqual(upTo(20));
    const places = new Set(outcomes.map((outcome, index) => `${index % 20}:${(outcome as StoredObservation).seq}`));
    expect(places.size).toBe(20);
  });

  test("recognises a repetition within one group and in a later one", async () => {
    const first = await Promise.all([store.append(observation("a")), store.append(observation("a"))]);
    const later = await store.append(observation("a"));
    expect([...first, later]).toEqual([
      { kind: "observation", seq: 1, duplicate: false },
      { kind: "observation", seq: 1, duplicate: true },
      { kind: "observation", seq: 1, duplicate: true },
    ]);
  });

  test("refuses another truth for the same receipt and key, within one group and later", async () => {
    const other = observation("a", { truth: { kind: "LABEL", label: "8" } });
    const together = await Promise.all([store.append(observation("a")), store.append(other)]);
    const later = await Promise.all([store.append(other), store.append(observation("a"))]);
    expect(together).toMatchObject([{ seq: 1, duplicate: false }, { code: "CONFLICT" }]);
    expect(later).toMatchObject([{ code: "CONFLICT" }, { seq: 1, duplicate: true }]);
  });

  test("refuses a key that another entity's example has, within one group and later", async () => {
    const ann = observation("example", { key: "a", entity: "ann" });
    const others = [undefined, "bob"].map((entity) => ({ ...ann, entity }));
    const together = await Promise.all([store.append(ann), ...others.map((other) => store.append(other))]);
    const later = await Promise.all([...others.map((other) => store.append(other)), store.append(ann)]);
    const refused = { code: "CONFLICT", message: expect.stringContaining('key "a", and another truth or entity') };
    expect(together).toMatchObject([{ seq: 1, duplicate: false }, refused, refused]);
    expect(later).toMatchObject([refused, refused, { seq: 1, duplicate: true }]);
  });

  test("tells observations of one receipt apart by their key", async () => {
    const keys = ["", "click", "purchase"];
    const outcomes = await Promise.all(keys.map((key) => store.append(observation("a", { key }))));
    expect(outcomes).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
  });

  test("leaves no gap in an application's order, and none in another's", async () => {
    const servers = await Promise.all(upTo(4).map(() => connectTo(url)));
    await Promise.all(
      servers.flatMap((server, s) => {
        const each = storeOn(server, { maxGroupRows: 7 });
        return upTo(60).map((n) =>
          each.append(observation(`r${(n * (s + 1)) % 90}`, { application: n % 2 === 0 ? "even" : "odd" })),
        );
      }),
    );
    await Promise.all(servers.map((server) => server.close()));
    for (const application of ["even", "odd"]) {
      const log = await readLog(database, application);
      expect(log.map(({ seq }) => seq)).toEqual(upTo(log.length));
    }
  });

  test("stores the others when one row of a group is poison", async () => {
    const rows = upTo(40).map((n) => observation(`r${n}`, n === 17 ? { entity: "a\u0000b" } : {}));
    rows.push(observation("long", { key: "k".repeat(300) }), observation("", {}));
    const outcomes = await Promise.all(rows.map((row) => store.append(row)));
    expect(outcomes.filter(isFailure).map(({ code }) => code)).toEqual(["BAD_INPUT", "BAD_INPUT", "BAD_INPUT"]);
    expect(isFailure(outcomes[16] as StoredObservation)).toBe(true);
    expect((await readLog(database)).map(({ seq }) => seq)).toEqual(upTo(39));
  });

  test.each([
    [
      "a number that is not finite",
      { truth: { kind: "NUMBER", number: NaN } },
      "number: expected a finite number, got NaN",
    ],
    [
      "an infinite component",
      { truth: { kind: "VECTOR", vector: [1, Infinity] } },
      "vector.1: expected a finite number, got Infinity",
    ],
    ["evidence that JSON cannot hold", { evidence: 1n }, "evidence: expected a value that JSON can hold"],
    ["a time that is none", { predictedAtMs: NaN }, "predictedAtMs: expected milliseconds since 1970, got NaN"],
  ] as [string, Partial<NewObservation>, string][])("refuses %s", async (_, change, message) => {
    expect(await store.append(observation("a", change))).toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringContaining(message),
    });
  });

  test("refuses at once what exceeds its bound", async () => {
    const small = storeOn(database, { maxPending: 2 });
    const outcomes = await Promise.all(upTo(3).map((n) => small.append(observation(`r${n}`))));
    expect(outcomes).toMatchObject([{ seq: 1 }, { seq: 2 }, { code: "STORE_UNAVAILABLE", retryAfterMs: 500 }]);
    expect(await small.append(observation("r3"))).toMatchObject({ seq: 3 });
  });

  test("drains: everything that was appended has its outcome", async () => {
    let settled = 0;
    for (const n of upTo(50)) void store.append(observation(`r${n}`)).then(() => (settled += 1));
    await store.drain();
    expect(settled).toBe(50);
  });

  test("refuses while commits are unsafe, names the setting, and recovers when it is corrected", async () => {
    const name = new URL(url).pathname.slice(1);
    expect(unsafeCommitSetting(await readCommitSettings(database.sql))).toBeUndefined();
    await administer(url, `alter database ${name} set synchronous_commit = off`);
    const unsafe = await connectTo(url);
    const refusing = storeOn(unsafe);
    expect(unsafeCommitSetting(await readCommitSettings(unsafe.sql))).toContain("synchronous_commit=off");
    expect(await refusing.append(observation("a"))).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("synchronous_commit=off"),
    });
    expect(await readLog(database)).toEqual([]);
    await administer(url, `alter database ${name} reset synchronous_commit`);
    expect(await refusing.append(observation("a"))).toMatchObject({ seq: 1 });
    await unsafe.close();
  });

  test("waits for a database that has not answered for 2.5 s: machines and disks stall for as long", async () => {
    const clock = new FakeClock();
    const slow = storeOn(database, { clock });
    await store.append(observation("first"));
    const stored = await database.sql.begin(async (holder) => {
      await holder`select from application_head for update`;
      const answer = slow.append(observation("late"));
      clock.endTurn();
      await eventually(async () => (await holder`select from pg_locks where not granted`).length > 0);
      clock.advance(2_500);
      return { answer };
    });
    expect(await stored.answer).toEqual({ kind: "observation", seq: 2, duplicate: false });
  });

  test("goes on after its connections were cut while idle", async () => {
    await store.append(observation("a"));
    await administer(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    expect(await store.append(observation("b"))).toMatchObject({ seq: 2 });
  });

  test.each(["40001", "40P01", "53300", "57014"])("tries again after SQLSTATE %s", async (sqlState) => {
    await database.sql.unsafe(`
      create sequence attempts;
      create function fail_twice() returns trigger language plpgsql as $$ begin
        if nextval('attempts') <= 2 then raise exception 'once more' using errcode = '${sqlState}'; end if;
        return new;
      end $$;
      create trigger fail_twice before insert on observation for each row execute function fail_twice()`);
    expect(await store.append(observation("a"))).toMatchObject({ seq: 1, duplicate: false });
  });
});

await eachPostgres("observation store behind a silent network", (postgres) => {
  let direct: Database;
  let proxy: PostgresProxy;
  let database: Database;
  let store: PostgresObservationStore;
  let clock: TurningClock;

  beforeEach(async () => {
    clock = new TurningClock();
    const url = await postgres().newDatabase();
    direct = await connectTo(url);
    await migrate(direct.sql);
    proxy = await startPostgresProxy(url);
    database = await connectTo(proxy.url, 1);
    store = storeOn(database, { clock });
    await store.append(observation("first"));
  });

  afterEach(async () => {
    proxy.thaw();
    await store.drain();
    await proxy.close();
    await Promise.all([database.close(), direct.close()]);
  });

  const silentTo = (receiptId: string) => proxy.whenSilent(store.append(observation(receiptId)), clock);

  test("says OUTCOME_UNKNOWN when the commit went out and no answer came; the repetition is stored once", async () => {
    proxy.freezeAt("server", "COMMIT");
    expect(await silentTo("a")).toMatchObject({ code: "OUTCOME_UNKNOWN", retryAfterMs: 500 });
    proxy.thaw();
    await eventually(async () => (await readLog(direct)).length === 2);
    expect(await store.append(observation("a"))).toEqual({ kind: "observation", seq: 2, duplicate: true });
  });

  test("says STORE_UNAVAILABLE when the commit was surely not sent; the repetition is stored once", async () => {
    proxy.freezeAt("client", "begin");
    expect(await silentTo("a")).toMatchObject({ code: "STORE_UNAVAILABLE" });
    proxy.thaw();
    expect(await store.append(observation("a"))).toEqual({ kind: "observation", seq: 2, duplicate: false });
  });

  test("does not use the silent connection again", async () => {
    const before = proxy.connections();
    proxy.freezeAt("client", "begin");
    await silentTo("a");
    proxy.thaw();
    await store.append(observation("a"));
    expect(proxy.connections()).toBe(before + 1);
  });

  test("tells those who wait behind a group without an answer that theirs was not stored", async () => {
    proxy.freezeAt("server", "COMMIT");
    const leader = silentTo("a");
    const behind: ReturnType<typeof store.append>[] = [];
    setImmediate(() => setImmediate(() => behind.push(store.append(observation("b")))));
    expect(await leader).toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(await Promise.all(behind)).toMatchObject([{ code: "STORE_UNAVAILABLE" }]);
  });
});

await eachPostgres(
  "observation store",
  (postgres) => {
    test("loses nothing acknowledged when PostgreSQL is killed under it, and says STORE_UNAVAILABLE meanwhile", async () => {
      const { embedded } = postgres();
      const database = await connectTo(await postgres().newDatabase());
      await migrate(database.sql);
      const store = storeOn(database);
      const acknowledged = new Map<number, string>();
      const codes = new Set<string>();
      let next = 0;
      let enough = false;
      const client = async (): Promise<void> => {
        while (!enough) {
          const receiptId = `r${next++}`;
          for (let stored = false; !stored;) {
            const outcome = await store.append(observation(receiptId));
            stored = !isFailure(outcome);
            if (isFailure(outcome)) codes.add(outcome.code);
            else acknowledged.set(outcome.seq, receiptId);
          }
        }
      };
      const clients = upTo(8).map(client);
      for (const round of upTo(3)) {
        await eventually(() => acknowledged.size > round * 200);
        const killed = embedded?.pid() as number;
        process.kill(killed, "SIGKILL");
        await eventually(() => ![undefined, killed].includes(embedded?.pid()));
      }
      await eventually(() => acknowledged.size > 1000);
      enough = true;
      await Promise.all(clients);

      const log = await readLog(database);
      expect(log.map(({ seq }) => seq)).toEqual(upTo(log.length));
      expect(new Set(log.map(({ receiptId }) => receiptId)).size).toBe(log.length);
      const stored = new Map(log.map(({ seq, receiptId }) => [seq, receiptId]));
      expect([...acknowledged].filter(([seq, receiptId]) => stored.get(seq) !== receiptId)).toEqual([]);
      expect([...codes].filter((code) => code !== "STORE_UNAVAILABLE" && code !== "OUTCOME_UNKNOWN")).toEqual([]);
      await database.close();
    });

    test("says STORE_UNAVAILABLE at once while PostgreSQL is down, for each of many", async () => {
      const { embedded } = postgres();
      const database = await connectTo(await postgres().newDatabase());
      await migrate(database.sql);
      // Time stands still: nobody could wait for it.
      const store = storeOn(database, { clock: new TurningClock() });
      await store.append(observation("a"));
      await embedded?.stop();
      for (const n of upTo(20)) {
        expect(await store.append(observation(`r${n}`))).toMatchObject({
          code: "STORE_UNAVAILABLE",
          retryAfterMs: 500,
        });
      }
      await database.close();
    });
  },
  ["system", "bundled"],
);
