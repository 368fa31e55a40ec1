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
  const observe: Services["observe"] = ({ truth }) => {
    if (truth.kind === "REWARD") return Promise.reject(new Error(SECRET));
    if (truth.kind === "NUMBER") throw new Error(SECRET);
    return Promise.resolve(failure("NOT_FOUND", "none"));
  };
  const activate: Services["activate"] = (receipt) =>
    receipt === "rejects" ? Promise.reject(new Error(SECRET)) : Promise.resolve(failure("NOT_FOUND", "none"));
  const logDefect = (error: unknown): void => {
    defects.push(error);
    if (failuresOfLog-- > 0) throw new Error("the log is broken");
  };
  const catalogue = {
    get snapshot() {
      throw new Error(SECRET);
    },
  };
  const access = { identify: () => OPEN_ACCESS };
  const refusals = { count: () => undefined };
  const serving = { predict, observe, activate, catalogue, access, refusals, logDefect };
  const services = { clock: new CountingClock(), ...serving } as unknown as Services;
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

const QUERY =
  "query ($input: PredictInput!) { predict(input: $input) { __typename ... on Failure { code message retryable } } }";
async function post(query: string, variables: object, accept: string) {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    method: "POST",
    headers: { "content-type": "application/json", accept },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, body: (await response.json()) as unknown };
}
const ask = (application: string, accept = "application/json", query = QUERY) =>
  post(query, { input: { application, input: { values: [1] } } }, accept);

const INTERNAL = { __typename: "Unavailable", code: "INTERNAL", message: "internal error", retryable: false };
const NONE = { __typename: "NotFound", code: "NOT_FOUND", message: "none", retryable: false };

test.each([
  ["the pipeline", "throws", `${QUERY} #`],
  ["the pipeline", "rejects", `${QUERY} ##`],
  ["the hot lane", "throws", QUERY],
  ["the hot lane", "rejects", QUERY],
])("an exception inside one request on %s is INTERNAL for it alone: one that %s", async (way, application, query) => {
  if (way === "the hot lane") for (let i = 0; i < 2; i++) await ask("x", "*/*", query);
  const before = { hot: hotAnswers, defects: defects.length };
  const [wrong, right] = await Promise.all([ask(application, "*/*", query), ask("x", "*/*", `${query} # right`)]);
  expect(wrong.body).toEqual({ data: { predict: INTERNAL } });
  expect(right.body).toEqual({ data: { predict: NONE } });
  expect(defects.slice(before.defects)).toEqual([expect.objectContaining({ message: SECRET })]);
  expect(hotAnswers - before.hot).toBe(way === "the hot lane" ? 1 : 0);
});

test.each(["", " # again", " # and again"])(
  "a prediction that fails blanks no other of its document%s",
  async (more) => {
    const one = (name: string) =>
      `${name}: predict(input: { application: "${name}", input: { values: [1] } }) { ...F }`;
    const text = `{ ${["x", "throws", "rejects"].map(one).join(" ")} }`;
    const fragment = "fragment F on PredictResult { __typename ... on Failure { code message retryable } }";
    const { body } = await post(`${text} ${fragment}${more}`, {}, "*/*");
    expect(body).toEqual({ data: { x: NONE, throws: INTERNAL, rejects: INTERNAL } });
  },
);

test("an item that fails takes no other of its list with it, and each is told to the log", async () => {
  const before = defects.length;
  const result = "{ __typename ... on Failure { code message retryable } }";
  const tell = `mutation ($observations: [ObserveInput!]!, $receipts: [String!]!) {
    observeMany(input: { observations: $observations }) ${result}
    activateMany(input: { receipts: $receipts }) ${result}
    observe(input: { of: { receipt: "r" }, truth: { number: 1 } }) ${result}
    activate(input: { receipt: "rejects" }) ${result}
  }`;
  const observations = [{ label: "a" }, { reward: 1 }, { number: 1 }, { label: "b" }].map((truth) => {
    return { of: { receipt: "r" }, truth };
  });
  const { body } = await post(tell, { observations, receipts: ["right", "rejects"] }, "*/*");
  expect(body).toEqual({
    data: {
      observeMany: [NONE, INTERNAL, INTERNAL, NONE],
      activateMany: [NONE, INTERNAL],
      observe: INTERNAL,
      activate: INTERNAL,
    },
  });
  expect(defects.slice(before)).toEqual(new Array(5).fill(expect.objectContaining({ message: SECRET })));
  const many = `query ($input: PredictManyInput!) { predictMany(input: $input) ${result} }`;
  const asking = async (application: string) =>
    (await post(many, { input: { application, inputs: [{ values: [1] }, { values: [2] }] } }, "*/*")).body;
  expect(await asking("throws")).toEqual({ data: { predictMany: [INTERNAL, INTERNAL] } });
  expect(await asking("rejects")).toEqual({ data: { predictMany: [INTERNAL, INTERNAL] } });
});

test("an exception where no failure is foreseen is an error without its text", async () => {
  const { body } = await post('{ application(name: "a") { name } }', {}, "*/*");
  expect(body).toMatchObject({
    errors: [{ message: "internal error", path: ["application"], extensions: { code: "INTERNAL", retryable: false } }],
  });
  expect(JSON.stringify(body)).not.toContain(SECRET);
  expect(defects.at(-1)).toMatchObject({ message: SECRET });
});

test("a request whose answer cannot even be worded is cut, and the next one answered", async () => {
  const unhandled: unknown[] = [];
  const onUnhandled = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", onUnhandled);
  for (let i = 0; i < 2; i++) await ask("x");
  // Of the prediction, of the answer, and of the answer that says so.
  failuresOfLog = 3;
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
  expect(asked).toEqual([]);
});
