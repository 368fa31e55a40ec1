import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { execute, isSpecifiedScalarType, isScalarType, parse, validateSchema, validate } from "graphql";
import type { GraphQLSchema } from "graphql";
import { OPEN_ACCESS } from "../../src/domain/access.js";
import { DEFAULT_FEEDBACK, defaultLoss } from "../../src/domain/application.js";
import type { Output, OutputSpec } from "../../src/domain/application.js";
import { badInput, isFailure } from "../../src/domain/failure.js";
import type { Prediction } from "../../src/domain/prediction.js";
import { DATATYPES } from "../../src/domain/tensor.js";
import type { Row, TensorSpec } from "../../src/domain/tensor.js";
import { Caller } from "../../src/lib/caller.js";
import { ruleOf } from "../../src/graphql/accessRules.js";
import type { TypedApplication } from "../../src/graphql/applicationParts.js";
import { parseWithinLimits } from "../../src/graphql/documentLimits.js";
import { firstApplicationQuery } from "../../src/graphql/applicationQuery.js";
import { buildApplicationSchema, printApplicationSdl } from "../../src/graphql/applicationSchema.js";
import { newContext } from "../../src/graphql/context.js";
import type { Services } from "../../src/graphql/context.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import type { ObserveRequest } from "../../src/serving/observe.js";
import { predictManyBy } from "../support/predictManyBy.js";
import type { PredictRequest } from "../../src/serving/predict.js";
import { inputRow } from "../../src/serving/inputRow.js";

const MAIN = buildGraphqlSchema();
const FIRST = { kind: "LABEL", label: "0" };
const X: TensorSpec = { name: "x", datatype: "FP32", shape: [2] };

function application(more: Partial<TypedApplication> = {}): TypedApplication {
  const output = more.output ?? { kind: "LABEL", labels: ["0", "1"] };
  return {
    name: "shop",
    description: "",
    sloMs: 50,
    input: [X],
    output,
    loss: defaultLoss(output),
    feedback: DEFAULT_FEEDBACK,
    ...more,
  };
}

/** Runs a document on an application's schema; what was asked of serving is noted. */
function asked(typed: TypedApplication, answer: Partial<Prediction> = {}) {
  const requests: PredictRequest[] = [];
  const observations: ObserveRequest[] = [];
  const schema = buildApplicationSchema(MAIN, typed);
  const predict = (request: PredictRequest) => {
    requests.push(request);
    const row = inputRow(typed.input, request.input, request.inputPath);
    return isFailure(row)
      ? row
      : ({ kind: "prediction", models: [], output: FIRST, ...answer } as unknown as Prediction);
  };
  const services = {
    predict,
    predictMany: predictManyBy(predict),
    observe: (request: ObserveRequest) => {
      observations.push(request);
      return Promise.resolve(badInput(["truth", request.truth.kind.toLowerCase(), "1"], "better", "this"));
    },
    receiptOf: () => "receipt",
  } as unknown as Services;
  const asking = { arrivalMs: 0, caller: new Caller(), access: OPEN_ACCESS, address: () => "" };
  const run = async (query: string, variableValues: Record<string, unknown> = {}) => {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    return execute({ schema, document, variableValues, contextValue: newContext(services, asking) });
  };
  return { schema, run, requests, observations };
}

const PREDICT = `query ($input: Input!) { predict(input: { input: $input }) { __typename ... on BadInput { path message } } }`;

function rootFieldsWithoutRule(schema: GraphQLSchema): string[] {
  const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}).map((name) => [type?.name ?? "", name] as const),
  );
  return fields
    .filter(([type, name]) => ruleOf(type, name, schema.extensions.accessRules) === undefined)
    .map(([type, name]) => `${type}.${name}`);
}

const SPEC = fc.record({
  name: fc.string({ minLength: 1, maxLength: 8 }),
  datatype: fc.constantFrom(...DATATYPES),
  shape: fc.oneof(
    { weight: 4, arbitrary: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }) },
    // About as many numbers as a document may write out.
    { weight: 1, arbitrary: fc.integer({ min: 60, max: 70 }).map((size) => [size]) },
  ),
});
const OUTPUT: fc.Arbitrary<OutputSpec> = fc.oneof(
  fc.uniqueArray(fc.string({ maxLength: 6 }), { minLength: 1, maxLength: 8 }).map((labels) => {
    return { kind: "LABEL", labels } as const;
  }),
  fc.constant({ kind: "NUMBER" } as const),
  fc.integer({ min: 1, max: 9 }).map((size) => ({ kind: "VECTOR", size }) as const),
);

