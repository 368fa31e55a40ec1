import { beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../support/ownProcesses.js";
import {
  application,
  gated,
  predict,
  predictMany,
  readyReplicas,
  register,
  testWrappers,
} from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { nodeWrapper } from "../support/wrapperProcess.js";

/** What servers of this kind before this one got wrong, where no other test file is about it. */
const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
let value = 0;
beforeAll(async () => {
  server = await servers.start();
});

const input = () => ({ values: [++value] });
const many = (count: number) => Array.from({ length: count }, input);
const stub = (name: string, ...args: string[]) =>
  wrappers.start(nodeWrapper("test/support/wrapperModels/stub.mjs", "--name", name, "--log-batches", ...args));

describe("a replica is not lost", () => {
  test.each([1, 2, 5])("to queries that have all expired: an objective of %d ms", async (sloMs) => {
    const name = `expired-${sloMs}`;
    const wrapper = await stub(name, "--first-ms", "50");
    await register(server, { model: name, wrappers: [wrapper] });
    await application(server, name, [name], { sloMs });
    await application(server, `${name}-patient`, [name], { sloMs: 20_000 });
    for (let i = 0; i < 20; i++) {
      const answers = await predictMany(server, name, many(50));
      expect(answers).toHaveLength(50);
    }
    await readyReplicas(server, name, 1);
    const answers = await predictMany(server, `${name}-patient`, many(50));
    for (const answer of answers) expect(answer).toMatchObject({ __typename: "Prediction", source: "MODEL" });
    expect(server.process.stderr.text).not.toContain(`replica ${name}@1#${wrapper.ready.listening} is lost`);
  });

  test("to inputs that are empty, or to none", async () => {
    const wrapper = await stub("empty");
    await register(server, { model: "empty", wrappers: [wrapper] });
    await application(server, "empty", ["empty"]);
    expect(await predictMany(server, "empty", [])).toEqual([]);
    expect(await predict(server, "empty", { values: [] })).toMatchObject({ __typename: "BadInput" });
    expect(await predict(server, "empty", { base64: "" })).toMatchObject({ __typename: "BadInput" });
    const mixed = await predictMany(server, "empty", [{ values: [] }, input(), { values: [] }]);
    expect(mixed.map(({ __typename }) => __typename)).toEqual(["BadInput", "Prediction", "BadInput"]);
    expect(wrapper.count("batch of")).toBe(1);
    expect(await server.metric("skysail_replica_faults_total", { model: "empty" })).toBe(0);
  });
});

describe("rows that a wrapper computes", () => {
  test("are those that were asked for, none more, whatever the batches", async () => {
    const wrapper = await stub("counted");
    await register(server, { model: "counted", wrappers: [wrapper] });
    await application(server, "counted", ["counted"], { sloMs: 20_000 });
    const first = value + 1;
    let asked = 0;
    for (const count of [1, 3, 100, 7, 256, 2, 31]) {
      asked += count;
      await predictMany(server, "counted", many(count));
    }
    const lines = wrapper.lines("batch of").map((line) => /batch of (\d+), (-?\d+)/.exec(line) as RegExpExecArray);
    expect(lines.reduce((sum, [, rows]) => sum + Number(rows), 0)).toBe(asked);
    for (const [, , last] of lines) {
      expect(Number(last)).toBeGreaterThanOrEqual(first);
      expect(Number(last)).toBeLessThanOrEqual(value);
    }
  });
});

describe("a model is answered for beside another", () => {
  beforeAll(async () => {
    await register(server, { model: "neighbour", wrappers: [await stub("neighbour")] });
    await application(server, "neighbour", ["neighbour"], { sloMs: 20_000 });
  });

  const serves = async () => {
    for (const answer of await predictMany(server, "neighbour", many(20))) {
      expect(answer).toMatchObject({ __typename: "Prediction", source: "MODEL" });
    }
  };

  test("that hangs with a full queue, and then dies", async () => {
    const wrapper = await wrappers.start(gated(), "--name", "hanging");
    await register(server, { model: "hanging", wrappers: [wrapper] });
    await application(server, "hanging", ["hanging"], { sloMs: 60_000 });
    const flood = Promise.all([1, 2, 3, 4, 5].map(() => predictMany(server, "hanging", many(1000))));
    await wrapper.logged("computing");
    const queued = () => server.metric("skysail_model_queued_rows", { model: "hanging" });
    await until("its queue is full", async () => (await queued()) >= 4000);
    await serves();
    wrapper.signal("SIGKILL");
    await serves();
    const answers = (await flood).flat();
    expect(answers).toHaveLength(5000);
    const codes = new Set(answers.map((answer) => ("code" in answer ? answer.code : answer.__typename)));
    expect([...codes].toSorted()).toEqual(["MODEL_UNAVAILABLE", "OVERLOADED"]);
    await serves();
  });
});
