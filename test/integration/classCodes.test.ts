import { beforeAll, describe, expect, test } from "@jest/globals";
import { OBSERVE_MANY } from "../support/learningOperations.js";
import { PREDICT, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { application, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import { nodeWrapper } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
const LABELS = ["ham", "spam"];

describe("an application of two labels whose model answers with a single element", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start();
    for (const datatype of ["INT64", "BOOL", "FP32"]) {
      const model = datatype.toLowerCase();
      const wrapper = nodeWrapper("test/support/wrapperModels/single.mjs", "--datatype", datatype, "--name", model);
      await register(server, { model, wrappers: [await wrappers.start(wrapper)] });
      await application(server, `of-${model}`, [model], { output: { label: { labels: LABELS } } });
    }
  });

  async function ask(name: string, x: number) {
    const { predict } = await server.ask(PREDICT, { input: { application: name, input: { values: [x] } } });
    return predict;
  }

  test.each([
    ["of-int64", 0, "ham", 1],
    ["of-int64", 1, "spam", 1],
    ["of-bool", 0, "ham", 1],
    ["of-bool", 1, "spam", 1],
    ["of-fp32", 0.25, "ham", 0.75],
    ["of-fp32", 0.75, "spam", 0.75],
  ])("%s of %d answers %s with its probability", async (name, x, label, confidence) => {
    expect(await ask(name, x)).toMatchObject({ __typename: "Prediction", output: { label }, confidence });
  });

  test.each([
    ["of-int64", 2],
    ["of-fp32", 1.5],
  ])("%s of %d is told what its model may answer", async (name, x) => {
    const failed = await ask(name, x);
    expect(failed).toMatchObject({ message: expect.stringContaining("a single one from 0 to 1; a vote must be for") });
  });

  test("is told what was true by its code, and learns from it as from the label", async () => {
    const input = { application: "of-fp32", input: { values: [0.75] } };
    const { predict } = await server.ask(PREDICT_FOR_RECEIPT, { input });
    if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
    const { receipt } = predict;
    const inputs = [
      { of: { receipt }, key: "code", truth: { classCode: 0 } },
      { of: { receipt }, key: "label", truth: { label: "ham" } },
      { of: { receipt }, key: "none", truth: { classCode: 2 } },
    ];
    const { observeMany } = await server.ask(OBSERVE_MANY, { inputs });
    expect(observeMany).toMatchObject([
      { __typename: "Observation", loss: 1 },
      { __typename: "Observation", loss: 1 },
      { __typename: "BadInput", message: expect.stringContaining("expected 0 to 1, a label's place") },
    ]);
  });
});
