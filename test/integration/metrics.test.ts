import { beforeAll, expect, test } from "@jest/globals";
import { createClient } from "graphql-ws";
import type { Client } from "graphql-ws";
import type { ExecutionResult } from "graphql";
import { WebSocket } from "ws";
import type { MetricsSubscription } from "../generated/graphql.js";
import { METRICS } from "../support/metricsOperation.js";
import { MODEL, OBSERVE, REGISTER_VERSION, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { application, noop, predictMany, register, testWrappers } from "../support/registered.js";
import { until } from "../support/ownProcesses.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
  await application(server, "one", ["noop"]);
  await application(server, "other", ["noop"]);
});

const connect = () => createClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });

function samples(client: Client, intervalMs: number, of: object = { application: "one" }) {
  return client.iterate<MetricsSubscription>({ query: METRICS.toString(), variables: { of, intervalMs } });
}

async function next(from: ReturnType<typeof samples>) {
  const result = (await from.next()) as { value?: ExecutionResult<MetricsSubscription> };
  if (result.value?.data == null) throw new Error(JSON.stringify(result));
  return result.value.data.metrics;
}

const total = (counts: readonly { readonly count: number }[] = []) => counts.reduce((sum, { count }) => sum + count, 0);

test("a first sample comes at once, and then one each interval, with what happened in it", async () => {
  const client = connect();
  const running = samples(client, 2000);
  const first = await next(running);
  const nothing = { name: "one", p50Ms: null, p99Ms: null, withinSlo: null, sources: [] };
  expect(first).toMatchObject({ intervalMs: 0, dropped: 0, application: nothing });
  await predictMany(
    server,
    "one",
    [1, 2, 3, 1].map((value) => ({ values: [value] })),
  );
  await predictMany(server, "one", [{ values: [1] }]);
  await predictMany(server, "other", [{ values: [9] }]);
  const { predict } = await server.ask(PREDICT_FOR_RECEIPT, { input: { application: "one", input: { values: [1] } } });
  const receipt = predict.__typename === "Prediction" ? predict.receipt : "";
  await server.ask(OBSERVE, { input: { of: { receipt }, truth: { number: 1 } } });
  const second = await next(running);
  expect(second.intervalMs).toBeGreaterThanOrEqual(1999);
  const { application: sample } = second;
  expect(total(sample?.sources)).toBe(6);
  expect(total(sample?.latencyBuckets)).toBe(6);
  expect(sample?.predictionsPerSecond).toBeCloseTo((6 * 1000) / second.intervalMs, 6);
  expect(sample?.observationsPerSecond).toBeCloseTo(1000 / second.intervalMs, 6);
  expect(sample).toMatchObject({ withinSlo: 1, learning: { weights: [{ model: "noop", weight: 1 }] } });
  expect(sample?.p99Ms).toBeGreaterThanOrEqual(sample?.p50Ms ?? Infinity);
  expect(second.models).toMatchObject([{ model: "noop", version: 1, readyReplicas: 1, queuedRows: 0, failed: 0 }]);
  const [model] = second.models;
  // Three of one's, one of the other's.
  expect(model?.rowsPerSecond).toBeCloseTo((4 * 1000) / second.intervalMs, 6);
  expect(model).toMatchObject({ cacheHits: 2, cacheJoined: 1, cacheMisses: 4, replicas: [{ state: "READY" }] });
  expect(model?.cacheHitShare).toBeCloseTo(2 / 7, 6);
  expect(model?.serviceP99Ms).toBeGreaterThan(0);
  const batches = [model?.batchRows, model?.dispatches, model?.serviceBuckets, model?.replicas[0]?.serviceBuckets];
  expect(batches.map(total)).toEqual([model?.batches, model?.batches, model?.batches, model?.batches]);
  expect(total(model?.queueBuckets)).toBe(4);
  await running.return?.(undefined);
  await client.dispose();
});

test("a model and one of its replicas can be watched, for all applications", async () => {
  const both = await Promise.all([1, 2].map(() => wrappers.start(noop("--name", "watched"))));
  await register(server, { model: "watched", wrappers: both });
  for (const name of ["watching", "watching-too"]) await application(server, name, ["watched"]);
  const client = connect();
  const endpoint = both[0]?.ready.listening ?? "";
  const all = samples(client, 2000, { model: "watched" });
  const one = samples(client, 2000, { replica: { model: "watched", endpoint } });
  await Promise.all([next(all), next(one)]);
  for (const name of ["watching", "watching-too"]) {
    const inputs = Array.from({ length: 20 }, (_, at) => ({ values: [at] }));
    await predictMany(server, name, inputs);
  }
  const { application: none, models } = await next(all);
  expect(none).toBeNull();
  expect(models).toMatchObject([{ model: "watched", version: 1, cacheHits: 20, cacheMisses: 20 }]);
  expect(models[0]?.replicas.map((replica) => replica.endpoint)).toEqual(both.map(({ ready }) => ready.listening));
  const { models: ofOne } = await next(one);
  expect(ofOne[0]?.replicas.map((replica) => replica.endpoint)).toEqual([endpoint]);
  await client.dispose();
});

