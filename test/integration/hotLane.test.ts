import { beforeAll, expect, test } from "@jest/globals";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { HttpAnswer, TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;

beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
  await application(server, "noop", ["noop"], { defaultOutput: { number: 0 } });
});

const FIELDS = `__typename ... on Prediction { id source confidence receipt latencyMs output { ... on NumberOutput { number } } models { model latencyMs values } } ... on Failure { code message retryable } ... on BadInput { path expected got }`;
const PREDICT = `query P($input: PredictInput!) { predict(input: $input) { ${FIELDS} } }`;
const LOOSE = `query L($values: FloatVector, $text: String, $application: String! = "noop") { predict(input: { application: $application, input: { values: $values } }) { ${FIELDS} } applications(first: 1) { edges { node { name } } } }`;
const MANY = `query M($input: PredictManyInput!) { predictMany(input: $input) { ${FIELDS} } }`;
const SWITCH = `query S($yes: Boolean!, $input: PredictInput!) { predict(input: $input) { ... on Prediction @include(if: $yes) { source } ... on Failure @skip(if: $yes) { code } } }`;
const TWO = `query A { __typename } query B($name: String!) { application(name: $name) { name sloMs } }`;
const PAGE = `query Page($first: Int!, $after: String) { applications(first: $first, after: $after) { edges { cursor } } }`;
const RAISE = `mutation R($input: ObserveInput!) { observe(input: $input) { __typename ... on Failure { code message } } }`;

const input = (values: unknown) => ({ input: { application: "noop", input: { values } } });

/** Requests whose operation is learnt from the first good one of its kind; a third of them is wrong in some way. */
const CORPUS: readonly (readonly [string, object])[] = [
  ["a number", { query: PREDICT, variables: input([1]) }],
  ["minus zero", { query: PREDICT, variables: input([-0]) }],
  ["base64", { query: PREDICT, variables: { input: { application: "noop", input: { base64: "AACAPw==" } } } }],
  ["an unknown application", { query: PREDICT, variables: { input: { application: "x", input: { values: [1] } } } }],
  ["too many numbers", { query: PREDICT, variables: input([1, 2]) }],
  ["no numbers", { query: PREDICT, variables: input([]) }],
  ["text among numbers", { query: PREDICT, variables: input(["1"]) }],
  ["null among numbers", { query: PREDICT, variables: input([null]) }],
  ["an object for numbers", { query: PREDICT, variables: input({ 0: 1 }) }],
  ["null for numbers", { query: PREDICT, variables: input(null) }],
  [
    "two encodings",
    { query: PREDICT, variables: { input: { application: "noop", input: { values: [1], text: "1" } } } },
  ],
  ["no encoding", { query: PREDICT, variables: { input: { application: "noop", input: {} } } }],
  ["an unknown field", { query: PREDICT, variables: { input: { application: "noop", input: { values: [1] }, x: 1 } } }],
  ["a missing field", { query: PREDICT, variables: { input: { application: "noop" } } }],
  ["a field of another kind", { query: PREDICT, variables: { input: { application: 7, input: { values: [1] } } } }],
  ["no variables", { query: PREDICT }],
  ["null variables", { query: PREDICT, variables: null }],
  ["a list of variables", { query: PREDICT, variables: [1] }],
  ["text for variables", { query: PREDICT, variables: "{}" }],
  ["a variable too many", { query: PREDICT, variables: { ...input([1]), other: 1 } }],
  ["an operation name", { query: PREDICT, operationName: "P", variables: input([2]) }],
  ["an unknown operation name", { query: PREDICT, operationName: "Q", variables: input([2]) }],
  ["an empty operation name", { query: PREDICT, operationName: "", variables: input([2]) }],
  ["an operation name of another kind", { query: PREDICT, operationName: 1, variables: input([2]) }],
  ["extensions", { query: PREDICT, variables: input([2]), extensions: {} }],
  ["a default variable", { query: LOOSE, variables: { values: [3] } }],
  ["null for a default variable", { query: LOOSE, variables: { values: [3], application: null } }],
  ["a variable left out", { query: LOOSE, variables: {} }],
  ["a bad deadline", { query: PREDICT, variables: { input: { ...input([1]).input, deadlineMs: -1 } } }],
  ["many", { query: MANY, variables: { input: { application: "noop", inputs: [{ values: [1] }, { values: [] }] } } }],
  ["many of none", { query: MANY, variables: { input: { application: "noop", inputs: [] } } }],
  ["many of one", { query: MANY, variables: { input: { application: "noop", inputs: { values: [1] } } } }],
  [
    "too many",
    { query: MANY, variables: { input: { application: "noop", inputs: new Array(1001).fill({ values: [1] }) } } },
  ],
  ["a switch on", { query: SWITCH, variables: { ...input([1]), yes: true } }],
  ["a switch off", { query: SWITCH, variables: { ...input([1]), yes: false } }],
  ["a switch of another kind", { query: SWITCH, variables: { ...input([1]), yes: "no" } }],
  ["the first of two operations", { query: TWO, operationName: "A" }],
  ["the second of two operations", { query: TWO, operationName: "B", variables: { name: "noop" } }],
  ["neither of two operations", { query: TWO }],
  ["a page", { query: PAGE, variables: { first: 2 } }],
  ["a page too large, refused by a resolver", { query: PAGE, variables: { first: 1000 } }],
  ["a cursor that is none", { query: PAGE, variables: { first: 1, after: "x" } }],
  ["a mutation refused", { query: RAISE, variables: { input: { of: { receipt: "x" }, truth: { number: 1 } } } }],
  ["a validation error", { query: "{ nothing }" }],
  ["a syntax error", { query: "{ applications(" }],
  ["no query", { variables: {} }],
  ["an empty query", { query: "" }],
];

