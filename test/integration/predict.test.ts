import { beforeAll, describe, expect, test } from "@jest/globals";
import { nodeWrapper } from "../support/wrapperProcess.js";
import {
  allowTime,
  application,
  misbehaving,
  noop,
  predict,
  predictMany,
  register,
  testWrappers,
  TWO_NUMBERS,
  way,
} from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { until } from "../support/ownProcesses.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start({ args: [] });
  await allowTime(server, "digits");
});

const float32 = (values: readonly number[]) => Buffer.from(Float32Array.from(values).buffer).toString("base64");
let unused = 0;
const newImage = () => Array.from({ length: 64 }, (_, i) => (i === 0 ? ++unused : i % 16));

/** What of an answer must not depend on how its input was written. */
function essence(answer: Awaited<ReturnType<typeof predict>>): unknown {
  if (answer.__typename !== "Prediction") return answer;
  const { output, confidence, models } = answer;
  return { output, confidence, values: models.map((member) => member.values) };
}

describe("an answer", () => {
  test("comes from the ensemble the first time and from the cache the second", async () => {
    const values = newImage();
    const first = await predict(server, "digits", { values });
    const second = await predict(server, "digits", { values });
    expect(first).toMatchObject({ source: "ENSEMBLE", defaultReason: null, modelsMissing: [] });
    expect(second).toMatchObject({
      source: "CACHE",
      models: [{ source: "CACHE" }, { source: "CACHE" }, { source: "CACHE" }],
    });
    expect(essence(second)).toEqual(essence(first));
  });

  test("comes from the model where there is one", async () => {
    await register(server, { model: "plain", wrappers: [await wrappers.start(noop("--name", "plain"))] });
    await application(server, "plain", ["plain"]);
    expect(await predict(server, "plain", { values: [3] })).toMatchObject({ source: "MODEL", output: { number: 3 } });
  });

  test("has scores that add up to 1, best first, and a confidence", async () => {
    const answer = await predict(server, "digits", { values: newImage() });
    if (answer.__typename !== "Prediction" || !("scores" in answer.output)) throw new Error("no label");
    const scores = answer.output.scores.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 5);
    expect(answer.output.label).toBe(answer.output.scores[0]?.label);
    expect(answer.confidence).toBeGreaterThan(0);
    expect(answer.confidence).toBeLessThanOrEqual(1);
  });

  test("is the same for numbers, base64 of either alphabet, and a named tensor", async () => {
    const values = newImage().map((value) => value + 0.3);
    const base64 = float32(values);
    const reference = essence(await predict(server, "digits", { values }));
    const tensor = { name: "pixels", datatype: "FP32", shape: [64] } as const;
    const ways = [
      { base64 },
      { base64: base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "") },
      { tensors: [{ ...tensor, shape: [...tensor.shape], data: { values } }] },
      { tensors: [{ ...tensor, shape: [...tensor.shape], data: { base64 } }] },
    ];
    for (const input of ways) expect(essence(await predict(server, "digits", input))).toEqual(reference);
  });

  test("names applications that exist when its own does not", async () => {
    expect(await predict(server, "digit", { values: [] })).toMatchObject({
      __typename: "NotFound",
      code: "NOT_FOUND",
      message: expect.stringMatching(/"digit" does not exist; known: .*digits/),
      retryable: false,
    });
  });
});

describe("predictMany", () => {
  test("answers in the order of its inputs, also where some are bad", async () => {
    const answers = await predictMany(server, "plain", [
      { values: [10] },
      { values: [] },
      { values: [30] },
      { values: [10] },
    ]);
    expect(answers).toMatchObject([
      { output: { number: 10 } },
      { __typename: "BadInput", path: ["input", "inputs", "1", "values"], expected: "1 numbers (FP32[1] x)", got: "0" },
      { output: { number: 30 } },
      { output: { number: 10 } },
    ]);
  });

  test("asks the model once for an input that it has twice", async () => {
    const rows = () => server.metric("skysail_model_rows_total", { model: "plain" });
    const before = await rows();
    await predictMany(
      server,
      "plain",
      Array.from({ length: 50 }, () => ({ values: [1234] })),
    );
    expect((await rows()) - before).toBe(1);
  });

  test("takes a thousand inputs and refuses one more", async () => {
    const inputs = Array.from({ length: 1001 }, (_, i) => ({ values: [10_000 + i] }));
    const answers = await predictMany(server, "plain", inputs.slice(1));
    expect(answers).toMatchObject(inputs.slice(1).map(({ values }) => ({ output: { number: values[0] } })));
    const { text } = await server.post({
      query: "query ($input: PredictManyInput!) { predictMany(input: $input) { __typename } }",
      variables: { input: { application: "plain", inputs } },
    });
    const { errors } = JSON.parse(text) as { errors: unknown };
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining("asks for too many rows: 1001, limit 1000") as unknown as string,
        extensions: { code: "QUERY_TOO_COMPLEX", retryable: false },
      },
    ]);
  });
});

