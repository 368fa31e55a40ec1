import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { KeptState, StateRef } from "../../src/domain/learningPorts.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { PostgresFeedbackLog } from "../../src/store/feedbackLog.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { PostgresStateStore } from "../../src/store/stateStore.js";
import { foldFromBirths, foldLog, readKept, sorted } from "../support/foldedLog.js";
import { HashLearner, birthOf, foldHash } from "../support/hashLearner.js";
import { newObservation } from "../support/newObservation.js";
import { connectTo, eachPostgres } from "../support/postgres.js";

const APPLICATION = "digits";

function observation(receiptId: string, change: Partial<NewObservation> = {}): NewObservation {
  return newObservation(receiptId, { entity: "u", evidence: null, ...change });
}

const eight = { kind: "LABEL", label: "8" } as const;

await eachPostgres("corrections", (postgres) => {
  let url: string;
  let database: Database;
  let learner: HashLearner;
  let store: PostgresObservationStore;
  let states: PostgresStateStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    learner = new HashLearner();
    store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random, learner });
    states = new PostgresStateStore(database);
  });

  afterEach(async () => {
    await store.drain();
    await database.close();
  });

  async function expectRefolded(): Promise<void> {
    const kept = await readKept(database, APPLICATION);
    expect(sorted(kept)).toEqual(sorted(await foldFromBirths(database, APPLICATION)));
  }

  async function supersededBy(): Promise<unknown[]> {
    const rows = await database.sql<{ by: number | null }[]>`
      select superseded_by::float8 as by from observation order by seq`;
    return rows.map(({ by }) => by);
  }

  test("a correction marks the row that it corrects, and its states are as if that had never been", async () => {
    for (const receipt of ["a", "b", "c"]) await store.append(observation(receipt));
    expect(await store.append(observation("b", { key: "again", supersedes: "", truth: eight }))).toEqual({
      kind: "observation",
      seq: 4,
      duplicate: false,
      superseded: { seq: 2, rebuildPending: false },
    });
    expect(await supersededBy()).toEqual([null, 4, null, null]);
    expect(sorted(await readKept(database, APPLICATION))).not.toEqual(sorted(await foldLog(database, APPLICATION)));
    await expectRefolded();
    await store.append(observation("d"));
    await expectRefolded();
  });

  test("a correction that is sent again is a duplicate and changes nothing", async () => {
    await store.append(observation("a"));
    const correction = observation("a", { key: "again", supersedes: "", truth: eight });
    await store.append(correction);
    const kept = await readKept(database, APPLICATION);
    expect(await store.append(correction)).toEqual({ kind: "observation", seq: 2, duplicate: true });
    expect(await readKept(database, APPLICATION)).toEqual(kept);
    expect(await supersededBy()).toEqual([2, null]);
  });

  test("a correction of nothing is refused by name, and a second one of the same row is a conflict", async () => {
    await store.append(observation("a"));
    expect(await store.append(observation("a", { key: "k", supersedes: "nothing" }))).toMatchObject({
      code: "BAD_INPUT",
      path: ["supersedes"],
      got: '"nothing"',
    });
    expect(await store.append(observation("b", { key: "k", supersedes: "" }))).toMatchObject({ code: "BAD_INPUT" });
    await store.append(observation("a", { key: "k", supersedes: "" }));
    expect(await store.append(observation("a", { key: "l", supersedes: "" }))).toMatchObject({ code: "CONFLICT" });
    expect(await supersededBy()).toEqual([2, null]);
  });

  test("corrections of corrections that arrive in one turn are stored in their order", async () => {
    const outcomes = await Promise.all([
      store.append(observation("a")),
      store.append(observation("x")),
      store.append(observation("a", { key: "1", supersedes: "", truth: eight })),
      store.append(observation("a", { key: "2", supersedes: "1" })),
      store.append(observation("a", { key: "3", supersedes: "1" })),
      store.append(observation("y")),
    ]);
    expect(outcomes).toMatchObject([
      { seq: 1 },
      { seq: 2 },
      { seq: 3, superseded: { seq: 1 } },
      { seq: 4, superseded: { seq: 3 } },
      { code: "CONFLICT" },
      { seq: 5 },
    ]);
    expect(await supersededBy()).toEqual([3, null, 4, null, null]);
    await expectRefolded();
  });

  test("a correction takes the mistake out of versions that learn no more", async () => {
    for (const receipt of ["a", "b"]) await store.append(observation(receipt, { learnedBy: [1, 2] }));
    await store.append(observation("a", { key: "again", supersedes: "", truth: eight, learnedBy: [2] }));
    expect(await readKept(database, APPLICATION)).toHaveLength(4);
    await expectRefolded();
    expect(await states.pendingRebuilds(APPLICATION)).toEqual([]);
  });

  test("what another server knows of a corrected state is replaced at its next reading", async () => {
    await store.append(observation("a"));
    await store.append(observation("b"));
    const elsewhere = new HashLearner();
    const other = new PostgresObservationStore(database, {
      clock: new MonotonicClock(),
      random: Math.random,
      learner: elsewhere,
    });
    await other.append(observation("c"));
    await store.append(observation("b", { key: "again", supersedes: "", truth: eight }));
    await other.append(observation("d"));
    await expectRefolded();
  });

  test("without a learner the states that had learned wait for a rebuild", async () => {
    await store.append(observation("a"));
    const unlearned = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random });
    const outcome = await unlearned.append(observation("a", { key: "k", supersedes: "", truth: eight, learnedBy: [] }));
    expect(outcome).toMatchObject({ superseded: { seq: 1, rebuildPending: true } });
    expect(await states.pendingRebuilds(APPLICATION)).toEqual([
      { policyVersion: 1, entity: "" },
      { policyVersion: 1, entity: "u" },
    ]);
  });

  /** As a job does: folds what is left of the log, and puts it in place if nothing came meanwhile. */
  async function rebuild(ref: StateRef, meanwhile: () => Promise<unknown> = () => Promise.resolve()): Promise<boolean> {
    const [kept] = await states.read(APPLICATION, [{ ...ref, knownSeq: undefined }]);
    const { birth, birthSeq } = kept?.kept as KeptState;
    const end = (await states.heads([APPLICATION])).get(APPLICATION) ?? 0;
    let state = birth;
    const range = { afterSeq: birthSeq, untilSeq: end, ...(ref.entity === "" ? {} : { entity: ref.entity }) };
    for await (const page of new PostgresFeedbackLog(database).read(APPLICATION, range, 700)) {
      for (const row of page) if (row.learnedBy.includes(ref.policyVersion)) state = foldHash(state, row);
    }
    await meanwhile();
    return states.replace(APPLICATION, { ...ref, seq: end, birth, birthSeq, state });
  }

  test("states with too much to fold again wait, and a rebuilt one is put in place only where the log stands still", async () => {
    await store.append(observation("first"));
    await database.sql`
      insert into observation (shard_key, seq, receipt_id, policy_version, entity, predicted_at, truth, learned_by)
      select ${APPLICATION}, n, 'r' || n, 1, case when n % 4 = 0 then 'u' end, now(), '{"kind": "LABEL", "label": "7"}', '{1}'
      from generate_series(2, 2500) n`;
    await database.sql`update application_head set last_seq = 2500`;
    const corrected = await store.append(observation("first", { key: "k", supersedes: "", truth: eight }));
    expect(corrected).toMatchObject({ superseded: { seq: 1, rebuildPending: true } });
    const population = { policyVersion: 1, entity: "" };
    expect(await states.pendingRebuilds(APPLICATION)).toEqual([population]);
    expect(await rebuild(population, () => store.append(observation("meanwhile")))).toBe(false);
    expect(await states.pendingRebuilds(APPLICATION)).toEqual([population]);
    expect(await rebuild(population)).toBe(true);
    expect(await states.pendingRebuilds(APPLICATION)).toEqual([]);
    await store.append(observation("after"));
    await expectRefolded();
  });

  test("the log is read in pages without what was corrected", async () => {
    for (const n of [1, 2, 3, 4, 5]) await store.append(observation(`r${n}`, n === 2 ? { entity: undefined } : {}));
    await store.append(observation("r3", { key: "k", supersedes: "", truth: eight }));
    const log = new PostgresFeedbackLog(database);
    const read = async (range: Parameters<typeof log.read>[1], rows = 2): Promise<number[][]> => {
      const pages: number[][] = [];
      for await (const page of log.read(APPLICATION, range, rows)) pages.push(page.map(({ seq }) => seq));
      return pages;
    };
    expect(await read({ afterSeq: 0 })).toEqual([[1, 2], [4, 5], [6]]);
    expect(await read({ afterSeq: 1, untilSeq: 5 }, 10)).toEqual([[2, 4, 5]]);
    expect(await read({ afterSeq: 0, entity: "u" }, 10)).toEqual([[1, 4, 5, 6]]);
    expect(await read({ afterSeq: 0, untilMs: 1000 })).toEqual([]);
    expect(await read({ afterSeq: 0, sinceMs: Date.now() + 3_600_000 })).toEqual([]);
    expect(await read({ afterSeq: 6 })).toEqual([]);
    for await (const [row] of log.read(APPLICATION, { afterSeq: 5 }, 1)) {
      const { evidence, entity, truth } = observation("r3", { truth: eight });
      expect(row).toMatchObject({
        receiptId: "r3",
        key: "k",
        policyVersion: 1,
        learnedBy: [1],
        evidence,
        entity,
        truth,
      });
      expect(Math.abs((row?.observedAtMs ?? 0) - Date.now())).toBeLessThan(600_000);
    }
  });

  test("the population is born before anything, whoever is corrected", async () => {
    await store.append(observation("a"));
    const kept = await readKept(database, APPLICATION);
    const birth = Buffer.from(birthOf("", new Uint8Array())).toString("hex");
    expect(kept.find(({ entity }) => entity === "")).toMatchObject({ birthSeq: 0, birth });
  });
});
