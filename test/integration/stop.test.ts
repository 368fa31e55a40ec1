import { describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import { WebSocket } from "ws";
import { isAlive, until } from "../support/ownProcesses.js";
import { allowTime, application, gated, predict, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { ServerOptions, TestServer } from "../support/testServer.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();

/** A server with one query under way, which is answered when the wrapper gets SIGUSR2. */
async function withQueryUnderWay(options: ServerOptions) {
  const server = await servers.start(options);
  const wrapper = await wrappers.start(gated());
  await register(server, { model: "gated", wrappers: [wrapper] });
  await application(server, "gated", ["gated"]);
  const answer = predict(server, "gated", { values: [7] });
  await wrapper.logged("computing");
  return { server, wrapper, answer };
}

/** A websocket that has completed the protocol's handshake; `closed` is its close code. */
async function openSocket(server: TestServer) {
  const socket = new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => socket.send(JSON.stringify({ type: "connection_init" })));
    socket.once("message", resolve);
  });
  return { socket, closed };
}

/** A request for readiness whose last bytes are held back. */
async function halfAsked(server: TestServer): Promise<{ finish(): Promise<string> }> {
  const { hostname, port } = new URL(server.url);
  const socket = await connected(hostname, Number(port));
  socket.write("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n");
  let answer = "";
  socket.on("data", (chunk) => (answer += String(chunk)));
  const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(answer)));
  return {
    finish: () => {
      socket.write("\r\n");
      return ended;
    },
  };
}

function connected(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket)).once("error", reject);
  });
}

async function expectDrained(
  { server, wrapper, answer }: { server: TestServer; wrapper: WrapperProcess; answer: Promise<unknown> },
  signal: () => void,
): Promise<void> {
  const { closed } = await openSocket(server);
  const readiness = await halfAsked(server);
  // Taken as a request once its first bytes have been read: a later answer on another connection shows that.
  await server.request("/health/live");
  signal();
  expect(await closed).toBe(1001);
  expect(await readiness.finish()).toMatch(/^HTTP\/1\.1 503 /);
  expect(server.process.ended).toBe(false);
  wrapper.signal("SIGUSR2");
  expect(await answer).toMatchObject({ source: "MODEL", output: { number: 7 } });
  expect(await server.process.exited).toEqual({ code: 0, signal: null });
  expect([...server.process.running()]).toEqual([]);
}

describe("a server that is told to stop answers what is under way, then leaves no process", () => {
  test("at SIGINT to the whole process group of npm start, as a terminal sends it", async () => {
    const started = await withQueryUnderWay({ npm: true, args: [] });
    expect(started.server.process.running().size).toBeGreaterThan(4);
    await expectDrained(started, () => started.server.process.signal("SIGINT", "group"));
  });

  test("at SIGTERM to npm alone", async () => {
    const started = await withQueryUnderWay({ npm: true });
    await expectDrained(started, () => started.server.process.signal("SIGTERM", "alone"));
  });

  test("at one signal that is delivered twice within a second", async () => {
    const started = await withQueryUnderWay({});
    await expectDrained(started, () => {
      started.server.process.signal("SIGINT");
      started.server.process.signal("SIGTERM");
    });
  });
});

describe("over a websocket", () => {
  const PREDICT_ONE = `{ predict(input: { application: "gated", input: { values: [8] } }) { ... on Prediction { output { ... on NumberOutput { number } } } } }`;
  const METRICS = `subscription { metrics(of: { application: "gated" }, intervalMs: 60000) { at } }`;

  test("a server that is told to stop answers what is under way, begins nothing new, then closes", async () => {
    const { server, wrapper, answer } = await withQueryUnderWay({});
    const idle = await openSocket(server);
    const { socket, closed } = await openSocket(server);
    const messages: { id: string; type: string; payload?: unknown }[] = [];
    const arrived = (id: string, type: string) =>
      until(`${type} of ${id}`, () => messages.some((message) => message.id === id && message.type === type));
    socket.on("message", (data: Buffer) => messages.push(JSON.parse(String(data)) as (typeof messages)[number]));
    const subscribe = (id: string, query: string) =>
      socket.send(JSON.stringify({ id, type: "subscribe", payload: { query } }));
    subscribe("stream", METRICS);
    await arrived("stream", "next");
    subscribe("one", PREDICT_ONE);
    // Messages are taken in order: when this one has been answered the one before is under way.
    subscribe("after", "{ __typename }");
    await arrived("after", "complete");
    server.process.signal("SIGTERM");
    expect(await idle.closed).toBe(1001);
    subscribe("late", PREDICT_ONE);
    await arrived("late", "error");
    // The first lets the batch of the query over HTTP go, the second that of the one over the websocket.
    wrapper.signal("SIGUSR2");
    await wrapper.logged("computing", 2);
    wrapper.signal("SIGUSR2");
    expect(await closed).toBe(1001);
    expect(messages.filter(({ id }) => id === "one")).toEqual([
      { id: "one", type: "next", payload: { data: { predict: { output: { number: 8 } } } } },
      { id: "one", type: "complete" },
    ]);
    expect(messages.find(({ id }) => id === "late")?.payload).toMatchObject([
      { extensions: { code: "OVERLOADED", retryable: true } },
    ]);
    expect(messages.some(({ id, type }) => id === "stream" && type === "complete")).toBe(false);
    expect(await answer).toMatchObject({ source: "MODEL" });
    expect(await server.process.exited).toEqual({ code: 0, signal: null });
  });

  test("an operation that does not end keeps the server for 5 s", async () => {
    const { server, answer } = await withQueryUnderWay({});
    const cut = answer.catch(() => undefined);
    const { socket, closed } = await openSocket(server);
    socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: PREDICT_ONE.replace("8", "9") } }));
    socket.send(JSON.stringify({ id: "2", type: "subscribe", payload: { query: "{ __typename }" } }));
    await new Promise((resolve) => socket.once("message", resolve));
    server.process.signal("SIGTERM");
    expect(await closed).toBe(1001);
    expect(await server.process.exited).toEqual({ code: 0, signal: null });
    await cut;
  });
});

