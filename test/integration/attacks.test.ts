import { beforeAll, describe, expect, test } from "@jest/globals";
import { createClient } from "graphql-ws";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { processorMs } from "../support/ownProcesses.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
});

const nested = (levels: number) => `${"{ models ".repeat(levels)}{ __typename }${" }".repeat(levels)}`;
const numbered = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");
const spreads = (count: number) =>
  `{ ...f0 } ${numbered(count, (i) => `fragment f${i} on Query { ...f${i + 1} ...f${i + 1} ...f${i + 1} }`)} fragment f${count} on Query { __typename }`;

const ATTACKS: readonly (readonly [string, string])[] = [
  ["5,000 levels", nested(5000)],
  ["16 levels", nested(16)],
  ["20,000 levels", "{a".repeat(20_000)],
  ["64 KiB and one byte", `{ __typename } #${"x".repeat(64 * 1024)}`],
  ["10,000 fields", `{ ${"__typename ".repeat(4500)} }`],
  ["101 aliases", `{ ${numbered(101, (i) => `a${i}: __typename`)} }`],
  ["101 root fields", `{ ${"__typename ".repeat(101)} }`],
  ["101 root fields in a fragment", `{ ...f } fragment f on Query { ${"__typename ".repeat(101)} }`],
  ["root fields multiplied by fragments", spreads(30)],
  ["a fragment that contains itself", "{ ...f } fragment f on Query { ...f }"],
  ["fragments that contain each other", "{ ...f } fragment f on Query { ...g } fragment g on Query { ...f }"],
  ["6 directives on a field", `{ __typename ${"@skip(if: false) ".repeat(6)} }`],
  [
    "65 numbers in a literal list",
    `{ predict(input: { application: "x", input: { values: [${"1,".repeat(65)}] } }) { __typename } }`,
  ],
  ["5,000 directives", `{ __typename ${"@skip(if: false) ".repeat(5000)} }`],
  [
    "2,001 fields below",
    `{ models { edges { ${numbered(40, (i) => `...f${i}`)} } } } ${numbered(40, (i) => `fragment f${i} on ModelEdge { ${"cursor ".repeat(51)} }`)}`,
  ],
];

describe("a document that is too complex is refused in a moment", () => {
  test.each(ATTACKS)("with %s, over HTTP", async (_, query) => {
    const before = processorMs(server.process.pid);
    const { status, text } = await server.post({ query });
    expect(processorMs(server.process.pid) - before).toBeLessThan(2000);
    expect(status).toBe(400);
    const { errors } = JSON.parse(text) as { errors: { message: string }[] };
    expect(errors).toMatchObject([{ extensions: { code: "QUERY_TOO_COMPLEX", retryable: false } }]);
    expect(errors[0]?.message).toMatch(/limit \d+/);
    expect(text.length).toBeLessThan(500);
  });

  test.each([
    ["extensions", { extensions: {} }],
    ["an operation name of another kind", { operationName: 1 }],
    ["a member that nobody knows", { other: 1 }],
  ])("also in a body with %s", async (_, more) => {
    const query = `{ ${numbered(101, (i) => `a${i}: __typename`)} }`;
    const { status, text } = await server.post({ query, ...more });
    expect(status).toBe(400);
    expect(text).toContain("QUERY_TOO_COMPLEX");
  });

  test("while one within all limits is answered", async () => {
    const { status, text } = await server.post({ query: `{ ${numbered(100, (i) => `a${i}: __typename`)} }` });
    expect(status).toBe(200);
    expect(Object.keys((JSON.parse(text) as { data: object }).data)).toHaveLength(100);
  });

  test("over a websocket too", async () => {
    const client = createClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
    const outcome = (query: string) =>
      new Promise((resolve) =>
        client.subscribe({ query }, { next: resolve, error: resolve, complete: () => undefined }),
      );
    for (const [, query] of ATTACKS.filter(([, text]) => text.length < 60_000)) {
      expect(await outcome(query)).toMatchObject([{ extensions: { code: "QUERY_TOO_COMPLEX" } }]);
    }
    expect(await outcome("{ __typename }")).toEqual({ data: { __typename: "Query" } });
    await client.dispose();
  });
});

