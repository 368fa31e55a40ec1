import { beforeAll, describe, expect, test } from "@jest/globals";
import type { PredictQuery } from "../generated/graphql.js";
import { MODEL, REGISTER_VERSION, REMOVE_VERSION, SET_CURRENT } from "../support/operations.js";
import { isAlive, until } from "../support/ownProcesses.js";
import {
  allowTime,
  application,
  gated,
  predict,
  readyReplicas,
  register,
  testWrappers,
} from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { nodeWrapper } from "../support/wrapperProcess.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
});

async function replicas(model: string) {
  const { model: found } = await server.ask(MODEL, { name: model });
  return (found?.versions ?? []).flatMap((version) => version.replicas);
}

async function link(model: string, version: number, all: readonly WrapperProcess[], makeCurrent = true) {
  const endpoints = all.map(({ ready }) => ready.listening);
  const input = { model, version, endpoints, makeCurrent };
  const { registerModelVersion: stored } = await server.ask(REGISTER_VERSION, { input });
  if (stored.__typename !== "ModelVersion") throw new Error(JSON.stringify(stored));
}

async function removeVersion(model: string, version: number) {
  const { removeModelVersion: removed } = await server.ask(REMOVE_VERSION, { input: { model, version } });
  if (removed.__typename !== "Model") throw new Error(JSON.stringify(removed));
}

describe("with a batch in flight", () => {
  const start = (name: string, ...args: string[]) => wrappers.start(gated(), "--name", name, ...args);

  test("a replica that is removed is waited for, gets nothing more, and is gone then", async () => {
    const [leaving, staying] = await Promise.all([start("leaving"), start("leaving")]);
    await register(server, { model: "leaving", wrappers: [leaving] });
    await application(server, "leaving", ["leaving"], { sloMs: 30_000 });
    const answer = predict(server, "leaving", { values: [1] });
    await leaving.logged("computing");
    await link("leaving", 1, [leaving, staying]);
    // It is warmed up only with what was answered, and nothing was yet.
    await readyReplicas(server, "leaving", 2);
    await link("leaving", 1, [staying]);
    expect(await replicas("leaving")).toMatchObject([{ state: "READY" }, { state: "DRAINING" }]);
    const other = predict(server, "leaving", { values: [2] });
    await staying.logged("computing");
    staying.signal("SIGUSR2");
    expect(await other).toMatchObject({ output: { number: 2 } });
    leaving.signal("SIGUSR2");
    expect(await answer).toMatchObject({ source: "MODEL", output: { number: 1 } });
    expect(leaving.count("computing")).toBe(1);
    await until("it is gone", async () => (await replicas("leaving")).length === 1);
  });

  test("a replica that is removed and named again before another took its place stays, and serves on", async () => {
    const wrapper = await wrappers.start(nodeWrapper("test/support/wrapperModels/stub.mjs", "--name", "again"));
    await register(server, { model: "again", wrappers: [wrapper] });
    await application(server, "again", ["again"], { sloMs: 10_000 });
    const { listening } = wrapper.ready;
    const name = async (endpoint: string) => {
      const input = { model: "again", version: 1, endpoints: [endpoint] };
      await server.ask(REGISTER_VERSION, { input });
    };
    await name(`unix:${server.folder}/nobody.sock`);
    expect(await replicas("again")).toHaveLength(2);
    expect(await predict(server, "again", { values: [1] })).toMatchObject({ source: "MODEL" });
    await name(listening);
    await until("the other is gone", async () => (await replicas("again")).length === 1);
    expect(await replicas("again")).toMatchObject([{ endpoint: listening, state: "READY" }]);
    expect(await predict(server, "again", { values: [2] })).toMatchObject({ source: "MODEL" });
  });

  test("a version that is removed is waited for, with what is queued behind it", async () => {
    const [old, young] = await Promise.all([start("version"), start("version", "--model-version", "2")]);
    await register(server, { model: "version", wrappers: [old] });
    await application(server, "version", ["version"], { sloMs: 30_000 });
    const first = predict(server, "version", { values: [1] });
    await old.logged("computing");
    const queued = predict(server, "version", { values: [2] });
    await until(
      "one waits",
      async () => (await server.metric("skysail_model_queued_rows", { model: "version" })) === 1,
    );
    await link("version", 2, [young]);
    await readyReplicas(server, "version", 2);
    await removeVersion("version", 1);
    old.signal("SIGUSR2");
    await old.logged("computing", 2);
    old.signal("SIGUSR2");
    expect(await Promise.all([first, queued])).toMatchObject([
      { source: "MODEL", output: { number: 1 }, models: [{ version: 1 }] },
      { source: "MODEL", output: { number: 2 }, models: [{ version: 1 }] },
    ]);
  });
});