test("a second signal more than a second later forces", async () => {
  const { server, wrapper, answer } = await withQueryUnderWay({});
  const cut = answer.then(
    () => "answered",
    () => "cut",
  );
  const { closed } = await openSocket(server);
  const firstMs = performance.now();
  server.process.signal("SIGTERM");
  await closed;
  // What tells the second signal from a repetition of the first is time alone.
  await until("a second has passed", () => performance.now() - firstMs > 1100);
  server.process.signal("SIGTERM");
  expect(await server.process.exited).toEqual({ code: 1, signal: null });
  expect(server.process.stderr.text).toContain("SIGTERM again: stopping at once");
  expect(await cut).toBe("cut");
  wrapper.signal("SIGUSR2");
  await until("what it started is gone", () => server.process.running().size === 0);
});

test("a websocket that never closes and a request that never ends do not keep the server", async () => {
  const server = await servers.start();
  const upgraded = await silentWebsocket(server);
  const { hostname, port } = new URL(server.url);
  const slow = request({ hostname, port, path: "/graphql", method: "POST", headers: { "content-length": 100 } });
  slow.on("error", () => undefined);
  await new Promise((resolve) => slow.write("{", resolve));
  expect(await server.stop()).toEqual({ code: 0, signal: null });
  upgraded.destroy();
});

test("a wrapper that hangs with a batch in it does not keep the server", async () => {
  // Nor will the batch be given up.
  const server = await servers.start({ args: ["--example", "none", "--batch-timeout-ms", "3600000"] });
  const wrapper = await wrappers.start(gated());
  await register(server, { model: "gated", wrappers: [wrapper] });
  await application(server, "gated", ["gated"], { sloMs: 500, defaultOutput: { number: 0 } });
  const answer = predict(server, "gated", { values: [7] });
  await wrapper.logged("computing");
  expect(await answer).toMatchObject({ defaultReason: "DEADLINE" });
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});

/** Speaks HTTP as far as the upgrade and then nothing any more, not even the closing handshake. */
async function silentWebsocket(server: TestServer): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = await connected(hostname, Number(port));
  socket.on("error", () => undefined);
  socket.write(
    "GET /graphql HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n",
  );
  const head = await new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(String(chunk))));
  expect(head).toMatch(/^HTTP\/1\.1 101 /);
  return socket;
}

test("a signal during the start leaves no process", async () => {
  const server = await servers.launch({ args: [] });
  await until("PostgreSQL has begun", () => [...server.process.running().values()].some((c) => / -D /.test(c)));
  server.process.signal("SIGTERM");
  await server.process.exited;
  await until("what it started is gone", () => server.process.running().size === 0);
});

test("after kill -9 the wrappers end, and the next start takes the PostgreSQL left behind over", async () => {
  const server = await servers.start({ args: [] });
  const postgres = Number(readFileSync(join(server.folder, "data/postgres/postmaster.pid"), "utf8").split("\n")[0]);
  const wrapperPids = [...server.process.running()].filter(([, command]) => command.includes("onnx/main.js"));
  expect(wrapperPids).toHaveLength(4);
  server.process.signal("SIGKILL");
  await until("its wrappers end", () => wrapperPids.every(([pid]) => !isAlive(pid)));
  expect(isAlive(postgres)).toBe(true);
  const next = await servers.start({ folder: server.folder, args: [] });
  expect(next.process.stderr.text).toContain(`took over from PostgreSQL ${postgres}`);
  expect(isAlive(postgres)).toBe(false);
  await allowTime(next, "digits");
  // A machine that is busy with the start may shed the first queries.
  await until("the models answer", async () => {
    const answer = await predict(next, "digits", { values: new Array<number>(64).fill(1) });
    return answer.__typename === "Prediction" && answer.source === "ENSEMBLE";
  });
});