describe("a websocket", () => {
  const open = () => new WebSocket(`${server.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const codeOf = (socket: WebSocket) => new Promise<number>((resolve) => socket.once("close", resolve));

  test("is closed at a message above 64 KiB", async () => {
    const socket = open();
    socket.once("open", () =>
      socket.send(JSON.stringify({ type: "connection_init", payload: { x: "x".repeat(65 * 1024) } })),
    );
    expect(await codeOf(socket)).toBe(1009);
  });

  test("is closed when it asks before it has introduced itself", async () => {
    const socket = open();
    socket.once("open", () =>
      socket.send(JSON.stringify({ id: "1", type: "subscribe", payload: { query: "{ __typename }" } })),
    );
    expect(await codeOf(socket)).toBe(4401);
  });

  test("is closed when it does not introduce itself within 3 s", async () => {
    expect(await codeOf(open())).toBe(4408);
  });

  test("is closed at a message that is none", async () => {
    const socket = open();
    socket.once("open", () => socket.send("{"));
    expect(await codeOf(socket)).toBe(4400);
  });
});

describe("predictions that a document multiplies with aliases of one variable", () => {
  const many = (aliases: number, inputs: number) => ({
    query: `query ($input: PredictManyInput!) { ${numbered(aliases, (i) => `a${i}: predictMany(input: $input) { __typename }`)} }`,
    variables: { input: { application: "x", inputs: new Array(inputs).fill({ values: [1] }) } },
  });
  const one = {
    query: `query ($input: PredictInput!) { ${numbered(100, (i) => `a${i}: predict(input: $input) { __typename }`)} }`,
    variables: { input: { application: "x", input: { values: [1] } } },
  };

  test("are refused above 1,000, over HTTP", async () => {
    const { status, text } = await server.post(many(100, 1000));
    const { data, errors } = JSON.parse(text) as { data?: unknown; errors: { message: string }[] };
    expect({ status, data }).toEqual({ status: 400, data: undefined });
    expect(errors).toMatchObject([{ extensions: { code: "QUERY_TOO_COMPLEX", retryable: false } }]);
    expect(errors[0]?.message).toContain("the document asks for too many rows: 100000, limit 1000");
  });

  test("are refused above 1,000, over a websocket", async () => {
    const client = createClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
    const answer = await new Promise((resolve) =>
      client.subscribe(many(11, 100), { next: resolve, error: resolve, complete: () => undefined }),
    );
    expect(answer).toMatchObject([{ extensions: { code: "QUERY_TOO_COMPLEX" } }]);
    await client.dispose();
  });

  test.each([
    ["100 times one", one],
    ["10 times 100", many(10, 100)],
  ])("are answered up to there, in both ways over HTTP: %s", async (_, body) => {
    for (let round = 0; round < 2; round++) {
      const { text } = await server.post(body);
      expect(text).not.toContain("errors");
    }
  });
});

/** With a Host and an Origin of one's own, which fetch does not allow. */
function send(path: string, headers: Readonly<Record<string, string>>, body?: string) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sending = request(`${server.url}${path}`, { method, headers }, (response: IncomingMessage) => {
      let text = "";
      response.on("data", (part) => (text += String(part)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sending.once("error", reject);
    sending.end(body);
  });
}

/** What a websocket's opening comes to: 101, or the status of the refusal. */
function upgrade(url: string, headers: Readonly<Record<string, string>>) {
  return new Promise<number>((resolve, reject) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { headers });
    socket.once("open", () => {
      socket.close();
      resolve(101);
    });
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.once("error", reject);
  });
}

describe("a web page of another site", () => {
  const port = () => new URL(server.url).port;
  const ask = JSON.stringify({ query: "{ __typename }" });
  const json = { "content-type": "application/json" };

  test.each([
    ["another site", () => "https://evil.example"],
    ["another port", () => "http://127.0.0.1:1"],
    ["no port", () => "http://127.0.0.1"],
    ["another name of this address", () => `http://localhost:${port()}`],
    ["a file or a sandbox", () => "null"],
    ["an extension", () => `chrome-extension://127.0.0.1.evil`],
    ["nonsense", () => "x"],
  ])("opens no websocket: Origin is of %s", async (_, origin) => {
    expect(await upgrade(server.url, { origin: origin() })).toBe(403);
  });

  test("while our own page and programs without an origin do", async () => {
    expect(await upgrade(server.url, { origin: server.url })).toBe(101);
    expect(await upgrade(server.url, {})).toBe(101);
  });

  const FOREIGN = ["evil.example", "evil.example:4000", "127.evil.example", "127.0.0.1.evil.example", "localhost.evil"];
  test.each([...FOREIGN, "localhost@evil", "0.0.0.0"])(
    "reaches nothing with a name of its own for this address: Host is %j",
    async (host) => {
      const answer = await send("/graphql", { ...json, host }, ask);
      expect(answer.status).toBe(403);
      const { errors } = JSON.parse(answer.text) as { errors: { message: string }[] };
      expect(errors).toMatchObject([{ extensions: { code: "BAD_INPUT", retryable: false } }]);
      expect(errors[0]?.message).toMatch(/^Host is .*--host <address> --open-access$/);
      for (const path of ["/metrics", "/health/ready", "/graphql", "/nothing"]) {
        expect(await send(path, { host, accept: "text/html" })).toMatchObject({ status: 403 });
      }
      expect(await upgrade(server.url, { host, origin: `http://${host}` })).toBe(403);
    },
  );

  test.each(["localhost", "LocalHost:99", "127.0.0.1", "127.3.2.1:4000", "[::1]", "[::1]:4000"])(
    "while loopback's names do: %s",
    async (host) => {
      expect(await send("/graphql", { ...json, host }, ask)).toMatchObject({ status: 200 });
      expect(await upgrade(server.url, { host })).toBe(101);
    },
  );

  test("is told from others by its Origin alone where the server is open", async () => {
    const open = await servers.start({ args: ["--example", "none", "--host", "0.0.0.0", "--open-access"] });
    const url = open.url.replace("0.0.0.0", "127.0.0.1");
    expect(await upgrade(url, { host: "shop.example", origin: "http://shop.example" })).toBe(101);
    expect(await upgrade(url, { host: "shop.example:443", origin: "https://shop.example" })).toBe(101);
    expect(await upgrade(url, { host: "shop.example", origin: "http://evil.example" })).toBe(403);
  });
});

test("websockets are served at localhost whichever its address", async () => {
  const named = await servers.start({ args: ["--example", "none", "--host", "localhost"] });
  expect(await upgrade(named.url, { origin: named.url })).toBe(101);
  expect(await upgrade(named.url.replace("localhost", "127.0.0.1"), {})).toBe(101);
});

test("headers that do not end within 5 s are not waited for", async () => {
  const { hostname, port } = new URL(server.url);
  const startedMs = performance.now();
  const socket = connect(Number(port), hostname, () =>
    socket.write("GET /health/live HTTP/1.1\r\nHost: localhost\r\n"),
  );
  let text = "";
  socket.on("data", (part) => (text += String(part)));
  await new Promise((resolve) => socket.once("close", resolve));
  expect(text).toMatch(/^HTTP\/1\.1 408 /);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
});

test("the server is well afterwards", async () => {
  expect(await server.request("/health/ready")).toMatchObject({ status: 200 });
  expect(server.process.stderr.text).not.toContain("defect");
});
