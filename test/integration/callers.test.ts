import { beforeAll, describe, expect, test } from "@jest/globals";
import { request } from "node:http";
import type { ClientRequest } from "node:http";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { PREDICT } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import {
  application,
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
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
let wrapper: WrapperProcess;
let held = 0;
let value = 0;
beforeAll(async () => {
  server = await servers.start();
  wrapper = await wrappers.start(misbehaving("left"));
  await register(server, { model: "left", wrappers: [wrapper] });
  await application(server, "left", ["left"], { ...TWO_NUMBERS, sloMs: 30_000 });
  await readyReplicas(server, "left", 1);
});

const queued = () => server.metric("skysail_model_queued_rows", { model: "left" });
const waiting = (count: number) => until(`${count} rows wait`, async () => (await queued()) === count);
const rowsSent = () => server.metric("skysail_model_batch_rows_total", { model: "left" });
const variables = (input: { values: number[] }) => ({ input: { application: "left", input } });

/** The model holds a batch: what comes now is queued. Gives what lets go of it. */
async function hold(): Promise<() => Promise<void>> {
  const first = predict(server, "left", way("held", ++value));
  held += 1;
  await wrapper.logged("holding", held);
  return async () => {
    wrapper.signal("SIGUSR2");
    expect(await first).toMatchObject({ source: "MODEL" });
  };
}

/** A request of its own connection, which the test can break. */
function ask(input: { values: number[] }): { readonly sent: ClientRequest; readonly answer: Promise<string> } {
  const headers = { "content-type": "application/json" };
  const sent = request(`${server.url}/graphql`, { method: "POST", agent: false, headers });
  const answer = new Promise<string>((resolve) => {
    sent.on("error", () => resolve("broken"));
    sent.on("response", (response) => {
      let text = "";
      response.on("data", (chunk) => (text += String(chunk)));
      response.on("end", () => resolve(text));
    });
  });
  sent.end(JSON.stringify({ query: PREDICT.toString(), variables: variables(input) }));
  return { sent, answer };
}

describe("a caller that leaves before the answer", () => {
  test("takes its row out of the queue: nothing is computed for it, and it is no answer", async () => {
    const letGo = await hold();
    const asked = Array.from({ length: 20 }, () => ask(way("right", ++value)));
    await waiting(20);
    const before = await rowsSent();
    for (const { sent } of asked.filter((_, i) => i % 2 === 0)) sent.destroy();
    await waiting(10);
    await letGo();
    const answers = await Promise.all(asked.map(({ answer }) => answer));
    expect(answers.filter((answer) => answer === "broken")).toHaveLength(10);
    expect(answers.filter((answer) => answer.includes('"source":"MODEL"'))).toHaveLength(10);
    expect((await rowsSent()) - before).toBe(10);
    expect(await server.metric("skysail_abandoned_total", { application: "left" })).toBe(10);
    expect(await server.metric("skysail_failures_total", { application: "left" })).toBe(0);
  });

  test("leaves the row to those who have joined it, also where it came first", async () => {
    const letGo = await hold();
    const input = way("right", ++value);
    const first = ask(input);
    await waiting(1);
    const others = [1, 2, 3].map(() => ask(input));
    await until("they have joined", async () => (await joined()) >= 3);
    const before = await rowsSent();
    first.sent.destroy();
    others[1]?.sent.destroy();
    await until("both have left", async () => (await server.metric("skysail_abandoned_total")) === 12);
    expect(await queued()).toBe(1);
    await letGo();
    expect(await others[0]?.answer).toContain('"source":"MODEL"');
    expect(await others[2]?.answer).toContain('"source":"MODEL"');
    expect((await rowsSent()) - before).toBe(1);
  });

  test("over a websocket takes all of its rows out when that closes", async () => {
    const letGo = await hold();
    const client = createClient({
      url: `${server.url.replace("http", "ws")}/graphql`,
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    const answers = [1, 2, 3].map(() =>
      client
        .iterate({ query: PREDICT.toString(), variables: variables(way("right", ++value)) })
        .next()
        .catch(() => "closed"),
    );
    await waiting(3);
    client.terminate();
    await waiting(0);
    await letGo();
    await Promise.all(answers);
    await client.dispose();
  });

  const joined = () => server.metric("skysail_cache_lookups_total", { model: "left", result: "joined" });
});
