import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { POPULATION } from "../../src/domain/learningPorts.js";
import type { KeptState, LogEvent, StateRef } from "../../src/domain/learningPorts.js";
import type { NewApplication, NewObservation } from "../../src/domain/storePorts.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { PostgresLearnedStateAdministration } from "../../src/store/learnedStateAdministration.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { PostgresPriorStore } from "../../src/store/priorStore.js";
import { PostgresRegistryStore } from "../../src/store/registryStore.js";
import { PostgresStateStore } from "../../src/store/stateStore.js";
import { FAIL_AT_COMMIT, failingDatabase } from "../support/failingDatabase.js";
import { HashLearner } from "../support/hashLearner.js";
import { connectTo, eachPostgres } from "../support/postgres.js";

const APPLICATION: NewApplication = {
  name: "digits",
  description: "",
  sloMs: 50,
  bulkDeadlineMs: 30_000,
  input: [{ name: "pixels", datatype: "FP32", shape: [8, 8] }],
  output: { kind: "LABEL", labels: ["7", "8"] },
  policy: { kind: "ensemble" },
};

/** Tells of drift with every group, and of states to be rebuilt. */
class TellingLearner extends HashLearner {
  rebuilds: readonly StateRef[] = [];

  override async fold(...given: Parameters<HashLearner["fold"]>): ReturnType<HashLearner["fold"]> {
    const [, , fresh] = given;
    const events = fresh.map(({ seq }): LogEvent => ({
      kind: "DRIFT",
      content: { of: "ENTITY", entity: "u", at: seq },
    }));
    return { ...(await super.fold(...given)), events, rebuilds: this.rebuilds };
  }
}

