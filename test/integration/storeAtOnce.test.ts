import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Clock } from "../../src/domain/ports.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { isFailure } from "../../src/domain/failure.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { observationRow } from "../../src/store/observationRows.js";
import { APPENDING, appendAllNew } from "../../src/store/observationStatements.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { packStates } from "../../src/store/stateRows.js";
import { TurningClock } from "../support/fakeClock.js";
import { failingDatabase } from "../support/failingDatabase.js";
import type { Failing } from "../support/failingDatabase.js";
import { foldLog, readKept, sorted } from "../support/foldedLog.js";
import { HashLearner } from "../support/hashLearner.js";
import { newObservation } from "../support/newObservation.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";
import { startPostgresProxy } from "../support/postgresProxy.js";

const APPLICATION = "digits";

function observation(receiptId: string, change: Partial<NewObservation> = {}): NewObservation {
  return newObservation(receiptId, { entity: "u", ...change });
}

/** Time passes, and nothing else happens. */
class SkippingClock extends MonotonicClock {
  #skippedMs = 0;

  override nowMs(): number {
    return super.nowMs() + this.#skippedMs;
  }

  skip(ms: number): void {
    this.#skippedMs += ms;
  }
}

function storeOn(database: Database, clock: Clock = new MonotonicClock()) {
  const learner = new HashLearner();
  const store = new PostgresObservationStore(database, { clock, random: Math.random, learner });
  return { learner, store };
}