describe("an application of strings", () => {
  test("gets text to its model and labels back", async () => {
    const wrapper = await wrappers.start(nodeWrapper("test/support/wrapperModels/text.mjs"));
    await register(server, { model: "text", wrappers: [wrapper] });
    const input = [{ name: "text", datatype: "BYTES", shape: [1] }] as const;
    await application(server, "text", ["text"], {
      input: [...input].map((spec) => ({ ...spec, shape: [...spec.shape] })),
      output: { label: { labels: ["spam", "", "naïve ⛵"] } },
    });
    for (const text of ["spam", "", "naïve ⛵"]) {
      expect(await predict(server, "text", { text })).toMatchObject({ output: { label: text } });
      const tensors = [{ name: "text", datatype: "BYTES" as const, shape: [1], data: { strings: [text] } }];
      expect(await predict(server, "text", { tensors })).toMatchObject({ output: { label: text }, source: "CACHE" });
    }
    expect(await predict(server, "text", { text: "unheard of" })).toMatchObject({ code: "MODEL_BAD_OUTPUT" });
    expect(await predict(server, "text", { values: [1] })).toMatchObject({ code: "BAD_INPUT" });
  });
});

describe("a model that is too slow", () => {
  let wrapper: WrapperProcess;
  beforeAll(async () => {
    wrapper = await wrappers.start(misbehaving("slow"));
    await register(server, { model: "slow", wrappers: [wrapper] });
    await application(server, "slow-safe", ["slow"], { ...TWO_NUMBERS, sloMs: 200, defaultOutput: { number: -1 } });
    await application(server, "slow-plain", ["slow"], { ...TWO_NUMBERS, sloMs: 200 });
  });

  test("is not waited for: the default comes in time, and the late answer is served from the cache", async () => {
    const input = way("held", 5);
    // The model computes until it is told otherwise: an answer at all is one without it.
    const late = await predict(server, "slow-safe", input);
    expect(late).toMatchObject({
      source: "DEFAULT",
      defaultReason: "DEADLINE",
      output: { number: -1 },
      confidence: null,
    });
    expect(late).toMatchObject({ modelsMissing: [{ model: "slow", message: expect.stringContaining("deadline") }] });
    expect(late.__typename === "Prediction" && late.latencyMs).toBeGreaterThan(80);
    wrapper.signal("SIGUSR2");
    await until(
      "the late answer is there",
      async () => (await server.metric("skysail_model_rows_total", { model: "slow", result: "answered" })) === 1,
    );
    expect(await predict(server, "slow-safe", input)).toMatchObject({ source: "CACHE", output: { number: 5 } });
  });

  test("is a typed failure where the application has no default", async () => {
    const answer = await predict(server, "slow-plain", way("held", 6), 50);
    expect(answer).toMatchObject({ __typename: "Unavailable", code: "DEADLINE_EXCEEDED", retryable: true });
    wrapper.signal("SIGUSR2");
    // While its batch is still there the next query would be refused at once.
    await until(
      "the late answer is there",
      async () => (await server.metric("skysail_model_rows_total", { model: "slow", result: "answered" })) === 2,
    );
  });

  test("cannot be given longer than the objective, nor no time at all", async () => {
    // Held until it is told otherwise, below.
    expect(await predict(server, "slow-safe", way("held", 7), 3_600_000)).toMatchObject({ defaultReason: "DEADLINE" });
    wrapper.signal("SIGUSR2");
    expect(await predict(server, "slow-safe", way("right", 8), 0)).toMatchObject({ code: "BAD_INPUT" });
  });
});
