import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Application } from "../../src/domain/application.js";
import type { Failure } from "../../src/domain/failure.js";
import type { ChangedPolicyVersion, KeptState } from "../../src/domain/learningPorts.js";
import type { NewApplication, NewObservation } from "../../src/domain/storePorts.js";
import { applicationRevision } from "../../src/lib/revision.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { PostgresLearnedStateAdministration } from "../../src/store/learnedStateAdministration.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { PostgresRegistryStore } from "../../src/store/registryStore.js";
import { PostgresStateStore } from "../../src/store/stateStore.js";
import { foldFromBirths, foldLog, readKept, sorted } from "../support/foldedLog.js";
import { HashLearner, birthOf, foldHash } from "../support/hashLearner.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";

const APPLICATION: NewApplication = {
  name: "digits",
  description: "",
  sloMs: 50,
  bulkDeadlineMs: 30_000,
  input: [{ name: "pixels", datatype: "FP32", shape: [8, 8] }],
  output: { kind: "LABEL", labels: ["7", "8"] },
  policy: { kind: "ensemble", eta: 0.2, average: "MEDIAN" },
};

function observation(receiptId: string, change: Partial<NewObservation> = {}): NewObservation {
  return {
    application: "digits",
    receiptId,
    key: "",
    policyVersion: 1,
    entity: "u",
    predictedAtMs: Date.now(),
    truth: { kind: "LABEL", label: "7" },
    evidence: null,
    learnedBy: [1],
    supersedes: undefined,
    ...change,
  };
}

function kept(entity: string, seq: number, state = "s"): KeptState {
  return { policyVersion: 1, entity, seq, birthSeq: 0, birth: Buffer.from("b"), state: Buffer.from(state) };
}

