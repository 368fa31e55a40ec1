import { beforeAll, describe, expect, test } from "@jest/globals";
import { buildClientSchema, buildSchema, findBreakingChanges, getIntrospectionQuery } from "graphql";
import type { IntrospectionQuery } from "graphql";
import { readFileSync } from "node:fs";
import { READ_DIGIT, READ_DIGITS, TELL_DIGITS } from "../support/digitsOperations.js";
import type { ReadDigitQuery } from "../generated/digits/graphql.js";
import { DELETE_APPLICATION, UPDATE_APPLICATION } from "../support/operations.js";
import { askWith } from "../support/keyed.js";
import { OwnProcess } from "../support/ownProcesses.js";
import { allowTime, application } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const ZERO = (JSON.parse(readFileSync("examples/digits/application.json", "utf8")) as Manifest).try.values;
interface Manifest {
  readonly try: { readonly values: number[] };
}

const servers = testServers();
let server: TestServer;

beforeAll(async () => {
  server = await servers.start({ args: ["--example", "all"] });
  await allowTime(server, "reading");
  await allowTime(server, "digits");
});

interface Document<Result, Variables> {
  toString(): string;
  readonly __apiType?: (variables: Variables) => Result;
}

/** Data or errors of one operation at an application's own address. */
async function ask<Result, Variables>(
  name: string,
  document: Document<Result, Variables>,
  variables: Variables,
  of = server,
  key?: string,
) {
  const { status, text } = await of.request(`/graphql/apps/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(key) },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const { data, errors } = JSON.parse(text) as { data?: Result; errors?: { message: string; extensions: object }[] };
  return { status, data, errors };
}

const bearer = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };

const sdlOf = (name: string) => server.request(`/graphql/apps/${name}/schema.graphql`);

function predicted({ predict }: ReadDigitQuery) {
  if (predict.__typename === "Prediction") return predict;
  throw new Error(JSON.stringify(predict));
}

describe("the address of one application", () => {
  test("answers in its own types, as generated code has them, on the pipeline and on the hot lane", async () => {
    const hot = await server.metric("skysail_hot_operations");
    for (let round = 0; round < 3; round++) {
      const { data } = await ask("digits", READ_DIGIT, { input: { input: { pixels: { values: ZERO } } } });
      const { label, probabilities, models } = predicted(data as ReadDigitQuery);
      expect(label).toBe("_0");
      expect(probabilities.map(({ label: each }) => each).sort()).toEqual([...Array(10).keys()].map((i) => `_${i}`));
      expect(models.map(({ values }) => values.length)).toEqual([10, 10, 10]);
    }
    expect(await server.metric("skysail_hot_operations")).toBe(hot + 1);
  });

  test("takes a tensor as a list or packed: they are one input", async () => {
    const base64 = Buffer.from(Float32Array.from(ZERO).buffer).toString("base64");
    const inputs = [{ pixels: { values: ZERO } }, { pixels: { base64 } }];
    const { data } = await ask("digits", READ_DIGITS, { input: { inputs } });
    expect(data?.predictMany).toMatchObject([{ label: "_0" }, { label: "_0", source: "CACHE" }]);
  });

  test("one input that does not fit concerns its item alone, a type that does not fit the whole request", async () => {
    const one = await ask("digits", READ_DIGITS, {
      input: { inputs: [{ pixels: { values: ZERO } }, { pixels: { base64: "AAAA" } }] },
    });
    expect(one.data?.predictMany).toMatchObject([{ label: "_0" }, { code: "BAD_INPUT" }]);
    const wrong = { input: { input: { pixels: { values: ["one"] as unknown as number[] } } } };
    const whole = await ask("digits", READ_DIGIT, wrong);
    expect(whole).toMatchObject({ status: 400, errors: [{ extensions: { code: "BAD_INPUT" } }] });
  });

  test("takes the truth by receipt and by example, each once", async () => {
    const { data } = await ask("digits", READ_DIGIT, { input: { input: { pixels: { values: ZERO } } } });
    const { receipt } = predicted(data as ReadDigitQuery);
    const told = await ask("digits", TELL_DIGITS, {
      one: { of: { receipt }, truth: "_0" },
      many: {
        observations: [
          { of: { receipt }, truth: "_0" },
          { of: { example: { input: { pixels: { values: ZERO } } } }, truth: "_0", key: "mine" },
          { of: { receipt }, truth: "_3", key: "k".repeat(201) },
        ],
      },
    });
    expect(told.data?.observe).toMatchObject({ __typename: "Observation", loss: 0 });
    expect(told.data?.observeMany).toMatchObject([
      { duplicate: true },
      { duplicate: false },
      { code: "BAD_INPUT", path: ["input", "observations", "2", "key"] },
    ]);
  });

  test("a receipt of another application is not found there", async () => {
    const { data } = await ask("digits", READ_DIGIT, { input: { input: { pixels: { values: ZERO } } } });
    const { receipt } = predicted(data as ReadDigitQuery);
    const query = `mutation { observe(input: { of: { receipt: "${receipt}" }, truth: read }) { ... on Failure { code } } }`;
    expect((await ask<object, object>("reading", query, {})).data).toEqual({ observe: { code: "NOT_FOUND" } });
  });

  test("has the same limits as the address of all", async () => {
    const aliases = Array.from({ length: 101 }, (_, i) => `a${i}: __typename`).join(" ");
    const many = await ask<object, object>("digits", `{ ${aliases} }`, {});
    expect(many).toMatchObject({ status: 400, errors: [{ extensions: { code: "QUERY_TOO_COMPLEX" } }] });
    const inputs = new Array<{ text: string }>(1001).fill({ text: "x" });
    const document = `query ($inputs: [Input!]!) { predictMany(input: { inputs: $inputs }) { __typename } }`;
    const rows = await ask<object, object>("reading", document, { inputs });
    expect(rows.errors).toMatchObject([{ extensions: { code: "QUERY_TOO_COMPLEX" } }]);
  });

  test("shows GraphiQL with a query that runs", async () => {
    const opened = await fetch(`${server.url}/graphql/apps/digits`, {
      headers: { accept: "text/html" },
      redirect: "manual",
    });
    const location = new URL(opened.headers.get("location") ?? "", server.url);
    expect(location.pathname).toBe("/graphql/apps/digits");
    const answer = await ask<object, object>("digits", location.searchParams.get("query") ?? "", {});
    expect(answer.data).toMatchObject({ predict: { __typename: "Prediction" } });
    const page = await fetch(location, { headers: { accept: "text/html" } });
    expect(page.status).toBe(200);
    expect(await page.text()).toContain("<title>Skysail GraphiQL</title>");
  });

  test.each([
    ["GET", "/graphql/apps/digits", 405],
    ["POST", "/graphql/apps/digits/schema.graphql", 405],
    ["GET", "/graphql/apps/nope/schema.graphql", 404],
    ["GET", "/graphql/apps/Digits", 404],
    ["GET", "/graphql/apps/", 404],
    ["GET", "/graphql/other", 404],
  ])("%s %s is %i, with the remedy", async (method, path, status) => {
    const answer = await server.request(path, { method });
    expect(answer.status).toBe(status);
    expect(answer.text).toMatch(/POST a JSON body|GET the schema|digits/);
  });
});

describe("the schema's text", () => {
  test.each(["digits", "reading"])("of %s is the committed one, up to the objective", async (name) => {
    const { status, contentType, text } = await sdlOf(name);
    expect({ status, contentType }).toEqual({ status: 200, contentType: "text/plain; charset=utf-8" });
    const committed = readFileSync(`schema/apps/${name}.graphql`, "utf8");
    expect(text).toBe(committed.replace(/Answers within \d+ ms/, "Answers within 5000 ms"));
  });

  test("is what introspection says", async () => {
    const { data } = await ask<IntrospectionQuery, object>("digits", getIntrospectionQuery(), {});
    const introspected = buildClientSchema(data as IntrospectionQuery);
    const { text } = await sdlOf("digits");
    expect(findBreakingChanges(introspected, buildSchema(text))).toEqual([]);
    expect(findBreakingChanges(buildSchema(text), introspected)).toEqual([]);
  });

  test("is printed by the command line, which says what there is when it is asked for another", async () => {
    const skysail = async (name: string) => {
      const command = [process.execPath, "dist/src/cli/skysail.js", "schema", "--url", server.url] as const;
      const run = new OwnProcess([...command, "--application", name], { folder: server.folder });
      const { code } = await run.exited;
      return { code, out: run.stdout.text, error: run.stderr.text };
    };
    expect(await skysail("digits")).toEqual({ code: 0, out: (await sdlOf("digits")).text.trimEnd(), error: "" });
    const error = expect.stringContaining('application "nope" does not exist; known: digits, reading') as unknown;
    expect(await skysail("nope")).toEqual({ code: 1, out: "", error });
  });
});

test("the schema follows its application's changes, also where its operations are known", async () => {
  const output = { label: { labels: ["a", "b"] } };
  await application(server, "changing", [], { output, defaultOutput: { label: "a" } });
  const query = `query ($input: Input!) { predict(input: { input: $input }) { ... on Prediction { label } ... on Failure { code } } }`;
  const answer = async () => (await ask<object, object>("changing", query, { input: { x: { values: [1] } } })).data;
  for (let round = 0; round < 3; round++) expect(await answer()).toEqual({ predict: { label: "a" } });
  await server.ask(UPDATE_APPLICATION, { input: { name: "changing", defaultOutput: { label: "don't know" } } });
  expect((await sdlOf("changing")).text).toContain("don_t_know");
  for (let round = 0; round < 3; round++) expect(await answer()).toEqual({ predict: { label: "don_t_know" } });
  await server.ask(DELETE_APPLICATION, { name: "changing" });
  expect(await ask<object, object>("changing", query, { input: { x: { values: [1] } } })).toMatchObject({
    status: 404,
    errors: [{ extensions: { code: "NOT_FOUND" } }],
  });
});

describe("with keys", () => {
  const KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { text } ... on Failure { message } } }`;
  const PREDICT = `{ predict(input: { input: { x: { values: [1] } } }) { ... on Prediction { source } ... on Failure { code } } }`;
  const many = (aliases: number): string =>
    `{ ${Array.from({ length: aliases }, (_, i) => `a${i}: predict(input: { input: { x: { values: [1] } } }) { __typename }`).join(" ")} }`;
  let keyed: TestServer;
  let admin: string;

  async function newKey(input: object, by?: string): Promise<string> {
    const { data, text } = await askWith(keyed, by, { query: KEY, variables: { input } });
    const { text: key } = (data?.["createApiKey"] ?? {}) as { text?: string };
    if (key === undefined) throw new Error(text);
    return key;
  }

  const asked = async (name: string, query: string, key: string | undefined) => {
    const { status, data, errors } = await ask<object, object>(name, query, {}, keyed, key);
    return { status, data, codes: errors?.map(({ extensions }) => (extensions as { code: string }).code) };
  };

  beforeAll(async () => {
    keyed = await servers.start();
    await application(keyed, "one", [], { defaultOutput: { number: 0 } });
    await application(keyed, "two", [], { defaultOutput: { number: 0 } });
    admin = await newKey({ name: "root", scopes: ["PREDICT", "OBSERVE", "READ", "METRICS", "ADMIN"] });
  });

  test("an application that a key does not see is not there, just as one that does not exist", async () => {
    const key = await newKey({ name: "of one", scopes: ["PREDICT", "READ"], applications: ["one"] }, admin);
    expect(await asked("one", PREDICT, key)).toMatchObject({ status: 200, data: { predict: { source: "DEFAULT" } } });
    const hidden = await ask<object, object>("two", PREDICT, {}, keyed, key);
    const missing = await ask<object, object>("no1", PREDICT, {}, keyed, key);
    expect(hidden.status).toBe(404);
    expect(JSON.stringify(hidden).replaceAll("two", "no1")).toBe(JSON.stringify(missing));
    expect(JSON.stringify(hidden)).not.toMatch(/, two|two, /);
    for (const [name, status] of [
      ["one", 200],
      ["two", 404],
    ] as const) {
      const path = `/graphql/apps/${name}/schema.graphql`;
      expect((await keyed.request(path, { headers: bearer(key) })).status).toBe(status);
    }
  });

  test("without a key nothing is said, not even what is there", async () => {
    for (const name of ["one", "none"]) expect(await asked(name, PREDICT, undefined)).toMatchObject({ status: 401 });
    expect((await keyed.request("/graphql/apps/one/schema.graphql")).status).toBe(401);
  });

  test("each field needs its scope, the schema's text READ, and introspection ADMIN", async () => {
    const observer = await newKey({ name: "observer", scopes: ["OBSERVE"] }, admin);
    const reader = await newKey({ name: "reader", scopes: ["READ"] }, admin);
    const refused = { status: 403, codes: ["FORBIDDEN"] };
    expect(await asked("one", PREDICT, observer)).toMatchObject(refused);
    const observe = `mutation { observe(input: { of: { receipt: "x" }, truth: 1 }) { ... on Failure { code } } }`;
    expect(await asked("one", observe, observer)).toMatchObject({ data: { observe: { code: "NOT_FOUND" } } });
    expect(await asked("one", observe, reader)).toMatchObject(refused);
    expect(await asked("one", "{ __schema { description } }", reader)).toMatchObject(refused);
    expect(await asked("one", "{ __schema { description } }", admin)).toMatchObject({ status: 200 });
    const sdl = (key: string) => keyed.request("/graphql/apps/one/schema.graphql", { headers: bearer(key) });
    expect([(await sdl(reader)).status, (await sdl(observer)).status]).toEqual([200, 403]);
  });

  test("rows count as at the address of all, on the hot lane too", async () => {
    const key = await newKey({ name: "limited", scopes: ["PREDICT"], rowsPerSecond: 0.001 }, admin);
    expect(await asked("one", many(2), key)).toMatchObject({ status: 400, codes: ["QUERY_TOO_COMPLEX"] });
    expect(await asked("one", PREDICT, key)).toMatchObject({ status: 200 });
    expect(await asked("one", PREDICT, key)).toMatchObject({ status: 429, codes: ["RATE_LIMITED"] });
    const query = `{ predictMany(input: { inputs: [{ x: { values: [1] } }, { x: { values: [2] } }] }) { __typename } }`;
    expect(await asked("one", query, key)).toMatchObject({ status: 400, codes: ["QUERY_TOO_COMPLEX"] });
  });
});
