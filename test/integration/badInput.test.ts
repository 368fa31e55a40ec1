import { beforeAll, describe, expect, test } from "@jest/globals";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { residentBytes } from "../support/ownProcesses.js";
import { application, noop, predict, predictMany, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { HttpAnswer, TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;

beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop("--width", "4"))] });
  await application(server, "four", ["noop"], { input: [{ name: "x", datatype: "FP32", shape: [4] }] });
});

const PREDICT =
  "query ($input: PredictInput!) { predict(input: $input) { __typename ... on Failure { code message } } }";
const GOOD = JSON.stringify({
  query: PREDICT,
  variables: { input: { application: "four", input: { values: [1, 2, 3, 4] } } },
});

function firstError({ text }: HttpAnswer): { message: string; extensions: { code: string; retryable: boolean } } {
  const { errors } = JSON.parse(text) as {
    errors: [{ message: string; extensions: { code: string; retryable: boolean } }];
  };
  return errors[0];
}

describe("a body that is no request", () => {
  test.each([
    ["malformed JSON", '{"query": '],
    ["an array", `[${GOOD}]`],
    ["a number", "7"],
    ["nothing", ""],
    ["null", "null"],
    ["text", '"{ __typename }"'],
    ["deep JSON", "[".repeat(100_000)],
    [
      "deep JSON that is whole",
      `{"query":"{ __typename }","variables":{"x":${"[".repeat(50_000)}${"]".repeat(50_000)}}}`,
    ],
  ])("is refused: %s", async (name, body) => {
    const answer = await server.post(body);
    if (name === "deep JSON that is whole" && answer.status === 200) return;
    expect(answer.status).toBe(400);
    expect(firstError(answer).extensions).toEqual({ code: "BAD_INPUT", retryable: false });
  });

  test.each([["text/plain"], ["application/x-www-form-urlencoded"], ["multipart/form-data; boundary=x"], [""]])(
    "is refused as content of type %j",
    async (contentType) => {
      const answer = await server.post(GOOD, { "content-type": contentType });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(answer.text).not.toContain("Prediction");
    },
  );

  test("is refused as soon as its length is known to be above the limit, which is named", async () => {
    const answer = await server.post(" ".repeat(3 * 2 ** 20));
    expect(answer.status).toBe(413);
    expect(firstError(answer)).toMatchObject({
      message: expect.stringContaining("larger than 2097152 bytes"),
      extensions: { code: "PAYLOAD_TOO_LARGE", retryable: false },
    });
  });

  test("is refused at the limit where its length is not told", async () => {
    const { status, text } = await stream(server, 3 * 2 ** 20);
    expect(status).toBe(413);
    expect(firstError({ status, text, contentType: "" }).extensions.code).toBe("PAYLOAD_TOO_LARGE");
  });

  test("is never held: 200 MB cost less than 8 MiB", async () => {
    for (let i = 0; i < 20; i++) await stream(server, 3 * 2 ** 20);
    const before = residentBytes(server.process.pid);
    const { status } = await stream(server, 200e6);
    expect(status).toBe(413);
    expect(residentBytes(server.process.pid) - before).toBeLessThan(8 * 2 ** 20);
  });
});

/** Sends so many blanks in chunks, as fast as they are taken, until it is answered; resolves with the answer. */
function stream(to: TestServer, bytes: number): Promise<{ status: number; text: string; sent: number }> {
  return new Promise((resolve, reject) => {
    const chunk = Buffer.alloc(64 * 1024, " ");
    let sent = 0;
    let answered = false;
    const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };
    const sending = request(`${to.url}/graphql`, { method: "POST", headers, agent: false });
    sending.on("response", (response: IncomingMessage) => {
      answered = true;
      let text = "";
      response.on("data", (part) => (text += String(part)));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text, sent }));
    });
    // After its answer the server closes: what is still being sent then fails.
    sending.on("error", (error) => (answered ? undefined : reject(error)));
    const write = (): void => {
      while (sent < bytes && !answered && !sending.destroyed) {
        sent += chunk.length;
        if (!sending.write(chunk)) {
          sending.once("drain", write);
          return;
        }
      }
      if (sent >= bytes && !answered) sending.end();
    };
    write();
  });
}

