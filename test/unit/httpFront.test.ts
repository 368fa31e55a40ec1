import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Services } from "../../src/graphql/context.js";
import { GraphiqlPage } from "../../src/graphql/graphiqlPage.js";
import { GraphqlHttpFront } from "../../src/graphql/httpFront.js";
import { PersistedOperations } from "../../src/graphql/persistedOperations.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { OPEN_ACCESS } from "../../src/domain/access.js";
import { failure } from "../../src/domain/failure.js";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";

const SECRET = "a secret of the inside";
/** Answers are queued for a turn's end on the hot lane only. */
let hotAnswers = 0;
const defects: unknown[] = [];
const asked: string[] = [];
let failuresOfLog = 0;
let front: GraphqlHttpFront;
let server: Server;

beforeAll(async () => {
  class CountingClock extends MonotonicClock {
    override turnEnd(callback: () => void): void {
      hotAnswers++;
      super.turnEnd(callback);
    }
  }
  const predict: Services["predict"] = ({ application }) => {
    asked.push(application);
    if (application === "throws") throw new Error(SECRET);
    if (application === "rejects") return Promise.reject(new Error(SECRET));
    return Promise.resolve(failure("NOT_FOUND", "none"));
  };
  const access = { identify: () => OPEN_ACCESS };
  const services = { clock: new CountingClock(), predict, access } as unknown as Services;
  const logDefect = (error: unknown): void => {
    defects.push(error);
    if (failuresOfLog-- > 0) throw new Error("the log is broken");
  };
  front = new GraphqlHttpFront({
    schema: buildGraphqlSchema(),
    services,
    operations: new PersistedOperations(),
    graphiql: new GraphiqlPage(""),
    events: { accept: () => Promise.reject(new Error("nobody asks for events")) },
    logDefect,
  });
  await front.start();
  server = createServer((request, response) => front.handle(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterAll(async () => {
  server.close();
  await front.stop();
});

const QUERY = "query ($input: PredictInput!) { predict(input: $input) { __typename } }";
async function ask(application: string, accept = "application/json", query = QUERY) {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ query, variables: { input: { application, input: { values: [1] } } } }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}

test.each([
  ["the pipeline", "throws", `${QUERY} #`],
  ["the pipeline", "rejects", `${QUERY} ##`],
  ["the hot lane", "throws", QUERY],
  ["the hot lane", "rejects", QUERY],
])("an exception inside one request on %s is INTERNAL for it alone: one that %s", async (way, application, query) => {
  if (way === "the hot lane") for (let i = 0; i < 2; i++) await ask("x", "*/*", query);
  const before = { hot: hotAnswers, defects: defects.length };
  const [wrong, right] = await Promise.all([ask(application, "*/*", query), ask("x", "*/*", `${query} # right`)]);
  expect(wrong.body).toMatchObject({
    data: null,
    errors: [{ message: "internal error", path: ["predict"], extensions: { code: "INTERNAL", retryable: false } }],
  });
  expect(JSON.stringify(wrong.body)).not.toContain(SECRET);
  expect(right.body).toEqual({ data: { predict: { __typename: "NotFound" } } });
  expect(defects.slice(before.defects)).toEqual([expect.objectContaining({ message: SECRET })]);
  expect(hotAnswers - before.hot).toBe(way === "the hot lane" ? 1 : 0);
});

test("a request whose answer cannot even be worded is cut, and the next one answered", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  for (let i = 0; i < 2; i++) await ask("x");
  // Of the answer, and of the answer that says so.
  failuresOfLog = 2;
  await expect(ask("throws")).rejects.toThrow("fetch failed");
  expect(await ask("x")).toMatchObject({ status: 200 });
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

test("100 Accept headers that nobody else sends do not keep a new one off the hot lane", async () => {
  for (let i = 0; i < 100; i++) await ask("x", `*/*, text/x-${i}`);
  const before = hotAnswers;
  for (let i = 0; i < 3; i++) await ask("x", "application/json, text/new");
  expect(hotAnswers - before).toBe(2);
});

test("a document's predictions are counted before any is made", async () => {
  asked.length = 0;
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      query: `query ($input: PredictManyInput!) { ${Array.from({ length: 100 }, (_, i) => `a${i}: predictMany(input: $input) { __typename }`).join(" ")} }`,
      variables: { input: { application: "x", inputs: new Array(999).fill({ values: [1] }) } },
    }),
  });
  expect(await response.text()).toContain("QUERY_TOO_COMPLEX");
  expect(asked).toHaveLength(999);
});