describe("the schema of one application", () => {
  test("is valid for every signature, with a rule for each root field, plain scalars and a first query that fits", () => {
    const applications = fc.record({
      input: fc.uniqueArray(SPEC, { minLength: 1, maxLength: 4, selector: ({ name }) => name }),
      output: OUTPUT,
      isReward: fc.boolean(),
      deferActivation: fc.boolean(),
    });
    fc.assert(
      fc.property(applications, ({ input, output, isReward, deferActivation }) => {
        const typed = application({
          input,
          output,
          loss: isReward ? { kind: "REWARD", min: -1, max: 1 } : defaultLoss(output),
          feedback: { ...DEFAULT_FEEDBACK, deferActivation },
        });
        const schema = buildApplicationSchema(MAIN, typed);
        expect(validateSchema(schema)).toEqual([]);
        expect(rootFieldsWithoutRule(schema)).toEqual([]);
        const scalars = Object.values(schema.getTypeMap()).filter(isScalarType);
        expect(scalars.filter((type) => !isSpecifiedScalarType(type))).toEqual([]);
        expect(validate(schema, parseWithinLimits(firstApplicationQuery(typed)))).toEqual([]);
        expect(printApplicationSdl(schema, typed.name)).toContain("input Input {");
      }),
      { numRuns: 60 },
    );
  });

  const INPUTS: readonly (readonly [string, TensorSpec, unknown, number[] | undefined])[] = [
    ["a list", X, { values: [1, 2] }, [0, 0, 128, 63, 0, 0, 0, 64]],
    ["base64 of floats", X, { base64: "AACAPwAAAEA=" }, [0, 0, 128, 63, 0, 0, 0, 64]],
    [
      "base64 of integers beyond 2^53",
      { ...X, datatype: "UINT64", shape: [1] },
      { base64: "//////////8" },
      new Array<number>(8).fill(255),
    ],
    ["one number", { ...X, shape: [] }, 1, [0, 0, 128, 63]],
    ["nested lists", { ...X, datatype: "UINT8", shape: [2, 2] }, { values: [[1, 2], [3, 4]] }, [1, 2, 3, 4]], // prettier-ignore
    ["flags", { ...X, datatype: "BOOL" }, { values: [true, false] }, [1, 0]],
    ["large integers", { ...X, datatype: "UINT32", shape: [] }, 4294967295, [255, 255, 255, 255]],
    ["base64 of half floats", { ...X, datatype: "FP16" }, "ADwAQA==", [0, 60, 0, 64]],
    ["a text", { ...X, datatype: "BYTES", shape: [] }, "hi", [2, 0, 0, 0, 104, 105]],
    ["nested texts", { ...X, datatype: "BYTES", shape: [1, 2] }, [["a", ""]], [1, 0, 0, 0, 97, 0, 0, 0, 0]],
  ];

  test.each(INPUTS)("packs %s", async (_what, spec, given, bytes) => {
    const { run, requests } = asked(application({ input: [spec] }));
    const { errors } = await run(PREDICT, { input: { x: given } });
    expect(errors).toBeUndefined();
    const [request] = requests;
    if (request === undefined) throw new Error("nothing was asked");
    const row = inputRow([spec], request.input, []) as Row;
    expect(row.map((tensor) => [...tensor])).toEqual([bytes]);
  });

  test.each([
    ["too short a list", X, { values: [1] }, ["input", "input", "x", "values"], "2 numbers"],
    ["a number of another size", { ...X, shape: [] }, 1e39, ["input", "input", "x"], "a finite FP32 number"],
    ["too few bytes", X, { base64: "AACAPw==" }, ["input", "input", "x", "base64"], "base64 of 8 bytes"],
    ["a number that is none", X, { base64: "AACAPwAAwH8=" }, ["input", "input", "x", "base64", "1"], "a finite FP32 number"], // prettier-ignore
    [
      "a fraction",
      { ...X, datatype: "UINT32" },
      { values: [1, 0.5] },
      ["input", "input", "x", "values", "1"],
      "an integer of UINT32",
    ],
    [
      "ragged lists",
      { ...X, shape: [2, 2] },
      { values: [[1, 2], [3]] },
      ["input", "input", "x", "values", "1"],
      "a list of 2",
    ],
    ["ragged texts", { ...X, datatype: "BYTES", shape: [2, 2] }, [["a", "b"], ["c"]], ["input", "input", "x", "1"], "a list of 2"], // prettier-ignore
  ] as const)("refuses %s with its place", async (_what, spec, given, path, expected) => {
    const { run } = asked(application({ input: [spec] }));
    const { data } = await run(PREDICT, { input: { x: given } });
    const message = expect.stringContaining(`${path.join(".")}: expected ${expected}`) as unknown;
    expect(data?.["predict"]).toMatchObject({ __typename: "BadInput", path, message });
  });

  test.each([
    ["neither", {}],
    ["both", { values: [1, 2], base64: "AACAPwAAAEA=" }],
    ["a list as it is", [1, 2]],
    ["null", { values: null }],
  ])("refuses the request where a tensor is given as %s", async (_what, x) => {
    const { run, requests } = asked(application({ input: [X] }));
    const { data, errors } = await run(PREDICT, { input: { x } });
    expect(data).toBeUndefined();
    expect(errors).toHaveLength(1);
    expect(requests).toEqual([]);
  });

  test("takes several tensors by the names of their fields", async () => {
    const input: TensorSpec[] = [
      { name: "pixel values", datatype: "UINT8", shape: [] },
      { name: "age", datatype: "UINT8", shape: [] },
    ];
    const { run, requests } = asked(application({ input }));
    await run(PREDICT, { input: { age: 7, pixel_values: 9 } });
    const row = inputRow(input, (requests[0] as PredictRequest).input, []) as Row;
    expect(row.map((tensor) => [...tensor])).toEqual([[9], [7]]);
  });

  test("answers labels as enum values, the default output's among them", async () => {
    const defaultOutput = { kind: "LABEL", label: "don't know" } as const;
    const scores = [{ label: "1", score: 0.75 }, { label: "0", score: 0.25 }]; // prettier-ignore
    const query = `{ predict(input: { input: { x: { values: [1, 2] } } }) { ... on Prediction { label predictionSet probabilities { label probability } } } }`;
    const known = asked(application({ defaultOutput }), {
      output: { kind: "LABEL", label: "1", scores },
      predictionSet: { kind: "LABELS", labels: ["1", "0"] },
    });
    expect((await known.run(query)).data?.["predict"]).toEqual({
      label: "_1",
      predictionSet: ["_1", "_0"],
      probabilities: [{ label: "_1", probability: 0.75 }, { label: "_0", probability: 0.25 }], // prettier-ignore
    });
    const given = asked(application({ defaultOutput }), { output: defaultOutput });
    expect((await given.run(query)).data?.["predict"]).toEqual({
      label: "don_t_know",
      predictionSet: null,
      probabilities: [],
    });
  });

  test.each<[string, Output]>([
    ["another label", { kind: "LABEL", label: "2" }],
    ["a new label among its scores", { kind: "LABEL", label: "1", scores: [{ label: "2", score: 0 }] }],
    ["a number", { kind: "NUMBER", number: 1 }],
  ])("an output that has just been changed is a failure to try again after: %s", async (_, output) => {
    const { run } = asked(application(), { output });
    const failed = "__typename ... on Failure { code retryable message }";
    const { data, errors } = await run(
      `{ predict(input: { input: { x: { values: [1, 2] } } }) { ${failed} ... on Prediction { probabilities { label } } }
         predictMany(input: { inputs: [{ x: { values: [1, 2] } }] }) { ${failed} } }`,
    );
    const message = "the application's output has just been changed: ask again";
    const changed = { __typename: "Overloaded", code: "OVERLOADED", retryable: true, message };
    expect(errors).toBeUndefined();
    expect(data).toEqual({ predict: changed, predictMany: [changed] });
  });

  test.each([
    [{ kind: "NUMBER" }, { output: { kind: "NUMBER", number: 2.5 }, predictionSet: { kind: "INTERVAL", low: 1, high: 4 } }, "number predictionSet { low high }", { number: 2.5, predictionSet: { low: 1, high: 4 } }], // prettier-ignore
    [{ kind: "VECTOR", size: 2 }, { output: { kind: "VECTOR", vector: Float64Array.of(1, 2) } }, "vector", { vector: [1, 2] }], // prettier-ignore
  ] as const)("answers a %j", async (output, answer, fields, expected) => {
    const { run } = asked(application({ output }), answer);
    const { data, errors } = await run(
      `{ predict(input: { input: { x: { values: [1, 2] } } }) { ... on Prediction { ${fields} } } }`,
    );
    expect(errors).toBeUndefined();
    expect(data?.["predict"]).toEqual(expected);
  });

  test.each([
    [{}, "truth: _1", { kind: "LABEL", label: "1" }, "truth"],
    [{ output: { kind: "NUMBER" } }, "truth: 2.5", { kind: "NUMBER", number: 2.5 }, "truth"],
    [{ output: { kind: "VECTOR", size: 2 } }, "truth: [1, 2]", { kind: "VECTOR", vector: [1, 2] }, "truth"],
    [{ loss: { kind: "REWARD", min: 0, max: 1 } }, "reward: 0.5", { kind: "REWARD", reward: 0.5 }, "reward"],
  ] as const)("takes the truth of %j", async (more, field, truth, name) => {
    const { run, observations } = asked(application(more));
    const { data } = await run(
      `mutation { observe(input: { of: { receipt: "r" }, ${field} }) { ... on BadInput { path message } } }`,
    );
    expect(observations).toMatchObject([{ truth, target: { kind: "RECEIPT", receipt: "r" } }]);
    expect(data?.["observe"]).toEqual({
      path: ["input", name, "1"],
      message: `input.${name}.1: expected better, got this`,
    });
    // What is not this application's is not seen, whatever the key sees.
    expect(["shop", "other"].map((each) => observations[0]?.isSeen?.(each))).toEqual([true, false]);
  });
});
