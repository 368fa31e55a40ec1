import { beforeAll, describe, expect, test } from "@jest/globals";
import { CONFIGURE_MODEL, MODEL, REGISTER_VERSION, SET_CURRENT } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import { application, predict, predictMany, readyReplicas, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { nodeWrapper } from "../support/wrapperProcess.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
let value = 0;
beforeAll(async () => {
  server = await servers.start();
});

const stub = (...args: string[]) =>
  wrappers.start(nodeWrapper("test/support/wrapperModels/stub.mjs", "--log-batches", ...args));

async function versions(model: string) {
  return (await server.ask(MODEL, { name: model })).model?.versions ?? [];
}

async function replicaAt(model: string, wrapper: WrapperProcess) {
  const replicas = (await versions(model)).flatMap((version) => version.replicas);
  return replicas.find(({ endpoint }) => endpoint === wrapper.ready.listening);
}

async function link(model: string, version: number, all: readonly WrapperProcess[], makeCurrent = true) {
  const endpoints = all.map(({ ready }) => ready.listening);
  await server.ask(REGISTER_VERSION, { input: { model, version, endpoints, makeCurrent } });
}

describe("a new replica", () => {
  test("of a model that nobody has asked yet has no warm-up, and says so", async () => {
    const first = await stub("--name", "unasked");
    await register(server, { model: "unasked", wrappers: [first] });
    expect(first.count("batch of")).toBe(0);
    expect((await replicaAt("unasked", first))?.warmUp).toMatch(
      /^none: no inputs are given .* none have been recorded/,
    );
    expect(server.process.stderr.text).toMatch(/replica unasked@1#\S+ is ready, on its stream; warm-up: none/);
  });

  test("computes what the model was asked of late, in batches of 1 to the largest, before any query", async () => {
    const first = await stub("--name", "asked");
    await register(server, { model: "asked", wrappers: [first] });
    await server.ask(CONFIGURE_MODEL, { input: { model: "asked", maxBatchRows: 6 } });
    await application(server, "asked", ["asked"]);
    for (let i = 0; i < 3; i++) await predict(server, "asked", { values: [500 + i] });
    const second = await stub("--name", "asked");
    await link("asked", 1, [first, second]);
    await readyReplicas(server, "asked", 2);
    for (const rows of [1, 2, 4, 6]) await second.logged(`batch of ${rows}, 50`);
    expect(second.count("batch of 1, 50")).toBe(2);
    expect(second.count("batch of")).toBe(5);
    expect((await replicaAt("asked", second))?.warmUp).toMatch(/^4 sizes, 1 to 6 rows in /);
  });

  test("of another version is warmed up with what the old one was asked, which answers until then", async () => {
    const old = await stub("--name", "renewed");
    await register(server, { model: "renewed", wrappers: [old] });
    await application(server, "renewed", ["renewed"]);
    await predict(server, "renewed", { values: [700] });
    const { inputs = [], outputs = [] } = (await versions("renewed"))[0] ?? {};
    const plain = (tensors: typeof inputs) => tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    // Nobody listens there: a version that may never be ready.
    const signature = { inputs: plain(inputs), outputs: plain(outputs) };
    const registered = { model: "renewed", version: 2, signature };
    await server.ask(REGISTER_VERSION, { input: { ...registered, endpoints: ["127.0.0.1:1"] } });
    expect(await versions("renewed")).toMatchObject([
      { version: 2, current: true, serving: false },
      { version: 1, current: false, serving: true },
    ]);
    expect(await predict(server, "renewed", { values: [701] })).toMatchObject({ models: [{ version: 1 }] });
    const young = await stub("--name", "renewed", "--model-version", "2");
    await server.ask(REGISTER_VERSION, { input: { ...registered, endpoints: [young.ready.listening] } });
    await until("the new version serves", async () => (await versions("renewed"))[0]?.serving === true);
    expect(young.count("batch of 1, 70")).toBe(2);
    expect(await predict(server, "renewed", { values: [702] })).toMatchObject({ models: [{ version: 2 }] });
    await server.ask(SET_CURRENT, { input: { model: "renewed", version: 1 } });
    expect(await predict(server, "renewed", { values: [703] })).toMatchObject({ models: [{ version: 1 }] });
  });

  test("is warmed up with inputs that are given, which are checked", async () => {
    const first = await stub("--name", "given");
    await register(server, { model: "given", wrappers: [first] });
    const configure = async (warmUpInputs: { values: number[] }[]) =>
      (await server.ask(CONFIGURE_MODEL, { input: { model: "given", warmUpInputs, maxBatchRows: 2 } })).configureModel;
    expect(await configure([{ values: [1] }, { values: [1, 2] }])).toMatchObject({
      __typename: "BadInput",
      path: ["input", "warmUpInputs", "1", "values"],
    });
    expect(await configure([{ values: [901] }, { values: [902] }])).toMatchObject({ settings: { warmUpInputs: 2 } });
    const second = await stub("--name", "given");
    await link("given", 1, [first, second]);
    await readyReplicas(server, "given", 2);
    expect([second.count("batch of 1, 901"), second.count("batch of 2, 902")]).toEqual([2, 1]);
  });

  test("whose first call takes 150 ms is given batches that fit at once", async () => {
    const inputs = () => Array.from({ length: 40 }, () => ({ values: [++value] }));
    const first = await stub("--name", "slow-first", "--first-ms", "150");
    await register(server, { model: "slow-first", wrappers: [first] });
    await application(server, "slow-first", ["slow-first"], { sloMs: 100 });
    // The first call teaches nobody that all are slow, also where there was no warm-up.
    await until("a batch fits", async () =>
      (await predictMany(server, "slow-first", inputs())).every(({ __typename }) => __typename === "Prediction"),
    );
    let second = first;
    let batchRows = 1;
    // On a machine that halts for a moment a warm-up may show that one row is all that fits: then the next one is looked at.
    for (let tries = 0; tries < 5 && batchRows === 1; tries++) {
      second = await stub("--name", "slow-first", "--first-ms", "150");
      await link("slow-first", 1, [first, second]);
      await until("it is warm", async () => (await replicaAt("slow-first", second))?.state === "READY");
      const warmed = await replicaAt("slow-first", second);
      expect(warmed?.warmUp).toMatch(/^\d+ sizes, 1 to \d+ rows/);
      batchRows = warmed?.batchRows ?? 1;
    }
    expect(batchRows).toBeGreaterThan(1);
    await link("slow-first", 1, [second]);
    await readyReplicas(server, "slow-first", 1);
    await until("batches fit", async () =>
      (await predictMany(server, "slow-first", inputs())).every(({ __typename }) => __typename === "Prediction"),
    );
  });
});
