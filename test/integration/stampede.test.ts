import { beforeAll, describe, expect, test } from "@jest/globals";
import { request, Agent } from "node:http";
import { PREDICT_MANY, REGISTER_VERSION, SET_CURRENT } from "../support/operations.js";
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

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
});

describe("ten thousand queries for one input at once", () => {
  const CONNECTIONS = 40;
  const EACH = 250;

  test("are one row of the model", async () => {
    const wrapper = await wrappers.start(gated(), "--name", "hot");
    await register(server, { model: "hot", wrappers: [wrapper] });
    await application(server, "hot", ["hot"], { sloMs: 60_000 });
    const inputs = Array.from({ length: EACH }, () => ({ values: [7] }));
    const body = JSON.stringify({
      query: PREDICT_MANY.toString(),
      variables: { input: { application: "hot", inputs } },
    });
    const agent = new Agent({ maxSockets: CONNECTIONS });
    const asked = Promise.all(Array.from({ length: CONNECTIONS }, () => post(server, agent, body)));
    const joined = () => server.metric("skysail_cache_lookups_total", { model: "hot", result: "joined" });
    await until("all wait", async () => (await joined()) === CONNECTIONS * EACH - 1, 60_000);
    wrapper.signal("SIGUSR2");
    for (const text of await asked) expect(text.match(/"number":7\b/g) ?? text).toHaveLength(EACH);
    agent.destroy();
    expect(wrapper.count("computing")).toBe(1);
    expect(await server.metric("skysail_model_batch_rows_total", { model: "hot" })).toBe(1);
  });
});

describe("a change of version", () => {
  test("serves nobody an answer of the old one, and asks the new one once for each input", async () => {
    const stub = (version: number, ...args: string[]) =>
      wrappers.start(
        nodeWrapper(
          "test/support/wrapperModels/stub.mjs",
          "--name",
          "swapped",
          "--model-version",
          String(version),
          ...args,
        ),
      );
    const [old, young] = await Promise.all([stub(1), stub(2, "--log-batches", "--times", "-1")]);
    await register(server, { model: "swapped", wrappers: [old] });
    await application(server, "swapped", ["swapped"], { sloMs: 30_000 });
    const inputs = Array.from({ length: 100 }, (_, i) => ({ values: [i + 1] }));
    await predictMany(server, "swapped", inputs);
    const cached = await predictMany(server, "swapped", inputs);
    expect(cached.every((answer) => answer.__typename === "Prediction" && answer.source === "CACHE")).toBe(true);
    const version2 = { model: "swapped", version: 2, endpoints: [young.ready.listening], makeCurrent: false };
    await server.ask(REGISTER_VERSION, { input: version2 });
    await readyReplicas(server, "swapped", 2);
    const rowsBefore = await rows();
    await server.ask(SET_CURRENT, { input: { model: "swapped", version: 2 } });
    // All at once: whoever asks after the change has been acknowledged.
    const after = (await Promise.all([1, 2, 3, 4, 5].map(() => predictMany(server, "swapped", inputs)))).flat();
    for (const [i, answer] of after.entries()) {
      const expected = -((i % 100) + 1);
      expect(answer).toMatchObject({ models: [{ version: 2 }], output: { number: expected } });
    }
    expect((await rows()) - rowsBefore).toBe(100);
    await server.ask(SET_CURRENT, { input: { model: "swapped", version: 1 } });
    expect(await predict(server, "swapped", { values: [1] })).toMatchObject({ source: "CACHE", output: { number: 1 } });
  });

  const rows = () => server.metric("skysail_model_batch_rows_total", { model: "swapped", version: "2" });
});

function post(to: TestServer, agent: Agent, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${to.url}/graphql`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(text));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
