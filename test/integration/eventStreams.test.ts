import { beforeAll, expect, test } from "@jest/globals";
import type {
  EventsSubscription,
  MetricsSubscription,
  PolicyUpdatesSubscription,
  PredictionsSubscription,
} from "../generated/graphql.js";
import { readEvents } from "../support/eventReader.js";
import type { ReadEvent } from "../support/eventReader.js";
import { EVENTS, POLICY_UPDATES, PREDICTIONS } from "../support/liveOperations.js";
import { METRICS } from "../support/metricsOperation.js";
import { OBSERVE, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { application, noop, predictMany, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
  await application(server, "one", ["noop"]);
});

const samples = { query: METRICS.toString(), variables: { of: { application: "one" }, intervalMs: 100 } };
const TYPENAME = { query: "{ __typename }" };

async function next(events: AsyncGenerator<ReadEvent, void>): Promise<ReadEvent> {
  const { value } = await events.next();
  if (value === undefined) throw new Error("the stream has ended");
  return value;
}

const metricsOf = ({ data }: ReadEvent) => (data as { data: MetricsSubscription }).data.metrics;

test("a subscription is answered in events, over POST and over GET", async () => {
  const address = new URLSearchParams({ query: samples.query, variables: JSON.stringify(samples.variables) });
  const get = fetch(`${server.url}/graphql?${String(address)}`, { headers: { accept: "text/event-stream" } });
  for (const response of [await server.events(samples), await get]) {
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    const events = readEvents(response);
    expect(metricsOf(await next(events))).toMatchObject({ intervalMs: 0, dropped: 0 });
    await predictMany(server, "one", [{ values: [1] }]);
    for (let answers = 0; answers === 0;) {
      const { application: sample } = metricsOf(await next(events));
      answers = sample?.sources.length ?? 0;
    }
    await events.return();
  }
});

test("a client that takes JSON too gets events for subscriptions alone", async () => {
  const accept = "application/graphql-response+json, text/event-stream";
  for (let i = 0; i < 2; i++) {
    const answer = await server.post(TYPENAME, { accept });
    expect([answer.contentType.split(";")[0], answer.text.trim()]).toEqual([
      "application/graphql-response+json",
      '{"data":{"__typename":"Query"}}',
    ]);
  }
  const events = readEvents(await server.events(samples, { accept }));
  expect(metricsOf(await next(events)).intervalMs).toBe(0);
  await events.return();
});

test("pages of other sites open none, but those that the server was told of", async () => {
  const address = `${server.url}/graphql?query=${encodeURIComponent("subscription { __typename }")}`;
  for (const headers of [{ origin: "https://evil.example" }, { "sec-fetch-site": "cross-site" }]) {
    const { status } = await fetch(address, { headers: { accept: "text/event-stream", ...headers } });
    expect(status).toBe(403);
  }
  const own = { accept: "text/event-stream", origin: server.url };
  const { status, body } = await fetch(address, { headers: own });
  expect(status).toBe(200);
  await body?.cancel();
});

test("a query by GET is not answered, and variables that are no JSON neither", async () => {
  const accept = "text/event-stream";
  const asked = await server.request("/graphql?query=%7B__typename%7D", { headers: { accept } });
  expect([asked.status, asked.text]).toEqual([405, expect.stringContaining("POST it")]);
  const wrong = await server.request("/graphql?query=x&variables=%7B", { headers: { accept } });
  expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining("variables")]);
});

/** The values of one subscription's only field. */
async function* follow<Result>(document: { toString(): string }, variables: object): AsyncGenerator<Result, void> {
  for await (const { event, data } of readEvents(await server.events({ query: document.toString(), variables }))) {
    const { data: result } = data as { data?: Record<string, Result> | null };
    const [value] = Object.values(result ?? {});
    if (event !== "next" || value === undefined) throw new Error(JSON.stringify(data));
    yield value;
  }
}