await eachPostgres("learned state", (postgres) => {
  let url: string;
  let database: Database;
  let registry: PostgresRegistryStore;
  let administration: PostgresLearnedStateAdministration;
  let states: PostgresStateStore;
  let learner: HashLearner;
  let store: PostgresObservationStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    registry = new PostgresRegistryStore(database);
    await registry.createApplication(APPLICATION);
    administration = new PostgresLearnedStateAdministration(database);
    states = new PostgresStateStore(database);
    learner = new HashLearner();
    store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random, learner });
  });

  afterEach(async () => {
    await store.drain();
    await database.close();
  });

  async function observeAll(...receipts: string[]): Promise<void> {
    for (const receipt of receipts)
      expect(await store.append(observation(receipt))).toMatchObject({ duplicate: false });
  }

  async function current(): Promise<unknown> {
    const { applications } = await registry.read();
    const { policy, policyVersion, loss } = applications[0] ?? {};
    return { policy, policyVersion, loss };
  }

  test("an application begins with policy version 1; another policy or loss makes the next", async () => {
    const first = { version: 1, policy: APPLICATION.policy, loss: { kind: "ZERO_ONE" }, sinceSeq: 0, frozen: false };
    expect(await administration.policyVersions("digits")).toMatchObject([{ ...first, origin: { kind: "CREATED" } }]);
    await observeAll("a");
    await registry.updateApplication("digits", { policy: { average: "MEDIAN", kind: "ensemble", eta: 0.2 } });
    expect(await administration.policyVersions("digits")).toHaveLength(1);
    await registry.updateApplication("digits", { policy: { kind: "exp3-ix" } });
    await registry.updateApplication("digits", { loss: { kind: "REWARD", min: 0, max: 5 } });
    const reward = { policy: { kind: "exp3-ix" }, loss: { kind: "REWARD", min: 0, max: 5 } };
    expect(await administration.policyVersions("digits")).toMatchObject([
      first,
      { version: 2, policy: { kind: "exp3-ix" }, loss: { kind: "ZERO_ONE" }, sinceSeq: 2 },
      { version: 3, ...reward, sinceSeq: 4 },
    ]);
    expect(await current()).toEqual({ ...reward, policyVersion: 3 });
    expect(await administration.events("digits", 0, 10)).toMatchObject([
      { seq: 2, kind: "POLICY", content: { version: 2, change: "CREATED" } },
      { seq: 3, kind: "POLICY", content: { version: 2, change: "CURRENT" } },
      { seq: 4, content: { version: 3, change: "CREATED" } },
      { seq: 5, content: { version: 3, change: "CURRENT" } },
    ]);
    await observeAll("b");
    expect(await states.heads(["digits", "none"])).toEqual(new Map([["digits", 6]]));
  });

  test("an application that is made again goes on counting its policy versions", async () => {
    await observeAll("a");
    await registry.deleteApplication("digits");
    expect(await registry.createApplication(APPLICATION)).toMatchObject({ value: { policyVersion: 2 } });
    expect(await administration.policyVersions("digits")).toMatchObject([{ version: 1 }, { version: 2, sinceSeq: 1 }]);
  });

  test("a policy that could not be read again is refused", async () => {
    const wrong = { kind: "ensemble", eta: NaN } as const;
    expect(await registry.updateApplication("digits", { policy: wrong })).toMatchObject({
      code: "BAD_INPUT",
      path: ["policy", "eta"],
    });
    expect(await administration.policyVersions("digits")).toHaveLength(1);
  });

  test("an earlier policy version can be made current again, with its policy and loss", async () => {
    await registry.updateApplication("digits", { policy: { kind: "static" }, loss: { kind: "LOG" } });
    const heard: number[] = [];
    const listening = await registry.onChange(() => heard.push(1));
    expect(await administration.setCurrentPolicyVersion("digits", 1)).toMatchObject({ version: 1 });
    await eventually(() => heard.length > 0);
    await listening.stop();
    expect(await current()).toEqual({ policy: APPLICATION.policy, policyVersion: 1, loss: { kind: "ZERO_ONE" } });
    const stale = "0123456789abcdef";
    expect(await administration.setCurrentPolicyVersion("digits", 2, stale)).toMatchObject({ code: "CONFLICT" });
    expect(await current()).toMatchObject({ policyVersion: 1 });
    expect(await administration.setCurrentPolicyVersion("digits", 9)).toMatchObject({ code: "NOT_FOUND" });
    expect(await administration.setCurrentPolicyVersion("nobody", 1)).toMatchObject({ code: "NOT_FOUND" });
    await registry.updateApplication("digits", { policy: { kind: "majority" } });
    expect(await current()).toMatchObject({ policyVersion: 3 });
  });

  test("a version is frozen and thawed", async () => {
    expect(await administration.setFrozen("digits", 1, true)).toMatchObject({ frozen: true });
    expect(await administration.policyVersions("digits")).toMatchObject([{ frozen: true }]);
    expect(await administration.setFrozen("digits", 1, false)).toMatchObject({ frozen: false });
    expect(await administration.setFrozen("digits", 2, false)).toMatchObject({ code: "NOT_FOUND" });
    expect(await administration.setFrozen("digits", 1, true, "0123456789abcdef")).toMatchObject({ code: "CONFLICT" });
    expect(await administration.policyVersions("digits")).toMatchObject([{ frozen: false }]);
    expect(await administration.events("digits", 1, 1)).toMatchObject([{ content: { version: 1, change: "THAWED" } }]);
  });

  test("a change says the application's revision as it left it, which the next change may be made from", async () => {
    const revision = async () => applicationRevision((await registry.read()).applications[0] as Application);
    const revisionOf = (changed: ChangedPolicyVersion | Failure): string =>
      "revision" in changed ? changed.revision : changed.message;
    const before = await revision();
    expect(revisionOf(await administration.setFrozen("digits", 1, true, before))).toBe(before);
    const version = { policy: APPLICATION.policy, loss: { kind: "LOG" }, origin: { kind: "CREATED" } as const };
    const reset = revisionOf(await administration.addPolicyVersion("digits", version, true, before));
    expect(reset).not.toBe(before);
    expect(reset).toBe(await revision());
    const back = await administration.setCurrentPolicyVersion("digits", 1, reset);
    expect(revisionOf(back)).toBe(await revision());
    expect(await administration.setCurrentPolicyVersion("digits", 2, reset)).toMatchObject({
      code: "CONFLICT",
    });
  });

  test("a fork begins with a copy of what was learned, snapshots with what came after them too", async () => {
    learner = new HashLearner({ snapshotEvery: 3 });
    store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random, learner });
    await observeAll("a", "b");
    const version = { policy: APPLICATION.policy, loss: { kind: "LOG" }, origin: { kind: "FORKED", from: 1 } as const };
    const fork = await administration.addPolicyVersion("digits", version, false);
    expect(fork).toMatchObject({ version: 2, origin: { kind: "FORKED", from: 1 }, sinceSeq: 3 });
    const grandchild = { ...version, origin: { kind: "FORKED", from: 2 } as const };
    await administration.addPolicyVersion("digits", grandchild, true);
    expect(await current()).toMatchObject({ policyVersion: 3, loss: { kind: "LOG" } });
    await store.append(observation("c", { learnedBy: [1] }));
    await store.append(observation("d", { learnedBy: [3] }));
    const tails = async (policyVersion: number): Promise<string[][]> => {
      const refs = ["", "u"].map((entity) => ({ policyVersion, entity, knownSeq: undefined }));
      const readings = await states.read("digits", refs);
      return readings.map(({ kept: state, tail }) => [`${state?.seq}`, ...tail.map(({ receiptId }) => receiptId)]);
    };
    expect(await tails(1)).toEqual([
      ["1", "b", "c"],
      ["1", "b", "c"],
    ]);
    expect(await tails(2)).toEqual([
      ["1", "b"],
      ["1", "b"],
    ]);
    expect(await tails(3)).toEqual([
      ["1", "b", "d"],
      ["1", "b", "d"],
    ]);
    const unknown = { ...version, origin: { kind: "FORKED", from: 9 } as const };
    expect(await administration.addPolicyVersion("digits", unknown, false)).toMatchObject({ code: "NOT_FOUND" });
  });

  test("a correction of what a version had learned before it was forked takes it out of the fork too", async () => {
    await observeAll("a", "b");
    const version = { policy: APPLICATION.policy, loss: { kind: "LOG" }, origin: { kind: "FORKED", from: 1 } as const };
    await administration.addPolicyVersion("digits", version, true);
    await store.append(observation("c", { learnedBy: [2] }));
    const truth = { kind: "LABEL", label: "8" } as const;
    const corrected = await store.append(observation("b", { key: "again", supersedes: "", truth, learnedBy: [1] }));
    expect(corrected).toMatchObject({ superseded: { seq: 2, rebuildPending: false } });
    const chain = (...rows: readonly (readonly [string, string, string])[]): string => {
      const birth = birthOf("", new Uint8Array());
      const fold = (state: Uint8Array, [receiptId, key, label]: readonly [string, string, string]): Uint8Array =>
        foldHash(state, { receiptId, key, truth: { kind: "LABEL", label } });
      return Buffer.from(rows.reduce(fold, birth)).toString("hex");
    };
    const populations = (await readKept(database, "digits")).filter(({ entity }) => entity === "");
    expect(Object.fromEntries(populations.map((row) => [row.version, row.state]))).toEqual({
      1: chain(["a", "", "7"], ["b", "again", "8"]),
      2: chain(["a", "", "7"], ["c", "", "7"]),
    });
    const [own] = await states.read("digits", [{ policyVersion: 2, entity: "u", knownSeq: undefined }]);
    expect(own?.tail.map(({ receiptId }) => receiptId)).toEqual([]);
  });

  test("a new version has nothing of what was observed before it", async () => {
    await observeAll("a");
    await registry.updateApplication("digits", { policy: { kind: "exp4" } });
    const wanted = ["", "u"].map((entity) => ({ policyVersion: 2, entity, knownSeq: undefined }));
    expect(await states.read("digits", wanted)).toMatchObject([
      { kept: undefined, anew: true, tail: [], complete: true },
      { kept: undefined, anew: true, tail: [] },
    ]);
  });

  test("reads what an asker lacks, and only that", async () => {
    await observeAll("a", "b");
    const read = async (knownSeq: number | undefined, entity = "u") =>
      (await states.read("digits", [{ policyVersion: 1, entity, knownSeq }]))[0];
    expect(await read(undefined)).toMatchObject({ kept: { seq: 2, birthSeq: 0 }, anew: false, tail: [] });
    expect(await read(1)).toMatchObject({ kept: { seq: 2 }, tail: [] });
    expect(await read(2)).toMatchObject({ kept: undefined, anew: false, tail: [] });
    expect(await read(undefined, "never seen")).toMatchObject({ kept: undefined, anew: true, tail: [] });
    expect(await read(2, "never seen")).toMatchObject({ kept: undefined, anew: false, tail: [] });
  });

  test("never writes an older state over a newer one", async () => {
    await observeAll("a", "b");
    const before = await readKept(database, "digits");
    await states.write("digits", [kept("u", 1), kept("u", 2)]);
    expect(await readKept(database, "digits")).toEqual(before);
    await states.write("digits", [kept("u", 3, "newer"), kept("v", 1)]);
    const [u, v] = await states.read(
      "digits",
      ["u", "v"].map((entity) => ({ policyVersion: 1, entity, knownSeq: undefined })),
    );
    expect(u?.kept).toEqual(kept("u", 3, "newer"));
    expect(v?.kept).toEqual(kept("v", 1));
  });

  test("writes many large states in parts", async () => {
    const large = Array.from({ length: 40 }, (_, n) => kept(`u${n}`, 1, "x".repeat(100_000)));
    await states.write("digits", large);
    const rows = await database.sql`select count(*)::int as n, sum(length(state))::int as bytes from policy_state`;
    expect([...rows]).toEqual([{ n: 40, bytes: 4_000_000 }]);
  });

  test("a reset entity begins anew, whatever a server or a late snapshot still holds", async () => {
    await observeAll("a", "b");
    expect(await administration.resetEntity("digits", "u")).toEqual({ states: 1 });
    const snapshot = kept("u", 2, "from before");
    await states.write("digits", [snapshot]);
    for (const knownSeq of [2, undefined]) {
      const [reading] = await states.read("digits", [{ policyVersion: 1, entity: "u", knownSeq }]);
      expect(reading).toMatchObject({ kept: undefined, anew: true, tail: [] });
    }
    await observeAll("c");
    const [reading] = await states.read("digits", [{ policyVersion: 1, entity: "u", knownSeq: undefined }]);
    expect(reading?.kept).toMatchObject({ seq: 4, birthSeq: 3 });
    const population = await foldLog(database, "digits");
    const states2 = await readKept(database, "digits");
    const of = (all: readonly { entity: string; state: string }[]) => all.find(({ entity }) => entity === "")?.state;
    expect(of(states2)).toBe(of(population));
    expect(await administration.resetEntity("nobody", "u")).toMatchObject({ code: "NOT_FOUND" });
  });

  test("a deleted entity leaves nothing but its digest, and takes no observation of earlier predictions", async () => {
    await observeAll("a", "b");
    await store.append(observation("c", { entity: "v" }));
    await administration.resetEntity("digits", "u");
    const before = Date.now();
    expect(await administration.deleteEntity("digits", "u")).toEqual({ observations: 2, states: 0 });
    expect(await store.append(observation("a", { predictedAtMs: before }))).toMatchObject({ code: "NOT_FOUND" });
    expect(await store.append(observation("d", { predictedAtMs: before }))).toMatchObject({
      code: "NOT_FOUND",
      message: "the entity of this prediction was deleted after it",
    });
    const everything = await database.sql<{ text: string }[]>`
      select (select json_agg(o) from observation o)::text || (select json_agg(s) from policy_state s)::text
        || (select json_agg(e) from log_event e)::text || (select json_agg(t) from entity_tombstone t)::text as text`;
    expect(everything[0]?.text).toContain('"v"');
    expect(everything[0]?.text).not.toContain('"u"');
    expect(await states.pendingRebuilds("digits")).toEqual([{ policyVersion: 1, entity: "" }]);
    const late = observation("e", { predictedAtMs: Date.now() + 60_000 });
    expect(await store.append(late)).toMatchObject({ duplicate: false });
    const kept = (await readKept(database, "digits")).filter(({ entity }) => entity !== "");
    const folded = (await foldFromBirths(database, "digits")).filter(({ entity }) => entity !== "");
    expect(sorted(kept)).toEqual(sorted(folded));
  });

  test("tells which entities have changed, or that all may have", async () => {
    await observeAll("a");
    await store.append(observation("b", { entity: "v" }));
    await store.append(observation("c", { entity: undefined }));
    expect(await states.entitiesSince("digits", 1, 10)).toEqual(["v"]);
    expect((await states.entitiesSince("digits", 0, 10))?.toSorted()).toEqual(["u", "v"]);
    expect(await states.entitiesSince("digits", 0, 1)).toBeUndefined();
    expect(await states.entitiesSince("digits", 3, 10)).toEqual([]);
    expect(await states.entitiesSince("nobody", 0, 10)).toEqual([]);
    await administration.resetEntity("digits", "w");
    expect(await states.entitiesSince("digits", 3, 10)).toEqual(["w"]);
    await administration.deleteEntity("digits", "w");
    expect(await states.entitiesSince("digits", 3, 10)).toBeUndefined();
    await database.sql`update application_head set last_seq = last_seq + 1000`;
    expect(await states.entitiesSince("digits", 5, 10)).toBeUndefined();
  });

  test("notes events in the order of the observations", async () => {
    await observeAll("a");
    const event = { kind: "DRIFT", content: { detector: "ADWIN" } } as const;
    expect(await administration.appendEvent("digits", event)).toMatchObject({ ...event, seq: 2 });
    await observeAll("b");
    const rows = await database.sql`select seq::int as seq from observation order by seq`;
    expect([...rows]).toEqual([{ seq: 1 }, { seq: 3 }]);
    expect(await administration.appendEvent("nobody", event)).toMatchObject({ code: "NOT_FOUND" });
  });

  test("tells other servers of a commit, and of none that stored nothing", async () => {
    const elsewhere = await connectTo(url);
    let heard = 0;
    const listening = await new PostgresStateStore(elsewhere).onChange(() => (heard += 1));
    await observeAll("a");
    await eventually(() => heard === 1);
    await store.append(observation("a"));
    await administration.appendEvent("digits", { kind: "DRIFT", content: {} });
    await eventually(() => heard === 2);
    await listening.stop();
    await elsewhere.close();
    expect(heard).toBe(2);
  });

  test("tells a server nothing of its own commits", async () => {
    const heard = { own: 0, others: 0 };
    const own = new PostgresObservationStore(database, {
      clock: new MonotonicClock(),
      random: Math.random,
      origin: "a",
    });
    const listening = await Promise.all([
      new PostgresStateStore(database, "a").onChange(() => (heard.own += 1)),
      new PostgresStateStore(database, "b").onChange(() => (heard.others += 1)),
    ]);
    await own.append(observation("x"));
    await eventually(() => heard.others === 1);
    await observeAll("a");
    await eventually(() => heard.others === 2);
    await eventually(() => heard.own === 1);
    for (const each of listening) await each.stop();
    await own.drain();
  });

  test("says STORE_UNAVAILABLE when the database is gone", async () => {
    const gone = await connectTo(url);
    await gone.close();
    const unavailable = { failure: { code: "STORE_UNAVAILABLE" } };
    await expect(new PostgresStateStore(gone).heads(["digits"])).rejects.toMatchObject(unavailable);
    await expect(new PostgresStateStore(gone).write("digits", [kept("u", 1)])).rejects.toMatchObject(unavailable);
    const administer = new PostgresLearnedStateAdministration(gone);
    await expect(administer.policyVersions("digits")).rejects.toMatchObject(unavailable);
    expect(await administer.resetEntity("digits", "u")).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});