describe("an input that breaks the signature", () => {
  test.each([
    ["too few numbers", "[1,2,3]"],
    ["nothing", "[]"],
    ["huge tensors", `[${"1,".repeat(400_000)}1]`],
    ["a number beyond FP32", "[1e39,2,3,4]"],
    ["a number beyond JSON's", "[1e999,2,3,4]"],
    ["text", '["NaN",2,3,4]'],
    ["true", "[true,2,3,4]"],
    ["null", "[null,2,3,4]"],
    ["an object", '[{"__proto__":1},2,3,4]'],
    ["too deep a list", "[[[[[[[[[[[[1,2,3,4]]]]]]]]]]]]"],
    ["a ragged list", "[[1,2],[3]]"],
    ["no list", "7"],
  ])("is refused with its place: %s", async (_, values) => {
    const query =
      'query ($v: FloatVector!) { predict(input: { application: "four", input: { values: $v } }) { __typename ... on BadInput { code message path expected got } } }';
    const { status, text } = await server.post(`{"query":${JSON.stringify(query)},"variables":{"v":${values}}}`);
    expect(status).toBe(200);
    const { data } = JSON.parse(text) as { data: { predict: { path: string[]; message: string } } };
    expect(data.predict).toMatchObject({
      __typename: "BadInput",
      code: "BAD_INPUT",
      expected: expect.any(String),
      got: expect.any(String),
    });
    expect(data.predict.path.slice(0, 3)).toEqual(["input", "input", "values"]);
    expect(data.predict.message.length).toBeLessThan(300);
  });

  test.each([
    ["of another length", Buffer.alloc(15).toString("base64")],
    ["with NaN in it", Buffer.from(Float32Array.from([1, NaN, 3, 4]).buffer).toString("base64")],
    ["that is not base64", "!".repeat(22)],
  ])("is refused as base64 %s", async (_, base64) => {
    expect(await predict(server, "four", { base64 })).toMatchObject({ code: "BAD_INPUT" });
  });

  test.each([
    ["another name", { name: "y", datatype: "FP32", shape: [4] }],
    ["another datatype", { name: "x", datatype: "FP64", shape: [4] }],
    ["another shape", { name: "x", datatype: "FP32", shape: [2, 2] }],
    ["a negative shape", { name: "x", datatype: "FP32", shape: [-4] }],
  ] as const)("is refused as a tensor of %s", async (_, { name, datatype, shape }) => {
    const tensors = [{ name, datatype, shape: [...shape], data: { values: [1, 2, 3, 4] } }];
    expect(await predict(server, "four", { tensors })).toMatchObject({ code: "BAD_INPUT" });
  });

  test("does not fail its neighbours, and reaches no model", async () => {
    const rows = () => server.metric("skysail_model_rows_total");
    const before = await rows();
    const answers = await predictMany(server, "four", [
      { values: [9, 9, 9, 1] },
      { values: [1] },
      { values: [9, 9, 9, 2] },
    ]);
    expect(answers).toMatchObject([{ source: "MODEL" }, { code: "BAD_INPUT" }, { source: "MODEL" }]);
    expect((await rows()) - before).toBe(2);
  });

  test("is -0 no exception, nor the largest FP32", async () => {
    for (const values of [
      [-0, 0, 0, 0],
      [3.4028234663852886e38, 0, 0, 0],
    ]) {
      expect(await predict(server, "four", { values })).toMatchObject({
        output: { number: values[0] === 0 ? 0 : values[0] },
      });
    }
  });
});

