import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { request, Agent } from "node:http";
import {
  application,
  growBatches,
  misbehaving,
  predict,
  readyReplicas,
  register,
  testWrappers,
  TWO_NUMBERS,
  way,
} from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { until } from "../support/ownProcesses.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
const MANY = 20;

describe("queries that wait for a busy model", () => {
  let server: TestServer;
  let wrapper: WrapperProcess;
  let value = 0;
  beforeAll(async () => {
    server = await servers.start();
    wrapper = await wrappers.start(misbehaving("busy"));
    await register(server, { model: "busy", wrappers: [wrapper] });
    await application(server, "busy", ["busy"], { ...TWO_NUMBERS, sloMs: 30_000 });
  });
  beforeEach(async () => {
    await readyReplicas(server, "busy", 1);
    await growBatches(server, "busy", "busy", MANY);
  });

  const batches = () => server.metric("skysail_model_batches_total", { model: "busy" });
  const queued = () => server.metric("skysail_model_queued_rows", { model: "busy" });

  /** Has the model hold a batch while `ask` sends queries; gives back how many batches they were answered in. */
  async function batchesOf<T>(round: number, ask: () => Promise<T>): Promise<{ answers: T; batches: number }> {
    const first = predict(server, "busy", way("held", ++value));
    await wrapper.logged("holding", round);
    const before = await batches();
    const asked = ask();
    await until(`${MANY} rows wait`, async () => (await queued()) === MANY);
    wrapper.signal("SIGUSR2");
    await first;
    const answers = await asked;
    return { answers, batches: (await batches()) - before };
  }

  const query = (name: string, one: number) =>
    `${name}: predict(input: { application: "busy", input: { values: [0, ${one}] } }) { ... on Prediction { output { ... on NumberOutput { number } } } }`;

  test(`go in one batch when they are ${MANY} fields of one document`, async () => {
    const from = (value += MANY);
    const fields = Array.from({ length: MANY }, (_, i) => query(`p${i}`, from + i));
    value += MANY;
    const { answers, batches } = await batchesOf(1, () => server.post({ query: `{ ${fields.join("\n")} }` }));
    const { data } = JSON.parse(answers.text) as { data: Record<string, { output: { number: number } }> };
    expect(Object.values(data).map(({ output }) => output.number)).toEqual(fields.map((_, i) => from + i));
    expect(batches).toBe(1);
  });

  test(`go in one batch when they are ${MANY} documents on ${MANY} sockets`, async () => {
    const from = (value += MANY);
    value += MANY;
    const agent = new Agent({ maxSockets: MANY });
    const ask = () =>
      Promise.all(Array.from({ length: MANY }, (_, i) => post(server, agent, `{ ${query("p", from + i)} }`)));
    const { answers, batches } = await batchesOf(2, ask);
    expect(answers).toEqual(answers.map((_, i) => `{"data":{"p":{"output":{"number":${from + i}}}}}\n`));
    expect(batches).toBe(1);
    agent.destroy();
  });
});

function post(server: TestServer, agent: Agent, query: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const sent = request(`${server.url}/graphql`, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(text));
    });
    sent.on("error", reject);
    sent.end(JSON.stringify({ query }));
  });
}
