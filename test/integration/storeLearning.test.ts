import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { isFailure } from "../../src/domain/failure.js";
import type { KeptState } from "../../src/domain/learningPorts.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import type { ObservationStoreOptions } from "../../src/store/observationStore.js";
import { PostgresStateStore } from "../../src/store/stateStore.js";
import { TurningClock } from "../support/fakeClock.js";
import { FAIL_AT_COMMIT, failingDatabase } from "../support/failingDatabase.js";
import type { Failing } from "../support/failingDatabase.js";
import { foldFromBirths, foldLog, readKept, sorted } from "../support/foldedLog.js";
import { HashLearner } from "../support/hashLearner.js";
import type { HashLearnerOptions } from "../support/hashLearner.js";
import { newObservation as observation } from "../support/newObservation.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";

const APPLICATION = "digits";

/** A server as far as learning goes: a store with the learner of its process. */
function server(database: Database, options: Partial<ObservationStoreOptions> = {}, learning: HashLearnerOptions = {}) {
  const learner = new HashLearner(learning);
  const store = new PostgresObservationStore(database, {
    clock: new MonotonicClock(),
    random: Math.random,
    learner,
    ...options,
  });
  return { learner, store };
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

type Step =
  | { kind: "observe"; server: number; receipt: string; label: string; entity: string; by: readonly number[] }
  | { kind: "restart"; server: number }
  | { kind: "settle" }
  | { kind: "fail"; at: Failing["at"]; times: number; code: string };

/** Few receipts, so that many are sent again, some with another truth. */
function schedule(): fc.Arbitrary<Step[]> {
  const serverNumber = fc.integer({ min: 0, max: 1 });
  const observe = fc.record({
    kind: fc.constant("observe" as const),
    server: serverNumber,
    receipt: fc.integer({ min: 1, max: 40 }).map((n) => `r${n}`),
    label: fc.constantFrom("7", "7", "7", "8"),
    entity: fc.constantFrom("", "u", "v", "w"),
    by: fc.constantFrom<readonly number[]>([1], [1, 2], []),
  });
  const fail = fc.record({
    kind: fc.constant("fail" as const),
    at: fc.oneof(fc.integer({ min: 1, max: 7 }), fc.constant("COMMIT" as const)),
    times: fc.integer({ min: 1, max: 5 }),
    code: fc.constantFrom("40001", "53200", "57014"),
  });
  return fc.array(
    fc.oneof(
      { weight: 20, arbitrary: observe },
      { weight: 3, arbitrary: fc.constant({ kind: "settle" as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("restart" as const), server: serverNumber }) },
      { weight: 1, arbitrary: fail },
    ),
    { minLength: 20, maxLength: 120, size: "max" },
  );
}

await eachPostgres("learning store", (postgres) => {
  let url: string;
  let database: Database;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
  });

  afterEach(() => database.close());

  async function expectFolded(): Promise<void> {
    expect(sorted(await readKept(database, APPLICATION))).toEqual(sorted(await foldLog(database, APPLICATION)));
  }

  test("keeps the fold of the log for entities and the population, each version by itself", async () => {
    const { store, learner } = server(database);
    for (const group of upTo(5)) {
      await Promise.all(
        upTo(20).map((n) =>
          store.append(
            observation(`r${group}-${n}`, {
              entity: n % 3 === 0 ? undefined : `user ${n % 7}`,
              learnedBy: n % 4 === 0 ? [1, 2] : [1],
            }),
          ),
        ),
      );
    }
    await expectFolded();
    expect(await readKept(database, APPLICATION)).toHaveLength(7 + 1 + 4 + 1);
    expect(learner.told).toEqual(upTo(5).map(() => "committed"));
  });

  test("records by whom an observation was learned", async () => {
    const { store } = server(database);
    await store.append(observation("a", { learnedBy: [3, 1] }));
    expect([...(await database.sql`select to_jsonb(learned_by) as by from observation`)]).toEqual([{ by: [3, 1] }]);
  });

  test("learns nothing from duplicates, conflicts and what is refused", async () => {
    const { store, learner } = server(database);
    await store.append(observation("a", { entity: "u" }));
    const kept = await readKept(database, APPLICATION);
    const other = observation("a", { entity: "u", truth: { kind: "LABEL", label: "8" } });
    await Promise.all([store.append(observation("a", { entity: "u" })), store.append(other)]);
    expect(await readKept(database, APPLICATION)).toEqual(kept);
    expect(learner.told).toEqual(["committed", "abandoned"]);
    await Promise.all([store.append(other), store.append(observation("b\u0000")), store.append(observation("c"))]);
    await expectFolded();
  });

  test("folds ahead of the log what is new, and again where not all of it was", async () => {
    const { store, learner } = server(database);
    await store.append(observation("a", { entity: "u" }));
    await Promise.all(["b", "c"].map((receipt) => store.append(observation(receipt, { entity: "u" }))));
    expect(learner.groups).toBe(2);
    const mixed = await Promise.all(
      ["d", "b", "e"].map((receipt) => store.append(observation(receipt, { entity: "u" }))),
    );
    expect(mixed.map((one) => !isFailure(one) && one.seq)).toEqual([4, 2, 5]);
    expect(learner.groups).toBe(4);
    expect([...learner.told].sort()).toEqual(["abandoned", "committed", "committed", "committed"]);
    await expectFolded();
  });

  test("folds the same zero that the log keeps", async () => {
    const { store } = server(database);
    await store.append(observation("a", { truth: { kind: "NUMBER", number: -0 } }));
    await store.append(observation("b", { truth: { kind: "VECTOR", vector: [-0, 1] } }));
    await store.append(observation("c", { truth: { kind: "REWARD", reward: -0 } }));
    await expectFolded();
  });

  test("loses no update of two servers that learn about one entity", async () => {
    const elsewhere = await connectTo(url);
    const servers = [server(database), server(elsewhere)];
    await Promise.all(
      servers.flatMap(({ store }, s) => upTo(150).map((n) => store.append(observation(`r${s}-${n}`, { entity: "u" })))),
    );
    await elsewhere.close();
    await expectFolded();
  });

  test("goes on from what others have learned when its own knowledge is stale", async () => {
    const [first, second] = [server(database), server(database)];
    await first.store.append(observation("a", { entity: "u" }));
    expect(first.learner.knownSeq({ policyVersion: 1, entity: "u" })).toBe(1);
    for (const n of upTo(3)) await second.store.append(observation(`b${n}`, { entity: "u" }));
    await first.store.append(observation("c", { entity: "u" }));
    await expectFolded();
  });

  test("goes on from a snapshot and the observations after it", async () => {
    const large = { snapshotEvery: 5 };
    const { store } = server(database, {}, large);
    for (const n of upTo(13)) await store.append(observation(`a${n}`, { entity: n % 2 === 0 ? "u" : "v" }));
    const states = new PostgresStateStore(database);
    const restarted = server(database, {}, large);
    for (const n of upTo(3)) await restarted.store.append(observation(`b${n}`, { entity: "u" }));
    const refs = ["", "u", "v"].map((entity) => ({ policyVersion: 1, entity, knownSeq: undefined }));
    const readings = await states.read(APPLICATION, refs);
    expect(readings.some(({ tail }) => tail.length > 0)).toBe(true);
    await states.write(
      APPLICATION,
      readings.map((reading) => restarted.learner.current(reading)),
    );
    await expectFolded();
  });

  test("says it of a tail that is too long for one reading, and leaves its state to later", async () => {
    const { store } = server(database, {}, { snapshotEvery: Infinity });
    await store.append(observation("first", { entity: "u" }));
    await database.sql`
      insert into observation (shard_key, seq, receipt_id, policy_version, entity, predicted_at, truth, learned_by)
      select ${APPLICATION}, n, 'r' || n, 1, 'u', now(), '{"kind": "LABEL", "label": "7"}', '{1}'
      from generate_series(2, 5002) n`;
    await database.sql`update application_head set last_seq = 5002`;
    const restarted = server(database, { answerWithinMs: 5000 });
    expect(await restarted.store.append(observation("last", { entity: "u" }))).toMatchObject({ seq: 5003 });
    const states = new PostgresStateStore(database);
    const catchUp = async (entity: string): Promise<KeptState> => {
      const once = await states.read(APPLICATION, [{ policyVersion: 1, entity, knownSeq: undefined }]);
      expect(once[0]).toMatchObject({ complete: false, tail: { length: 5000 } });
      const half = restarted.learner.current(once[0] as (typeof once)[0]);
      await states.write(APPLICATION, [half]);
      const rest = await states.read(APPLICATION, [{ policyVersion: 1, entity, knownSeq: undefined }]);
      expect(rest[0]).toMatchObject({ complete: true, tail: { length: 2 } });
      return restarted.learner.current(rest[0] as (typeof rest)[0]);
    };
    await states.write(APPLICATION, [await catchUp("u"), await catchUp("")]);
    await expectFolded();
  });

  test("tells the learner that an attempt was abandoned, and asks it again for the next", async () => {
    await database.sql.unsafe(FAIL_AT_COMMIT);
    const failing: Failing = { at: "COMMIT", sqlState: "40001", times: 2 };
    const { store, learner } = server(failingDatabase(database, failing).database);
    expect(await store.append(observation("a", { entity: "u" }))).toMatchObject({ seq: 1 });
    expect(learner.told).toEqual(["abandoned", "abandoned", "committed"]);
    await expectFolded();
  });

  test("refuses a state that is not written as of its group, and stores nothing", async () => {
    const learner = new HashLearner();
    const fold = learner.fold.bind(learner);
    learner.fold = async (...args) => {
      const learned = await fold(...args);
      return { ...learned, writes: learned.writes.map((state) => ({ ...state, seq: state.seq - 1 })) };
    };
    const { store } = server(database, { learner });
    expect(await store.append(observation("a"))).toMatchObject({ code: "INTERNAL" });
    expect(await readKept(database, APPLICATION)).toEqual([]);
    expect(learner.told).toEqual(["abandoned"]);
  });

  test("stores nothing when learning fails, and says that it was a defect", async () => {
    const learner = new HashLearner();
    learner.fold = () => Promise.reject(new Error("no such weight"));
    const refused = jest.spyOn(database, "refused");
    const { store } = server(database, { learner });
    expect(await store.append(observation("a"))).toMatchObject({
      code: "INTERNAL",
      message: "learning from a group failed",
    });
    expect(refused.mock.calls).toEqual([["no such weight"]]);
    refused.mockRestore();
    expect(await foldLog(database, APPLICATION)).toEqual([]);
  });

  test("gives up on a learner that takes too long, and abandons what it folds in the end", async () => {
    const gates: (() => void)[] = [];
    const beforeFold = () => new Promise<void>((resolve) => gates.push(resolve));
    const clock = new TurningClock();
    const { store, learner } = server(database, { clock }, { beforeFold });
    const outcome = store.append(observation("a"));
    await eventually(() => gates.length > 0);
    clock.advance(5_000);
    expect(await outcome).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(learner.told).toEqual([]);
    gates[0]?.();
    await eventually(() => learner.told.length > 0);
    expect(learner.told).toEqual(["abandoned"]);
    expect(await foldLog(database, APPLICATION)).toEqual([]);
  });

  const CODES = ["40001", "40P01", "57014", "53300", "22003", "53200"];

  test.each(CODES)("ends in success or a typed failure with SQLSTATE %s at any statement", async (sqlState) => {
    await database.sql.unsafe(FAIL_AT_COMMIT);
    const failing: Failing = { at: undefined, sqlState, times: 0 };
    const failed = failingDatabase(database, failing);
    const { store, learner } = server(failed.database);
    await Promise.all([store.append(observation("s")), store.append(observation("t", { entity: "u" }))]);
    await store.append(observation("t2", { key: "c", receiptId: "t", supersedes: "", entity: "u" }));
    const last = failed.statements();
    expect(last).toBeGreaterThanOrEqual(9);
    const places = [...upTo(last), "COMMIT" as const];
    for (const at of places) {
      for (const times of [1, 4]) {
        const receiptId = `${at}-${times}`;
        Object.assign(failing, { at, times });
        const correction = { key: "c", supersedes: "", entity: "u" };
        const outcomes = await Promise.all([
          store.append(observation(receiptId, { entity: "u" })),
          store.append(observation(receiptId, correction)),
          store.append(observation(`plain-${receiptId}`)),
        ]);
        failing.times = 0;
        for (const outcome of outcomes) {
          if (isFailure(outcome)) expect(["STORE_UNAVAILABLE", "BAD_INPUT"]).toContain(outcome.code);
        }
      }
    }
    const log = await database.sql<{ seq: number }[]>`select seq::float8 as seq from observation order by seq`;
    expect(log.map(({ seq }) => seq)).toEqual(upTo(log.length));
    expect(learner.told.filter((told) => told === "abandoned").length).toBeGreaterThan(0);
    const kept = await readKept(database, APPLICATION);
    expect(kept).toHaveLength(2);
    expect(sorted(kept)).toEqual(sorted(await foldFromBirths(database, APPLICATION)));
  });

  test("learns from random schedules of two servers exactly what their log says", async () => {
    await database.sql.unsafe(FAIL_AT_COMMIT);
    const elsewhere = await connectTo(url);
    let round = 0;
    await fc.assert(
      fc.asyncProperty(schedule(), async (steps) => {
        const application = `app${++round}`;
        const failing: Failing = { at: undefined, sqlState: "40001", times: 0 };
        const failed = failingDatabase(database, failing).database;
        const open = (s: number) => server(s === 0 ? failed : elsewhere, { maxGroupRows: 5 }, { snapshotEvery: s + 1 });
        const servers = [open(0), open(1)];
        const pending: Promise<unknown>[] = [];
        for (const step of steps) {
          if (step.kind === "restart") servers[step.server] = open(step.server);
          else if (step.kind === "settle") await Promise.all(pending);
          else if (step.kind === "fail")
            Object.assign(failing, { at: step.at, times: step.times, sqlState: step.code });
          else {
            const { receipt, label, entity, by } = step;
            const truth = { kind: "LABEL", label } as const;
            const change = { application, entity: entity === "" ? undefined : entity, truth, learnedBy: by };
            pending.push(servers[step.server]?.store.append(observation(receipt, change)) as Promise<unknown>);
          }
        }
        await Promise.all(pending);
        const expected = await foldLog(database, application);
        const states = new PostgresStateStore(database);
        for (const { learner } of servers) {
          const wanted = expected.map(({ version, entity }) => {
            const ref = { policyVersion: version, entity };
            return { ...ref, knownSeq: learner.knownSeq(ref) };
          });
          const readings = await states.read(application, wanted);
          const current = readings.map((reading) => learner.current(reading));
          expect(current.map(({ state }) => Buffer.from(state).toString("hex"))).toEqual(
            expected.map(({ state }) => state),
          );
          expect(current.map(({ birth }) => Buffer.from(birth).toString("hex"))).toEqual(
            expected.map(({ birth }) => birth),
          );
        }
      }),
      { numRuns: 25 },
    );
    await elsewhere.close();
  });
});