/** Of two answers to one request these differ by nature; the source differs between the first time and later. */
function comparable({ status, contentType, text }: HttpAnswer) {
  const body = text
    .replace(/"(id|receipt)":"[^"]*"/g, '"$1":"…"')
    .replace(/"latencyMs":[\d.e-]+/g, '"latencyMs":0')
    .replace(/"source":"(MODEL|CACHE)"/g, '"source":"…"');
  return { status, contentType, body };
}

test(`the hot lane answers ${CORPUS.length} requests as the pipeline does`, async () => {
  const afresh = new Map<string, ReturnType<typeof comparable>>();
  for (const [name, body] of CORPUS) afresh.set(name, comparable(await server.post(body)));
  for (let round = 2; round <= 3; round++) {
    for (const [name, body] of CORPUS) {
      expect({ name, ...comparable(await server.post(body)) }).toEqual({ name, ...afresh.get(name) });
    }
  }
  expect(await server.metric("skysail_hot_operations")).toBeGreaterThanOrEqual(7);
});

test("the pipeline's refusals are the same before their operation is known", async () => {
  const later = await Promise.all(CORPUS.map(([, body]) => server.post(body)));
  const other = await servers.start();
  await register(other, { model: "noop", wrappers: [await wrappers.start(noop())] });
  await application(other, "noop", ["noop"], { defaultOutput: { number: 0 } });
  // Backwards: now the wrong ones come before the right one of their operation.
  for (let i = CORPUS.length - 1; i >= 0; i--) {
    const [name, body] = CORPUS[i] as (typeof CORPUS)[number];
    const answer = comparable(await other.post(body));
    expect({ name, ...answer }).toEqual({ name, ...comparable(later[i] as HttpAnswer) });
  }
});

test.each([["application/json"], ["application/graphql-response+json"], ["*/*"], ["text/plain"]])(
  "the content type is negotiated alike for Accept: %s",
  async (accept) => {
    const body = { query: PREDICT, variables: input([4]) };
    const first = comparable(await server.post(body, { accept }));
    expect(comparable(await server.post(body, { accept }))).toEqual(first);
    expect(comparable(await server.post(body, { accept }))).toEqual(first);
  },
);
