import { beforeAll, describe, expect, test } from "@jest/globals";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
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
  ["5,000 directives", `{ __typename ${"@skip(if: false) ".repeat(5000)} }`],
  [
    "2,001 fields below",
    `{ models { edges { ${numbered(40, (i) => `...f${i}`)} } } } ${numbered(40, (i) => `fragment f${i} on ModelEdge { ${"cursor ".repeat(51)} }`)}`,
  ],
];

describe("a document that is too complex is refused in a moment", () => {
  test.each(ATTACKS)("with %s, over HTTP", async (_, query) => {
    const startedMs = performance.now();
    const { status, text } = await server.post({ query });
    expect(performance.now() - startedMs).toBeLessThan(300);
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

test("literal lists of more than 64 numbers are referred to variables", async () => {
  const list = `[${"1,".repeat(65)}]`;
  const { status, text } = await server.post({
    query: `{ predict(input: { application: "x", input: { values: ${list} } }) { __typename } }`,
  });
  expect(status).toBe(400);
  expect(text).toContain("send it as a variable");
});

test("the server is well afterwards", async () => {
  expect(await server.request("/health/ready")).toMatchObject({ status: 200 });
  expect(server.process.stderr.text).not.toContain("defect");
});
