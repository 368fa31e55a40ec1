import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { status } from "@grpc/grpc-js";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import fc from "fast-check";
import { ModelInferRequest } from "../../src/protocol/generated/inference.js";
import { parseSignature } from "../../src/protocol/modelMetadata.js";
import { leaveOut } from "../support/postgres.js";
import { runToExit, WrapperProcess } from "../support/wrapperProcess.js";
import { inferUnary, requestOf, statusOf, StreamClient, type RequestParts } from "../support/wrapperRequests.js";

const BUILD_WITHIN_MS = 300_000;

let program: string | undefined;
try {
  const options = { timeout: BUILD_WITHIN_MS };
  program = (await promisify(execFile)("bash", ["scripts/build-cpp-example.sh"], options)).stdout.trim();
} catch (error) {
  const { stderr, message } = error as { stderr?: string; message: string };
  leaveOut("the wrapper in C++", (stderr ?? message).trim().split("\n").at(-1) ?? message);
}

if (program !== undefined) describe("the wrapper in C++", () => cppWrapper(program));

/** What every server must do (wrappers/PROTOCOL.md), without what the SDKs keep besides. */
function cppWrapper(command: string): void {
  let wrapper: WrapperProcess;
  let parts: RequestParts;
  const row = (...values: number[]): Buffer[] => [Buffer.from(Float32Array.from(values).buffer)];
  const sums = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);

  beforeAll(async () => {
    wrapper = await WrapperProcess.start({ command, args: [] });
    parts = { model: "sum", version: "1", signature: parseSignature(await wrapper.metadata()) };
  });
  afterAll(() => wrapper.kill());

  it("states its signature", () => {
    expect(parts.signature).toEqual({
      inputs: [{ name: "x", datatype: "FP32", shape: [4] }],
      outputs: [{ name: "sum", datatype: "FP32", shape: [] }],
    });
  });

  it("answers a batch in the order of its rows, on a stream and alone, under its id", async () => {
    const request = requestOf(parts, [row(1, 2, 3, 4), row(0.5, 0, 0, -1), row(10, 20, 30, 40)], "batch");
    const stream = new StreamClient(wrapper.client);
    for (const response of [await stream.infer(request), await inferUnary(wrapper.client, request)]) {
      expect(response.id).toBe("batch");
      expect(response.outputs[0]?.shape).toEqual([3]);
      expect(response.rawOutputContents).toEqual([sums(10, -0.5, 100)]);
    }
    expect(await stream.end()).toBe(status.OK);
  });

  it("answers two streams, each request under its id", async () => {
    const streams = [new StreamClient(wrapper.client), new StreamClient(wrapper.client)];
    const ids = Array.from({ length: 100 }, (_, i) => `${i}`);
    const answers = await Promise.all(
      ids.map((id, i) => (streams[i % 2] as StreamClient).infer(requestOf(parts, [row(i, 0, 0, 0)], id))),
    );
    expect(answers.map((answer) => answer.id)).toEqual(ids);
    expect(answers.map((answer) => answer.rawOutputContents)).toEqual(ids.map((_, i) => [sums(i)]));
    await Promise.all(streams.map((stream) => stream.end()));
  });

  it("refuses what breaks the signature, each request alone, and goes on", async () => {
    const good = requestOf(parts, [row(1, 2, 3, 4)], "good");
    const [tensor] = good.inputs;
    const spoilt: Record<string, ModelInferRequest> = {
      model: { ...good, modelName: "other" },
      version: { ...good, modelVersion: "4" },
      "no input": { ...good, inputs: [], rawInputContents: [] },
      name: { ...good, inputs: [{ ...tensor, name: "y" } as (typeof good.inputs)[number]] },
      datatype: { ...good, inputs: [{ ...tensor, datatype: "FP64" } as (typeof good.inputs)[number]] },
      shape: { ...good, inputs: [{ ...tensor, shape: [1, 5] } as (typeof good.inputs)[number]] },
      "no rows": { ...good, inputs: [{ ...tensor, shape: [0, 4] } as (typeof good.inputs)[number]] },
      "too many rows": { ...good, inputs: [{ ...tensor, shape: [1e15, 4] } as (typeof good.inputs)[number]] },
      length: { ...good, rawInputContents: [Buffer.alloc(15)] },
      output: { ...good, outputs: [{ name: "other", parameters: {} }] },
    };
    const stream = new StreamClient(wrapper.client);
    for (const [what, request] of Object.entries(spoilt)) {
      const { errorMessage, inferResponse } = await stream.ask({ ...request, id: what });
      expect({ what, id: inferResponse?.id, said: errorMessage !== "" }).toEqual({ what, id: what, said: true });
      const unary = await statusOf(inferUnary(wrapper.client, request));
      expect({ what, unary }).toEqual({ what, unary: status.INVALID_ARGUMENT });
    }
    expect((await stream.infer(good)).rawOutputContents).toEqual([sums(10)]);
    await stream.end();
  });

  it("takes messages above gRPC's own limit of 4 MiB", async () => {
    const request = requestOf(parts, new Array<Buffer[]>(60_000).fill(row(...MANY)), "large");
    request.parameters["padding"] = { stringParam: "x".repeat(5 * 1024 * 1024) };
    expect((await inferUnary(wrapper.client, request)).outputs[0]?.shape).toEqual([60_000]);
  });

  it("outlives mutated messages, each a call of its own", async () => {
    const bytes = ModelInferRequest.encode(requestOf(parts, [row(1, 2, 3, 4)], "mutated")).finish();
    const at = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    const mutated = fc.sample(fc.array(at, { minLength: 1, maxLength: 4 }), { seed: 42, numRuns: 2000 });
    for (const changes of mutated) {
      const message = Buffer.from(bytes);
      for (const [index, byte] of changes) message[index] = byte;
      await new Promise<void>((resolve) => {
        const path = "/inference.GRPCInferenceService/ModelInfer";
        wrapper.client.makeUnaryRequest(path, same, same, message, () => resolve());
      });
    }
    expect(await statusOf(inferUnary(wrapper.client, requestOf(parts, [row(1, 2, 3, 4)], "alive")))).toBe("OK");
  });

  it("says of a port that is taken what to do", async () => {
    const { code, stdout, stderr } = await runToExit({ command, args: [wrapper.ready.listening] });
    const last = stderr.trim().split("\n").at(-1);
    expect({ code, stdout, last }).toEqual({
      code: 1,
      stdout: "",
      last: `cannot listen on ${wrapper.ready.listening}: give another address`,
    });
  });

  it("exits with 0 on SIGTERM", async () => {
    const child = await WrapperProcess.start({ command, args: [] });
    child.signal("SIGTERM");
    expect(await child.exited).toEqual({ code: 0, signal: null });
    await child.kill();
  });
}

const MANY = [1, 1, 1, 1];
const same = (bytes: Buffer): Buffer => bytes;
