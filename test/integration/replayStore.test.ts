import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { packFloats } from "../../src/correction/evidence.js";
import type { NewApplication, NewObservation } from "../../src/domain/storePorts.js";
import type { Signature } from "../../src/domain/tensor.js";
import { emptyProgress } from "../../src/learning/replayFold.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresObservationStore } from "../../src/store/observationStore.js";
import { PostgresRegistryStore } from "../../src/store/registryStore.js";
import { PostgresReplayStore } from "../../src/store/replayStore.js";
import { PostgresStateStore } from "../../src/store/stateStore.js";
import type { PolicyInput } from "../generated/graphql.js";
import { openBandit } from "../support/openBandit.js";
import { connectTo, eachPostgres } from "../support/postgres.js";
import { EVALUATE_POLICY } from "../support/replayOperations.js";
import { testServers } from "../support/testServer.js";

const SAMPLE = openBandit("men").map((row) => ({ ...row, arm: `item-${row.arm}` }));
const ITEMS = [...new Set(SAMPLE.map(({ arm }) => arm))];
const TOGETHER = 2000;
const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};
const SHOP: NewApplication = {
  name: "shop",
  description: "",
  sloMs: 50,
  bulkDeadlineMs: 30_000,
  input: SIGNATURE.inputs,
  output: { kind: "NUMBER" },
  policy: { kind: "exp3-ix" },
  loss: { kind: "REWARD", min: 0, max: 1 },
};
const servers = testServers();

await eachPostgres("replays", (postgres) => {
  let url: string;
  let database: Database;
  let registry: PostgresRegistryStore;
  let store: PostgresReplayStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    registry = new PostgresRegistryStore(database);
    expect(await registry.createApplication(SHOP)).toMatchObject({ kind: "stored" });
    store = new PostgresReplayStore(database);
  });
  afterEach(() => database.close());

  async function linkItems(): Promise<void> {
    for (const model of ITEMS) {
      await registry.registerModelVersion(
        { model, version: 1, signature: SIGNATURE, endpoints: ["127.0.0.1:9"] },
        true,
      );
      expect(await registry.linkModel("shop", { model, weight: 1 })).toMatchObject({ kind: "stored" });
    }
  }

  async function observeSample(): Promise<void> {
    const observations = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random });
    for (let from = 0; from < SAMPLE.length; from += TOGETHER) {
      const rows = SAMPLE.slice(from, from + TOGETHER);
      const stored = await Promise.all(rows.map((row, i) => observations.append(clicked(row, from + i))));
      expect(stored.every(({ kind }) => kind === "observation")).toBe(true);
    }
  }

  function clicked({ arm, propensity, value }: (typeof SAMPLE)[0], i: number): NewObservation {
    return {
      application: "shop",
      receiptId: `r${i}`,
      key: "",
      policyVersion: 1,
      entity: undefined,
      predictedAtMs: Date.now(),
      truth: { kind: "REWARD", reward: value },
      evidence: {
        source: "MODEL",
        members: [{ model: arm, version: 1, values: packFloats([0]) }],
        choice: [arm, propensity, ITEMS.length],
        agreement: 1,
      },
      learnedBy: [],
      supersedes: undefined,
    };
  }

  test("are evaluated through the query: an even choice on the Open Bandit sample gets obp's numbers", async () => {
    await linkItems();
    await observeSample();
    const server = await servers.start({ env: { DATABASE_URL: url } });
    const evaluate = async (policy: PolicyInput, maxRows?: number) =>
      (await server.ask(EVALUATE_POLICY, { application: "shop", policy, maxRows })).policyEvaluation;
    const even = await evaluate({ epsilonGreedy: { epsilon: 1 } });
    if (even.__typename !== "PolicyEvaluation" || even.offPolicy?.ips == null) throw new Error(JSON.stringify(even));
    expect(even).toMatchObject({ rows: 10_000, judged: 10_000, complete: true, measure: "REWARD" });
    expect(even.offPolicy.effectiveSampleSize).toBeCloseTo(655.71, 2);
    expect(even.offPolicy.meanWeight.value).toBeCloseTo(0.943314, 6);
    expect(even.offPolicy.largestWeight).toBeCloseTo(178.2531, 4);
    expect(even.offPolicy.ips.value).toBeCloseTo(0.003009, 6);
    expect(even.offPolicy.snips?.value).toBeCloseTo(0.003189, 6);
    expect(await evaluate({ epsilonGreedy: { epsilon: 1 } }, 50)).toMatchObject({
      rows: 50,
      complete: false,
      verdict: "REFUSED",
    });
    expect(await evaluate({ epsilonGreedy: { epsilon: 1 } }, 0)).toMatchObject({ __typename: "BadInput" });
  });

  test("take a number that no other version gets, one at a time", async () => {
    expect(await store.begin("nobody", emptyProgress(0))).toMatchObject({ code: "NOT_FOUND" });
    expect(await store.begin("shop", emptyProgress(0))).toMatchObject({ version: 2, status: "RUNNING" });
    expect(await store.begin("shop", emptyProgress(0))).toMatchObject({ code: "CONFLICT" });
    await store.fail("shop", 2, "on purpose");
    expect(await store.begin("shop", emptyProgress(0), "0123456789abcdef")).toMatchObject({ code: "CONFLICT" });
    expect(await store.read("shop", 2)).toMatchObject({ status: "FAILED", failure: "on purpose" });
    expect(await store.begin("shop", emptyProgress(0))).toMatchObject({ version: 3 });
  });

  test("of a server that is gone are taken for failed, and what they had written is removed", async () => {
    await store.begin("shop", emptyProgress(0));
    const bytes = Buffer.from("s");
    await store
      .work("shop", 2)
      .write([{ policyVersion: 2, entity: "u", seq: 1, birthSeq: 0, birth: bytes, state: bytes }]);
    await database.sql`update policy_replay set updated_at = now() - interval '2 minutes'`;
    expect(await store.read("shop", 2)).toMatchObject({
      status: "FAILED",
      failure: expect.stringContaining("has gone"),
    });
    expect(await store.begin("shop", emptyProgress(0))).toMatchObject({ version: 3 });
    const [reading] = await new PostgresStateStore(database).read("shop", [
      { policyVersion: 2, entity: "u", knownSeq: undefined },
    ]);
    expect(reading?.kept).toBeUndefined();
    await expect(store.tell("shop", 2, emptyProgress(0))).rejects.toThrow("was given up");
  });

  test("read the log from a time on", async () => {
    const observations = new PostgresObservationStore(database, { clock: new MonotonicClock(), random: Math.random });
    for (const i of [0, 1, 2]) await observations.append(clicked(SAMPLE[i] as (typeof SAMPLE)[0], i));
    await database.sql`update observation set observed_at = to_timestamp(1000 + seq)`;
    expect(await store.seqBefore("shop", 1_002_000)).toBe(1);
    expect(await store.seqBefore("shop", 0)).toBe(0);
    expect(await store.seqBefore("shop", 5_000_000)).toBe(3);
  });
});