async function value<T>(from: AsyncGenerator<T, void>): Promise<T> {
  const { value: told } = await from.next();
  if (told === undefined) throw new Error("the stream has ended");
  return told;
}

test("answers are told as they are given, with a hash of whom they were for", async () => {
  type Told = PredictionsSubscription["predictions"];
  const told = follow<Told>(PREDICTIONS, { application: "one", sampleEvery: 1 });
  const first = value(told);
  let answers = 0;
  const ask = async (entity: string) =>
    server.ask(PREDICT_FOR_RECEIPT, { input: { application: "one", input: { values: [answers++] }, entity } });
  let heard: Told | undefined;
  void first.then((answer) => (heard = answer));
  // It begins when the server has the subscription.
  while (heard === undefined) await ask("ann");
  expect(heard).toMatchObject({ source: "MODEL", entity: "ann", dropped: 0 });
  expect(heard.entityHash).toMatch(/^[\w-]{43}$/);
  await ask("bob");
  let other = await value(told);
  while (other.entity !== "bob") {
    expect(other.entityHash).toBe(heard.entityHash);
    other = await value(told);
  }
  expect(other.entityHash).not.toBe(heard.entityHash);
  await told.return();
});

test("a policy is told at once, and again when it has learned", async () => {
  const told = follow<PolicyUpdatesSubscription["policyUpdates"]>(POLICY_UPDATES, {
    application: "one",
    intervalMs: 100,
  });
  const first = await value(told);
  expect(first).toMatchObject({ policyVersion: 1, weights: [{ model: "noop", weight: 1 }], dropped: 0 });
  const { predict } = await server.ask(PREDICT_FOR_RECEIPT, { input: { application: "one", input: { values: [5] } } });
  const receipt = predict.__typename === "Prediction" ? predict.receipt : "";
  await server.ask(OBSERVE, { input: { of: { receipt }, truth: { number: 5 } } });
  expect((await value(told)).stateSeq).toBeGreaterThan(first.stateSeq);
  await told.return();
});

test("what happens to a model's replicas is told", async () => {
  const own = await wrappers.start(noop("--name", "mortal"));
  await register(server, { model: "mortal", wrappers: [own] });
  const told = follow<EventsSubscription["events"]>(EVENTS, { of: { model: "mortal" } });
  const first = value(told);
  // Something that was there when it began cannot have been missed.
  await next(readEvents(await server.events(samples)));
  own.signal("SIGKILL");
  const replica = own.ready.listening;
  expect(await first).toMatchObject({ kind: "REPLICA_STATE", model: "mortal", version: 1, replica, before: "READY" });
  await told.return();
});

test.each([
  [POLICY_UPDATES, { application: "nowhere", intervalMs: 1000 }, "NOT_FOUND"],
  [POLICY_UPDATES, { application: "one", intervalMs: 1 }, "BAD_INPUT"],
  [PREDICTIONS, { application: "nowhere", sampleEvery: 1 }, "NOT_FOUND"],
  [PREDICTIONS, { application: "one", sampleEvery: 0 }, "BAD_INPUT"],
  [EVENTS, { of: { model: "nothing" } }, "NOT_FOUND"],
  [EVENTS, { of: { application: "one", model: "mortal" } }, "BAD_INPUT"],
])("what cannot be followed is refused: %#", async (document, variables, code) => {
  const { data } = await next(readEvents(await server.events({ query: document.toString(), variables })));
  expect(data).toMatchObject({ errors: [{ extensions: { code } }] });
});

test("when the server stops, streams end without completion, so that clients come again", async () => {
  const events = readEvents(await server.events(samples));
  await next(events);
  const rest: ReadEvent[] = [];
  const read = (async () => {
    for await (const event of events) rest.push(event);
  })();
  expect((await server.stop()).code).toBe(0);
  await read;
  expect(rest.some(({ event }) => event === "complete")).toBe(false);
});
