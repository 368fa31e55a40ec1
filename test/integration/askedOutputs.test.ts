import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Signature } from "../../src/domain/tensor.js";
import type { ModelInferRequest } from "../../src/protocol/generated/inference.js";
import { REGISTER_VERSION } from "../support/operations.js";
import { application, predict, readyReplicas } from "../support/registered.js";
import { ScriptedServer } from "../support/scriptedServer.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const signature: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
  outputs: [
    { name: "scores", datatype: "FP32", shape: [2] },
    { name: "features", datatype: "FP32", shape: [3] },
    { name: "report", datatype: "BYTES", shape: [] },
  ],
};
const VALUES: Readonly<Record<string, readonly number[]>> = { scores: [0.25, 0.75], features: [1, 2, 3] };
const servers = testServers();
const scripted: ScriptedServer[] = [];
let server: TestServer;

/** A wrapper in this process that gives the two outputs of floats as it is asked, and fails when it is asked for the third. */
async function wrapper(version: number): Promise<ScriptedServer> {
  const started = new ScriptedServer({ signature });
  started.extensions = ["skysail"];
  started.versions = [String(version)];
  started.onRequest = (request) => started.write({ inferResponse: answerTo(request) });
  await started.start();
  scripted.push(started);
  return started;
}

function answerTo({ id, inputs, outputs, parameters }: ModelInferRequest) {
  const rows = inputs[0]?.shape[0] ?? 0;
  return {
    id,
    parameters: { row_ids: { stringParam: parameters["row_ids"]?.stringParam ?? "" } },
    outputs: outputs.map(({ name }) => ({ name, datatype: "FP32", shape: [rows, VALUES[name]?.length ?? 0] })),
    rawOutputContents: outputs.map(({ name }) => {
      const row = Buffer.from(Float32Array.from(VALUES[name] ?? []).buffer);
      return Buffer.concat(new Array<Buffer>(rows).fill(row));
    }),
  };
}

async function register(version: number, makeCurrent: boolean): Promise<ScriptedServer> {
  const started = await wrapper(version);
  const input = { model: "m", version, endpoints: [started.endpoint], makeCurrent };
  const { registerModelVersion: stored } = await server.ask(REGISTER_VERSION, { input });
  expect(stored.__typename).toBe("ModelVersion");
  return started;
}

const asked = ({ requests }: ScriptedServer) => requests.map(({ outputs }) => outputs.map(({ name }) => name));
const one = { values: [1] };

beforeAll(async () => {
  server = await servers.start();
});
afterAll(() => {
  for (const started of scripted) started.stop();
});

describe("a model of several outputs", () => {
  test("is asked for those that applications read, and what is cached without one answers nobody who reads it", async () => {
    const first = await register(1, true);
    await readyReplicas(server, "m", 1);
    await application(server, "labels", ["m"], { output: { label: { labels: ["a", "b"] } } });
    expect(await predict(server, "labels", one)).toMatchObject({ source: "MODEL", output: { label: "b" } });
    expect(await predict(server, "labels", one)).toMatchObject({ source: "CACHE", output: { label: "b" } });
    expect(asked(first)).toEqual([["scores"]]);

    await application(server, "vectors", ["m"], { output: { vector: { size: 3 } } });
    const vector = { output: { vector: [1, 2, 3] } };
    expect(await predict(server, "vectors", one)).toMatchObject({ source: "MODEL", ...vector });
    expect(await predict(server, "vectors", one)).toMatchObject({ source: "CACHE", ...vector });
    expect(await predict(server, "labels", one)).toMatchObject({ source: "CACHE", output: { label: "b" } });
    expect(asked(first)).toEqual([["scores"], ["scores", "features"]]);
  });

  test("is warmed up for them as a version that is not current yet", async () => {
    const second = await register(2, false);
    await second.received(1);
    expect(asked(second)[0]).toEqual(["scores", "features"]);
  });
});