describe("a wrapper that the server launched", () => {
  test("is stopped when its version is removed, and the others are not", async () => {
    const own = await servers.start({ args: [] });
    await allowTime(own, "digits");
    const pid = own.process.pidOf("digits-mlp.onnx");
    const young = await wrappers.start(
      nodeWrapper(
        "dist/wrappers/typescript/onnx/main.js",
        ...["--file", "examples/digits/models/digits-mlp.onnx", "--name", "digits-mlp", "--model-version", "2"],
      ),
    );
    const endpoints = [young.ready.listening];
    await own.ask(REGISTER_VERSION, { input: { model: "digits-mlp", version: 2, endpoints } });
    await until("it serves", async () => {
      const { model } = await own.ask(MODEL, { name: "digits-mlp" });
      return model?.versions[0]?.serving === true;
    });
    await own.ask(REMOVE_VERSION, { input: { model: "digits-mlp", version: 1 } });
    await until("its process has ended", () => !isAlive(pid));
    const image = { values: Array.from({ length: 64 }, () => 3) };
    expect(await predict(own, "digits", image)).toMatchObject({ source: "ENSEMBLE" });
    expect([...own.process.running().values()].filter((command) => command.includes(".onnx"))).toHaveLength(3);
    expect(own.process.stderr.text).not.toMatch(/digits-mlp@1\] ended with .* restart/);
  });
});

describe("under load", () => {
  test("replicas and versions come and go without a failed query", async () => {
    const stub = (version = 1) =>
      wrappers.start(
        nodeWrapper("test/support/wrapperModels/stub.mjs", ...["--name", "churn", "--model-version", String(version)]),
      );
    let current = [await stub()];
    await register(server, { model: "churn", wrappers: current });
    await application(server, "churn", ["churn"], { sloMs: 20_000 });
    const bad: PredictQuery["predict"][] = [];
    const versionsSeen = new Set<number>();
    let asked = 0;
    let done = false;
    const client = async () => {
      while (!done) {
        const value = ++asked;
        const answer = await predict(server, "churn", { values: [value] });
        const isRight = answer.__typename === "Prediction" && answer.source === "MODEL";
        if (!isRight || !("number" in answer.output) || answer.output.number !== value) bad.push(answer);
        else versionsSeen.add(answer.models[0]?.version ?? 0);
      }
    };
    const load = Promise.all([1, 2, 3, 4, 5, 6].map(client));
    /** As an operator does who is sure: a wrapper ends when the server has let it go. */
    const end = async (gone: readonly WrapperProcess[]) => {
      const addresses = gone.map(({ ready }) => ready.listening);
      await until("the server has let go", async () =>
        (await replicas("churn")).every(({ endpoint }) => !addresses.includes(endpoint)),
      );
      for (const wrapper of gone) wrapper.signal("SIGTERM");
    };
    for (let version = 1; version <= 4; version++) {
      const more = await Promise.all([stub(version), stub(version)]);
      await link("churn", version, [...current, ...more]);
      await readyReplicas(server, "churn", 3);
      await link("churn", version, more);
      await end(current);
      // One for another, with nothing ready between.
      const [instead] = await Promise.all([stub(version)]);
      await link("churn", version, [instead]);
      await end(more);
      const next = await stub(version + 1);
      await link("churn", version + 1, [next], false);
      await server.ask(SET_CURRENT, { input: { model: "churn", version: version + 1 } });
      await until("the next version answers", () => versionsSeen.has(version + 1));
      await removeVersion("churn", version);
      await end([instead]);
      current = [next];
    }
    done = true;
    await load;
    expect(bad).toEqual([]);
    expect([...versionsSeen]).toEqual([1, 2, 3, 4, 5]);
    expect(asked).toBeGreaterThan(200);
  });
});