test("each replica has figures of its own, in the API and for Prometheus, until it is gone", async () => {
  const [first, second] = await Promise.all([1, 2].map(() => wrappers.start(noop("--name", "figures"))));
  const both = [first, second] as [WrapperProcess, WrapperProcess];
  await register(server, { model: "figures", wrappers: both });
  await application(server, "figures", ["figures"]);
  for (let i = 0; i < 10; i++) {
    await predictMany(
      server,
      "figures",
      Array.from({ length: 20 }, (_, at) => ({ values: [100 * i + at] })),
    );
  }
  const { model } = await server.ask(MODEL, { name: "figures" });
  const replicas = model?.versions[0]?.replicas ?? [];
  expect(replicas.reduce((sum, { figures }) => sum + figures.rows, 0)).toBe(200);
  for (const { endpoint, figures } of replicas) {
    expect(figures).toMatchObject({ overdue: 0, lost: 0, ejected: 0, retried: 0, restarts: 0 });
    const labels = { model: "figures", replica: endpoint };
    expect(await server.metric("skysail_replica_rows_total", labels)).toBe(figures.rows);
    expect(await server.metric("skysail_replica_service_seconds_count", labels)).toBe(figures.batches);
    expect(await server.metric("skysail_replica_state", { ...labels, state: "READY" })).toBe(1);
  }
  both[0].signal("SIGKILL");
  await both[0].exited;
  const gone = { model: "figures", replica: both[0].ready.listening };
  await until(
    "it is seen",
    async () => (await server.metric("skysail_replica_state", { ...gone, state: "READY" })) === 0,
  );
  expect(await server.metric("skysail_replica_links_total", gone)).toBe(1);
  await server.ask(REGISTER_VERSION, {
    input: { model: "figures", version: 1, endpoints: [both[1].ready.listening] },
  });
  const { text } = await server.request("/metrics");
  expect(text).toContain(`replica="${both[1].ready.listening}"`);
  expect(text).not.toContain(`replica="${gone.replica}"`);
});

test("two subscribers on one socket each get their own intervals", async () => {
  const client = connect();
  const [fast, slow] = [samples(client, 100), samples(client, 1000)];
  await Promise.all([next(fast), next(slow)]);
  let fastOnes = 0;
  const slowOne = next(slow).then((sample) => sample.intervalMs);
  let done = false;
  void slowOne.then(() => (done = true));
  while (!done) {
    await next(fast);
    fastOnes += 1;
  }
  expect(await slowOne).toBeGreaterThanOrEqual(999);
  expect(fastOnes).toBeGreaterThanOrEqual(2);
  await client.dispose();
});

test.each([
  ["an application that does not exist", 1000, { application: "nowhere" }, "NOT_FOUND"],
  ["a model that does not exist", 1000, { model: "nothing" }, "NOT_FOUND"],
  ["a replica that does not exist", 1000, { replica: { model: "noop", endpoint: "127.0.0.1:1" } }, "NOT_FOUND"],
  ["an interval too short", 99, { application: "one" }, "BAD_INPUT"],
  ["an interval too long", 60_001, { application: "one" }, "BAD_INPUT"],
  ["an application and a model", 1000, { application: "one", model: "noop" }, "BAD_INPUT"],
  ["a replica without its model", 1000, { replica: { endpoint: "127.0.0.1:1" } }, "BAD_INPUT"],
  ["nothing", 1000, {}, "BAD_INPUT"],
])("a subscription to %s is refused", async (_, intervalMs, of, code) => {
  const client = connect();
  const refused = await samples(client, intervalMs, of)
    .next()
    .catch((errors: unknown) => ({ value: { errors } }));
  expect(refused.value).toMatchObject({ errors: [{ extensions: { code, retryable: false } }] });
  await client.dispose();
});

test("a subscription over HTTP is refused", async () => {
  const { status, text } = await server.post({
    query: METRICS.toString(),
    variables: { of: { application: "one" }, intervalMs: 100 },
  });
  expect(status).toBe(400);
  expect(text).toContain('"code":"BAD_INPUT"');
  expect(text).toContain("websockets");
});

test("predictions over a websocket are those of HTTP", async () => {
  const client = connect();
  const query = `{ predict(input: { application: "one", input: { values: [77] } }) { ... on Prediction { output { ... on NumberOutput { number } } } } }`;
  const result = await client.iterate({ query }).next();
  expect(result.value).toEqual({ data: { predict: { output: { number: 77 } } } });
  await client.dispose();
});
