import { expect, jest, test } from "@jest/globals";
import { skysail, wrapperPids } from "../support/deploying.js";
import { frameworkCases, type FrameworkCase } from "../support/frameworkCases.js";
import { childNamed, until } from "../support/ownProcesses.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { application, predict } from "../support/registered.js";
import { testServers, type TestServer } from "../support/testServer.js";

// Frameworks of hundreds of megabytes take their time to load, and one is installed by the server itself.
jest.setTimeout(300_000);

const servers = testServers();
const ROWS = 20;

/** Deploys a case's model, and asks for rows of it what the framework itself said of them. */
async function answersDeployed(server: TestServer, name: string, framework: string, one: FrameworkCase): Promise<void> {
  const [, path = ""] = one.args;
  const done = await skysail(server, "deploy", name, "--framework", framework, "--model", path);
  expect(done).toMatchObject({ code: 0, stderr: "" });
  const scores = one.signature.outputs.findIndex(({ shape }) => shape.length === 1);
  const { shape: [classes = 0] = [], datatype } = one.signature.outputs[scores] ?? {};
  const labels = Array.from({ length: classes }, (_, i) => String(i));
  const input = one.signature.inputs.map((spec) => ({ ...spec, shape: [...spec.shape] }));
  await application(server, name, [name], { input, output: { label: { labels } } });
  for (const [i, row] of one.inputs.slice(0, ROWS).entries()) {
    const label = labels[largest(one.outputs[i]?.[scores] as Buffer, datatype === "FP64")];
    expect(await predict(server, name, { base64: (row[0] as Buffer).toString("base64") })).toMatchObject({
      source: "MODEL",
      output: { label },
    });
  }
}

function largest(packed: Buffer, isDouble: boolean): number {
  const { buffer } = Uint8Array.from(packed);
  const values = [...(isDouble ? new Float64Array(buffer) : new Float32Array(buffer))];
  return values.indexOf(Math.max(...values));
}

function caseNamed(python: string, script: string, name: string): FrameworkCase {
  const found = frameworkCases(python, script).find((one) => one.name === name);
  if (found === undefined) throw new Error(`${script}_cases.py made no case ${name}`);
  return found;
}

await withPythonOf("tensorflow", "a TensorFlow model that is deployed", (python) => {
  test("answers as TensorFlow does", async () => {
    const server = await servers.start({ args: ["--example", "none", "--python", python] });
    await answersDeployed(server, "tf", "tensorflow", caseNamed(python, "tensorflow", "digits, SavedModel"));
  });
});

await withPythonOf("light", "a Caffe model that is deployed", (python) => {
  test("answers as OpenCV does", async () => {
    const server = await servers.start({ args: ["--example", "none", "--python", python] });
    await answersDeployed(server, "caffe", "caffe", caseNamed(python, "caffe", "digits"));
  });
});

await withPythonOf("spark", "a Spark model that is deployed", (python) => {
  test("is given an environment by the server, answers as Spark does, and again after its Java process died", async () => {
    const server = await servers.start({ args: ["--example", "none"] });
    const iris = caseNamed(python, "spark", "iris");
    await answersDeployed(server, "iris", "spark", iris);
    const [wrapper = 0] = wrapperPids(server, "iris");
    process.kill(childNamed("java", wrapper), "SIGKILL");
    const restarted = (): boolean => wrapperPids(server, "iris").some((pid) => pid !== wrapper);
    await until("another wrapper runs", restarted, 60_000);
    const ready = () => server.metric("skysail_model_ready_replicas", { model: "iris" });
    await until("it is ready", async () => (await ready()) === 1, 120_000);
    const [row = []] = iris.inputs.slice(-1);
    expect(await predict(server, "iris", { base64: (row[0] as Buffer).toString("base64") })).toMatchObject({
      source: "MODEL",
    });
  });
});