await eachPostgres("groups that are stored at once", (postgres) => {
  let url: string;
  let database: Database;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
  });

  afterEach(() => database.close());

  const inLog = async (): Promise<readonly string[]> => {
    const rows = await database.sql<{ receipt: string }[]>`select receipt_id as receipt from observation order by seq`;
    return rows.map(({ receipt }) => receipt);
  };

  describe("the way of a group", () => {
    const NOTHING_FAILS: Failing = { at: undefined, sqlState: "40001", times: 0 };

    test("is one statement where all of it is new and the log ends where it is known to end", async () => {
      const failing = failingDatabase(database, NOTHING_FAILS);
      const { store, learner } = storeOn(failing.database);
      const append = async (...receipts: string[]): Promise<number> => {
        const stored = await Promise.all(receipts.map((receipt) => store.append(observation(receipt))));
        expect(stored.filter(isFailure)).toEqual([]);
        return failing.statements();
      };
      expect(await append("first")).toBeGreaterThan(2);
      expect(await append("b", "c")).toBe(1);
      expect(await append("d", "b", "e")).toBeGreaterThan(2);
      expect(await append("f")).toBe(1);
      const elsewhere = await connectTo(url);
      await storeOn(elsewhere).store.append(observation("g"));
      await elsewhere.close();
      expect(await append("h")).toBeGreaterThan(2);
      expect(await append("i")).toBe(1);
      expect(learner.told.filter((told) => told === "committed")).toHaveLength(6);
      expect(await inLog()).toEqual(["first", "b", "c", "d", "e", "f", "g", "h", "i"]);
      const folded = await foldLog(database, APPLICATION);
      expect(sorted(await readKept(database, APPLICATION))).toEqual(sorted(folded));
    });

    test("begins with BEGIN where the connection has been idle for long: it may be dead", async () => {
      const failing = failingDatabase(database, NOTHING_FAILS);
      const clock = new SkippingClock();
      const { store } = storeOn(failing.database, clock);
      await store.append(observation("a"));
      await store.append(observation("b"));
      expect(failing.statements()).toBe(1);
      clock.skip(11_000);
      await store.append(observation("c"));
      expect(failing.statements()).toBeGreaterThan(2);
    });

    test("is tried again the long way after an error, which tells that nothing was stored", async () => {
      const failing: Failing = { at: undefined, sqlState: "40001", times: 0 };
      const { store, learner } = storeOn(failingDatabase(database, failing).database);
      await store.append(observation("a"));
      Object.assign(failing, { at: 1, times: 1 });
      expect(await store.append(observation("b"))).toMatchObject({ seq: 2, duplicate: false });
      expect(learner.told).toEqual(["committed", "abandoned", "committed"]);
    });

    test("ends in OUTCOME_UNKNOWN where no answer came; the repetition is stored once", async () => {
      const proxy = await startPostgresProxy(url);
      const behind = await connectTo(proxy.url, 1);
      const clock = new TurningClock();
      const { store } = storeOn(behind, clock);
      await store.append(observation("a"));
      proxy.freezeAt("server", "SELECT 1");
      const outcome = await proxy.whenSilent(store.append(observation("b")), clock);
      expect(outcome).toMatchObject({ code: "OUTCOME_UNKNOWN", retryAfterMs: 500 });
      proxy.thaw();
      await eventually(async () => (await inLog()).length === 2);
      expect(await store.append(observation("b"))).toEqual({ kind: "observation", seq: 2, duplicate: true });
      await store.drain();
      await proxy.close();
      await behind.close();
    });
  });

  describe("the statement", () => {
    const KEPT = { policyVersion: 1, entity: "u", birthSeq: 0, birth: Buffer.from([1]), state: Buffer.from([2]) };

    async function atOnce(head: number, receipts: readonly string[], settings = {}): Promise<boolean> {
      const lane = database.openLane({ ...APPENDING, ...settings });
      const rows = receipts.map((receipt) => {
        const row = observationRow(observation(receipt));
        if (isFailure(row)) throw new Error(row.message);
        return row.json;
      });
      const group = { application: APPLICATION, rowsJson: `[${rows.join(",")}]`, origin: "here" };
      const states = packStates([{ ...KEPT, seq: head + receipts.length }]);
      return appendAllNew(lane.sql, group, head, states).finally(() => lane.destroy());
    }

    const keptSeqs = async (): Promise<readonly number[]> => {
      const rows = await database.sql<{ seq: number }[]>`select seq::float8 as seq from policy_state`;
      return rows.map(({ seq }) => seq);
    };

    beforeEach(async () => {
      const store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random });
      await store.append(observation("first", { learnedBy: [] }));
    });

    test("stores rows and states, and moves the log's end", async () => {
      expect(await atOnce(1, ["a", "b"])).toBe(true);
      expect(await inLog()).toEqual(["first", "a", "b"]);
      expect(await keptSeqs()).toEqual([3]);
      expect(await atOnce(3, ["c"])).toBe(true);
      expect(await keptSeqs()).toEqual([4]);
    });

    test.each([
      ["the log ends elsewhere", 0, ["a"], {}],
      ["one of the rows is there", 1, ["a", "first"], {}],
      ["two of the rows are one", 1, ["a", "a"], {}],
      ["the commit would not be safe", 1, ["a"], { synchronous_commit: "off" }],
    ])("stores nothing where %s", async (_why, head, receipts, settings) => {
      expect(await atOnce(head, receipts, settings)).toBe(false);
      expect(await inLog()).toEqual(["first"]);
      expect(await keptSeqs()).toEqual([]);
    });

    test("stores nothing of an entity that was deleted after it was predicted for", async () => {
      await database.sql`
        insert into entity_tombstone (shard_key, entity_digest, seq, deleted_at)
        values (${APPLICATION}, sha256('u'), 1, now())`;
      expect(await atOnce(1, ["a"])).toBe(false);
      expect(await inLog()).toEqual(["first"]);
    });

    test("waits for whoever holds the log's end, and stores nothing where he moved it", async () => {
      const other = await database.sql.reserve();
      await other`begin`;
      await other`update application_head set last_seq = last_seq + 1 where shard_key = ${APPLICATION}`;
      const stored = atOnce(1, ["a"]);
      await eventually(async () => {
        const rows = await database.sql`select from pg_locks where not granted`;
        return rows.length > 0;
      });
      await other`commit`;
      other.release();
      expect(await stored).toBe(false);
      expect(await inLog()).toEqual(["first"]);
    });
  });
});
