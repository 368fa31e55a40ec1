import { beforeAll, expect, test } from "@jest/globals";
import { join } from "node:path";
import { frameworkCases, type FrameworkCase } from "../support/frameworkCases.js";
import type { TensorSpecInput } from "../generated/graphql.js";
import { CREATE_APPLICATION, OBSERVE, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { temporaryFolder } from "../support/postgres.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonWrapper } from "../support/pythonWrapper.js";
import { application, predict, register, testWrappers } from "../support/registered.js";
import { testServers, type TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
const ROWS = 100;

await withPythonOf("light", "a scikit-learn model behind the server", (python) => {
  let server: TestServer;
  let digits: FrameworkCase;

  beforeAll(async () => {
    [digits] = frameworkCases(python, "sklearn") as [FrameworkCase];
    server = await servers.start();
    // As the launcher does it.
    const launched = ["--listen", `unix:${join(await temporaryFolder(), "0.sock")}`, "--exit-with-stdin"];
    const wrapper = await wrappers.start(
      pythonWrapper(python, "sklearn", ...digits.args, "--name", "svm"),
      ...launched,
    );
    await register(server, { model: "svm", wrappers: [wrapper] });
    const input: TensorSpecInput[] = [{ name: "x", datatype: "FP32", shape: [64] }];
    const labels = Array.from({ length: 10 }, (_, digit) => String(digit));
    await application(server, "python-digits", ["svm"], { input, output: { label: { labels } } });
    const reversed = [...labels].reverse();
    await application(server, "digits-reversed", ["svm"], { input, output: { label: { labels: reversed } } });
  });

  async function receiptFor(input: { base64: string }): Promise<string> {
    const asked = await server.ask(PREDICT_FOR_RECEIPT, { input: { application: "python-digits", input } });
    if (asked.predict.__typename !== "Prediction") throw new Error(asked.predict.__typename);
    return asked.predict.receipt;
  }

  test("answers as scikit-learn does, and takes the truth for its answers", async () => {
    for (const [i, row] of digits.inputs.slice(0, ROWS).entries()) {
      const input = { base64: (row[0] as Buffer).toString("base64") };
      const answer = await predict(server, "python-digits", input);
      if (answer.__typename !== "Prediction") throw new Error(JSON.stringify(answer));
      const label = mostLikely(digits.outputs[i] as Buffer[]);
      expect(answer.output).toMatchObject({ label });
      const receipt = await receiptFor(input);
      const { observe } = await server.ask(OBSERVE, { input: { of: { receipt }, truth: { label } } });
      if (observe.__typename !== "Observation") throw new Error(JSON.stringify(observe));
    }
  });

  test("gives an application with its labels in another order the same labels", async () => {
    for (const row of digits.inputs.slice(0, 20)) {
      const input = { base64: (row[0] as Buffer).toString("base64") };
      const answers = await Promise.all(
        ["python-digits", "digits-reversed"].map((name) => predict(server, name, input)),
      );
      const [one, other] = answers.map((answer) => answer.__typename === "Prediction" && answer.output);
      expect(one).toMatchObject({ label: expect.stringMatching(/^[0-9]$/) });
      expect(other).toMatchObject({ label: (one as { label: string }).label });
    }
  });

  test("is refused where labels are its classes' names in part, and counts them where none is", async () => {
    const names = Array.from({ length: 10 }, (_, digit) => `digit ${digit}`);
    const create = (labels: string[]) =>
      server.ask(CREATE_APPLICATION, {
        input: {
          name: "digits-named",
          input: [{ name: "x", datatype: "FP32", shape: [64] }],
          output: { label: { labels } },
          models: [{ model: "svm" }],
        },
      });
    expect((await create([...names.slice(1), "0"])).createApplication).toMatchObject({
      __typename: "BadInput",
      message: expect.stringContaining("its classes are not the application's labels"),
    });
    expect((await create(names)).createApplication).toMatchObject({ __typename: "Application" });
  });
});

/** What the server serves of a model that gives both: the label with the highest probability. */
function mostLikely([, probabilities]: Buffer[]): string {
  const values = Array.from({ length: 10 }, (_, i) => probabilities?.readDoubleLE(8 * i) ?? 0);
  return String(values.indexOf(Math.max(...values)));
}