describe("JSON with tricks in it", () => {
  test("does not reach a prototype", async () => {
    const body = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${GOOD.slice(1, -1)},"variables":{"__proto__":{"polluted":1},"input":{"application":"four","__proto__":{"polluted":1},"input":{"values":[1,2,3,4]}}}}`;
    const { text } = await server.post(body);
    expect(text).not.toContain('polluted":1');
    const after = await server.post(GOOD);
    expect(after.text).toContain('"__typename":"Prediction"');
  });

  test("takes the last of duplicate keys, as JSON.parse does", async () => {
    const { text } = await server.post(`{"query":"{ nonsense }",${GOOD.slice(1)}`);
    expect(text).toContain('"__typename":"Prediction"');
  });

  test.each([["\\ud800"], ["\\udfff\\ud800"], ["\\u0000"], ["\\r\\nforged line"], ["\\u001b[2J"]])(
    "answers an application's name of %s in one piece, and logs it escaped",
    async (name) => {
      const { status, text } = await server.post(
        `{"query":${JSON.stringify(PREDICT)},"variables":{"input":{"application":"${name}","input":{"values":[1]}}}}`,
      );
      expect(status).toBe(200);
      expect(JSON.parse(text)).toMatchObject({ data: { predict: { __typename: "NotFound", code: "NOT_FOUND" } } });
      // eslint-disable-next-line no-control-regex -- these are what must not be there
      expect(server.process.stderr.text).not.toMatch(/^forged|[\u0000-\u0008\u000b-\u001f]/m);
    },
  );
});

test("the server is well afterwards", async () => {
  expect(await server.request("/health/ready")).toMatchObject({ status: 200 });
  expect(await predict(server, "four", { values: [5, 6, 7, 8] })).toMatchObject({ output: { number: 5 } });
  expect(server.process.stderr.text).not.toContain("defect");
});

describe("what stands beside the input", () => {
  const x = [1, 2, 3, 4];
  test.each([
    ["deadlineMs", -1],
    ["entity", ""],
    ["minStateSeq", -1],
  ])("is named as the arguments have it: %s", async (field, value) => {
    const queries: [string, string, object][] = [
      ["/graphql", "PredictInput", { application: "four", input: { values: x } }],
      ["/graphql/apps/four", "PredictInput", { input: { x: { values: x } } }],
    ];
    for (const [address, type, input] of queries) {
      const query = `query ($input: ${type}!) { predict(input: $input) { __typename ... on BadInput { path message } } }`;
      const body = JSON.stringify({ query, variables: { input: { ...input, [field]: value } } });
      const { text } = await server.request(address, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body,
      });
      expect(JSON.parse(text)).toEqual({
        data: {
          predict: {
            __typename: "BadInput",
            path: ["input", field],
            message: expect.stringContaining(`input.${field}: expected `),
          },
        },
      });
    }
  });
});

describe("what an observation or an activation is of", () => {
  const FAILED = "__typename ... on Failure { code message } ... on BadInput { path }";
  const OBSERVE = `mutation ($input: ObserveInput!) { observe(input: $input) { ${FAILED} } }`;
  const MANY = `mutation ($input: ObserveManyInput!) { observeMany(input: $input) { ${FAILED} } }`;
  const ACTIVATE = `mutation ($input: ActivateInput!) { activate(input: $input) { ${FAILED} } }`;
  const ACTIVATE_MANY = `mutation ($input: ActivateManyInput!) { activateMany(input: $input) { ${FAILED} } }`;
  const UNKNOWN = "no prediction of this server has this receipt";
  const forged = { of: { receipt: "r" }, truth: { number: 1 } };
  const example = (more: object): object => ({
    of: { example: { application: "four", input: { values: [1, 2, 3, 4] }, ...more } },
    key: "k",
    truth: { number: 1 },
  });

  const refusals = async (query: string, input: object): Promise<readonly object[]> => {
    const { text } = await server.post(JSON.stringify({ query, variables: { input } }));
    const { data } = JSON.parse(text) as { data: Record<string, object | readonly object[]> };
    return Object.values(data).flat();
  };

  test("is named as the arguments have it", async () => {
    const refused = (field: string): object => ({
      __typename: "NotFound",
      code: "NOT_FOUND",
      message: `${field}: ${UNKNOWN}`,
    });
    expect(await refusals(OBSERVE, forged)).toEqual([refused("input.of.receipt")]);
    expect(await refusals(ACTIVATE, { receipt: "r" })).toEqual([refused("input.receipt")]);
    expect(await refusals(ACTIVATE_MANY, { receipts: ["r", "s"] })).toEqual([
      refused("input.receipts.0"),
      refused("input.receipts.1"),
    ]);
    const [unknown, nameless] = await refusals(MANY, { observations: [forged, example({ entity: "" })] });
    expect(unknown).toEqual(refused("input.observations.0.of.receipt"));
    expect(nameless).toMatchObject({ path: ["input", "observations", "1", "of", "example", "entity"] });
  });

  test.each([["a\0b"], ["\ud800"]])("has a key that the database can hold, unlike %j", async (key) => {
    const names = [{ key }, { supersedes: key }];
    for (const named of names) {
      const [field] = Object.keys(named);
      expect(await refusals(OBSERVE, { ...example({}), ...named })).toMatchObject([{ path: ["input", field] }]);
    }
    expect(server.process.stderr.text).not.toContain("the database refuses");
  });
});
