import { beforeAll, describe, expect, test } from "@jest/globals";
import { connect } from "node:net";
import { testServers } from "../support/testServer.js";
import type { HttpAnswer, TestServer } from "../support/testServer.js";

/** What the scanner graphql-cop looks for (its 12 registered checks, and field duplication), asked here as it asks. */
const servers = testServers();
let open: TestServer;
let closed: TestServer;
let admin: string;
let reader: string;

const NEW_KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { text } ... on Failure { message } } }`;

async function newKey(input: object, by?: string): Promise<string> {
  const { text } = await closed.post({ query: NEW_KEY, variables: { input } }, bearer(by));
  return (JSON.parse(text) as { data: { createApiKey: { text: string } } }).data.createApiKey.text;
}

function bearer(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}

beforeAll(async () => {
  [open, closed] = await Promise.all([servers.start(), servers.start()]);
  admin = await newKey({ name: "root", scopes: ["PREDICT", "OBSERVE", "READ", "METRICS", "ADMIN"] });
  reader = await newKey({ name: "reader", scopes: ["READ", "PREDICT"] }, admin);
});

const WHO: readonly (readonly [string, () => TestServer, () => string | undefined])[] = [
  ["on open loopback", () => open, () => undefined],
  ["without a key where one is needed", () => closed, () => undefined],
  ["with a key", () => closed, () => reader],
  ["with an administrator's key", () => closed, () => admin],
];
const OTHERS = WHO.slice(1, 3);

const repeated = (times: number, text: (i: number) => string) =>
  Array.from({ length: times }, (_, i) => text(i)).join(" ");
const parsed = ({ text }: HttpAnswer) => JSON.parse(text) as Record<string, never>;

describe.each(WHO)("%s", (_, server, key) => {
  const post = (body: object) => server().post(body, bearer(key()));
  const get = (query: string, accept = "*/*") =>
    server().request(`/graphql?query=${encodeURIComponent(query)}`, { headers: { accept, ...bearer(key()) } });
  const data = (answer: HttpAnswer) => parsed(answer)["data"] as Record<string, unknown> | undefined;

  test("101 aliases are not answered", async () => {
    expect(
      data(await post({ query: `query cop { ${repeated(101, (i) => `alias${i}:__typename`)} }` })),
    ).toBeUndefined();
  });

  test("a list of operations is not answered", async () => {
    const answer = await post(new Array(10).fill({ query: "query cop { __typename }" }));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(Array.isArray(parsed(answer))).toBe(false);
  });

  test("ten directives on a field are one error, not ten", async () => {
    const answer = parsed(await post({ query: `query cop { __typename ${repeated(10, () => "@aa")} }` }));
    expect(answer["errors"]).toHaveLength(1);
  });

  test("one field 500 times is not answered", async () => {
    expect(data(await post({ query: `query cop { ${repeated(500, () => "__typename")} }` }))).toBeUndefined();
  });

  test("neither queries nor mutations are answered to GET", async () => {
    for (const query of [
      "query cop { __typename }",
      'mutation cop { deleteApplication(input: { name: "x" }) { __typename } }',
    ]) {
      const answer = await get(query);
      expect(answer.status).toBe(405);
      expect(answer.text).not.toContain('"data"');
    }
  });

  test.each([
    ["a form", "application/x-www-form-urlencoded", "query=query+cop+%7B__typename%7D"],
    ["plain text", "text/plain", '{"query":"query cop { __typename }"}'],
    ["a form with parts", "multipart/form-data; boundary=x", '--x\r\nContent-Disposition: form-data; name="query"\r\n\r\nquery cop { __typename }\r\n--x--'],
    ["nothing", "", '{"query":"query cop { __typename }"}'],
  ])("a body that pages of other sites may send is not answered: %s", async (_what, type, body) => {
    // Known by then, so that it is not only Apollo Server who would refuse it.
    await post({ query: "query cop { __typename }" });
    const answer = await rawPost(server(), type, body, key());
    expect(answer).not.toContain('"data"');
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  }); // prettier-ignore

  test("errors have neither traces nor stacks", async () => {
    for (const query of [
      "qwerty cop { abc }",
      "query cop { __typename",
      "query cop { predict }",
      "query cop { abc }",
    ]) {
      const { text } = await post({ query });
      expect(text).not.toMatch(/exception|stack|tracing|node_modules|\.js:\d/i);
    }
  });
});

describe.each(OTHERS)("%s", (_, server, key) => {
  const post = (query: string) => server().post({ query }, bearer(key()));

  test("the schema is not to be had", async () => {
    const circular = `query cop { __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }`;
    for (const query of ["query cop { __schema { types { name fields { name } } } }", '{ __type(name: "Query") { name } }', circular]) {
      const { status, text } = await post(query);
      // 400: fields of types of fields are too deep for anybody.
      expect([401, 403, ...(query === circular ? [400] : [])]).toContain(status);
      expect(text).not.toContain('"data"');
    }
  }); // prettier-ignore

  test("nothing is suggested", async () => {
    for (const query of ["query cop { __schema { directive } }", "{ applicatons { __typename } }", "{ predict(inptu: 1) { x } }"]) {
      expect((await post(query)).text).not.toContain("Did you mean");
    }
  }); // prettier-ignore

  test("the page to ask in is the same for everybody, and knows nothing of the schema", async () => {
    const page = async (headers: Record<string, string>) =>
      server().request("/graphql", { headers: { accept: "text/html", ...headers } });
    const { status, text } = await page(bearer(key()));
    expect(status).toBe(200);
    expect(text === (await page({})).text).toBe(true);
    expect(text).not.toMatch(/PredictInput|auditLog|createApiKey/);
  });
});

/** Without what fetch adds. */
function rawPost(server: TestServer, type: string, body: string, key: string | undefined): Promise<string> {
  const { hostname, port } = new URL(server.url);
  const lines = [
    "POST /graphql HTTP/1.1", "Host: localhost", "Connection: close", "Accept: */*", `Content-Length: ${body.length}`,
    ...(type === "" ? [] : [`Content-Type: ${type}`]),
    ...(key === undefined ? [] : [`Authorization: Bearer ${key}`]),
  ]; // prettier-ignore
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(`${lines.join("\r\n")}\r\n\r\n${body}`));
    let heard = "";
    socket.on("data", (part) => (heard += String(part)));
    socket.once("error", reject);
    socket.once("close", () => resolve(heard));
  });
}