await eachPostgres("events and priors", (postgres) => {
  let url: string;
  let database: Database;
  let administration: PostgresLearnedStateAdministration;
  let states: PostgresStateStore;
  let priors: PostgresPriorStore;
  let learner: TellingLearner;
  let store: PostgresObservationStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    await new PostgresRegistryStore(database).createApplication(APPLICATION);
    administration = new PostgresLearnedStateAdministration(database);
    states = new PostgresStateStore(database);
    priors = new PostgresPriorStore(database);
    learner = new TellingLearner();
    store = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random, learner });
  });

  afterEach(async () => {
    await store.drain();
    await database.close();
  });

  function observation(receiptId: string, change: Partial<NewObservation> = {}): NewObservation {
    return {
      ...{ application: "digits", receiptId, key: "", policyVersion: 1, entity: "u", predictedAtMs: Date.now() },
      ...{ evidence: null, learnedBy: [1], supersedes: undefined, truth: { kind: "LABEL", label: "7" } },
      ...change,
    };
  }

  async function events(): Promise<unknown[]> {
    return (await administration.events("digits", 0, 100)).map(({ seq, kind, content }) => [seq, kind, content]);
  }

  const drift = (seq: number, at: number) => [seq, "DRIFT", { of: "ENTITY", entity: "u", at }];

  test("what a group brings to light is in the log behind it, also behind a correction", async () => {
    await Promise.all([store.append(observation("a")), store.append(observation("b"))]);
    await store.append(observation("a", { key: "again", supersedes: "" }));
    await store.append(observation("a"));
    expect(await events()).toEqual([drift(3, 1), drift(4, 2), drift(6, 5)]);
    expect(await states.heads(["digits"])).toEqual(new Map([["digits", 6]]));
    expect(await states.lastEvents(["digits", "nobody"])).toEqual(new Map([["digits", 6]]));
  });

  test("is there once with its group, and not at all without it", async () => {
    await database.sql.unsafe(FAIL_AT_COMMIT);
    const failing = failingDatabase(database, { at: "COMMIT", sqlState: "40001", times: 1 });
    const again = new PostgresObservationStore(failing.database, {
      ...{ clock: new MonotonicClock(), random: Math.random, learner },
    });
    await again.append(observation("a"));
    await again.drain();
    expect(learner.told).toEqual(["abandoned", "committed"]);
    expect(await events()).toEqual([drift(2, 1)]);
  });

  test("the name of an entity leaves the events when it is deleted", async () => {
    await store.append(observation("a"));
    await administration.deleteEntity("digits", "u");
    expect(JSON.stringify(await events())).not.toContain('"u"');
  });

  test("states that lose their digits wait for a rebuild from the group's commit on", async () => {
    learner.rebuilds = [{ policyVersion: 1, entity: "u" }];
    await store.append(observation("a"));
    expect(await states.pendingRebuilds("digits")).toEqual(learner.rebuilds);
  });

  test("of two who learned a prior since the last one, the first is taken", async () => {
    expect(await priors.lastPriorSeq("digits", 1)).toBe(0);
    expect(await priors.appendPrior("digits", 1, 0, { mean: [1] })).toMatchObject({ seq: 1, kind: "PRIOR" });
    expect(await priors.appendPrior("digits", 1, 0, { mean: [2] })).toBeUndefined();
    expect(await priors.appendPrior("digits", 2, 0, { mean: [3] })).toMatchObject({ seq: 2 });
    expect(await priors.appendPrior("digits", 1, 1, { mean: [4] })).toMatchObject({ seq: 3 });
    expect(await priors.lastPriorSeq("digits", 1)).toBe(3);
  });

  test("one server at a time learns an application's prior, and one that fails lets go", async () => {
    const elsewhere = await connectTo(url);
    const others = new PostgresPriorStore(elsewhere);
    const within = () => others.exclusively("digits", () => Promise.resolve("there"));
    expect(await priors.exclusively("digits", within)).toBeUndefined();
    expect(await priors.exclusively("other", within)).toBe("there");
    await expect(priors.exclusively("digits", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    let given: string | undefined;
    for (let i = 0; given === undefined && i < 1000; i++) given = await within();
    expect(given).toBe("there");
    await elsewhere.close();
  });

  test("the population's reading has the priors that stand after it, of its own version and of those that it descends from", async () => {
    const read = async (policyVersion: number, knownSeq: number | undefined, entity = POPULATION) => {
      const [reading] = await states.read("digits", [{ policyVersion, entity, knownSeq }]);
      return reading?.priors?.map(({ seq, prior }) => [seq, prior]);
    };
    await priors.appendPrior("digits", 1, 0, "one");
    const forked = await administration.addPolicyVersion(
      "digits",
      { policy: APPLICATION.policy, loss: { kind: "ZERO_ONE" }, origin: { kind: "FORKED", from: 1 } },
      false,
    );
    expect(forked).toMatchObject({ version: 2, sinceSeq: 2 });
    await priors.appendPrior("digits", 1, 1, "not the fork's");
    await priors.appendPrior("digits", 2, 0, "two");
    expect(await read(1, undefined)).toEqual([
      [1, "one"],
      [3, "not the fork's"],
    ]);
    expect(await read(1, 1)).toEqual([[3, "not the fork's"]]);
    expect(await read(1, 3)).toBeUndefined();
    expect(await read(2, 2)).toEqual([[4, "two"]]);
    expect(await read(1, undefined, "u")).toBeUndefined();
    expect((await states.priors("digits", 2, 0, 100)).map(({ seq }) => seq)).toEqual([1, 4]);
    expect((await states.priors("digits", 1, 0, 2)).map(({ seq }) => seq)).toEqual([1]);
  });

  test("a sample of entities is spread over all of them", async () => {
    const state = (entity: string): KeptState => ({
      ...{ policyVersion: 1, entity, seq: 1, birthSeq: 0 },
      ...{ birth: Buffer.from("b"), state: Buffer.from("s") },
    });
    await states.write("digits", [POPULATION, ...Array.from({ length: 95 }, (_, i) => `e${100 + i}`)].map(state));
    expect(await priors.sampleEntities("digits", 1, 200)).toHaveLength(95);
    const sample = await priors.sampleEntities("digits", 1, 10);
    expect(sample).toHaveLength(9);
    expect([sample[0], sample.at(-1)]).toEqual(["e109", "e189"]);
    expect(await priors.sampleEntities("digits", 2, 10)).toEqual([]);
  });

  test("what was corrected or deleted after a place in the log is noticed, and nothing before it", async () => {
    const since = (seq: number) => states.correctedSince("digits", seq);
    await store.append(observation("a"));
    await store.append(observation("b"));
    expect(await since(0)).toBe(false);
    const corrected = await store.append(observation("a", { key: "again", supersedes: "" }));
    const seq = "seq" in corrected ? corrected.seq : 0;
    expect([await since(0), await since(seq - 1), await since(seq)]).toEqual([true, true, false]);
    await store.append(observation("c", { entity: "v" }));
    expect(await since(seq)).toBe(false);
    await administration.resetEntity("digits", "v");
    expect(await since(seq)).toBe(false);
    await administration.deleteEntity("digits", "v");
    expect(await since(seq)).toBe(true);
    const head = (await states.heads(["digits"])).get("digits") ?? 0;
    expect(await since(head)).toBe(false);
  });
});
