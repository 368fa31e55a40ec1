import { afterEach, describe, expect, it } from "@jest/globals";
import { status } from "@grpc/grpc-js";
import type { Signature } from "../../src/domain/tensor.js";
import { InferTensorContents } from "../../src/protocol/generated/inference.js";
import { parseSignature, toModelMetadata } from "../../src/protocol/modelMetadata.js";
import { nodeWrapper, runToExit, WrapperProcess } from "../support/wrapperProcess.js";
import { inferUnary, requestOf, statusOf, StreamClient } from "../support/wrapperRequests.js";

const GATED = "test/support/wrapperModels/gated.mjs";
const FAILING = "test/support/wrapperModels/failing.mjs";
const SUM = "test/support/wrapperModels/sum.mjs";
const NOOP = "dist/wrappers/typescript/noop/main.js";
const ONNX = "dist/wrappers/typescript/onnx/main.js";

const started: WrapperProcess[] = [];
const start = async (script: string, ...args: string[]): Promise<WrapperProcess> => {
  const wrapper = await WrapperProcess.start(nodeWrapper(script, ...args));
  started.push(wrapper);
  return wrapper;
};
afterEach(async () => {
  await Promise.all(started.splice(0).map((wrapper) => wrapper.kill()));
});

const floats: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};
const gated = { model: "gated", version: "1", signature: floats };
const float = (value: number): Buffer[] => [Buffer.from(Float32Array.of(value).buffer)];

/** Settles when all that was sent before has arrived: a connection keeps the order, and refusals do not queue. */
const arrived = async (stream: StreamClient): Promise<void> => {
  await stream.ask({ ...requestOf(gated, [float(0)], "refused"), modelName: "other" });
};

describe("a wrapper with batches in flight", () => {
  it("computes one batch at a time, in the order of arrival", async () => {
    const wrapper = await start(GATED);
    const stream = new StreamClient(wrapper.client);
    const order: string[] = [];
    const asked = ["a", "b", "c"].map(async (id, i) =>
      order.push((await stream.infer(requestOf(gated, [float(i)], id))).id),
    );
    for (const count of [1, 2, 3]) {
      await wrapper.logged("computing", count);
      expect(order).toHaveLength(count - 1);
      wrapper.signal("SIGUSR2");
      await asked[count - 1];
    }
    expect(order).toEqual(["a", "b", "c"]);
  });

  it("finishes on SIGTERM what it has accepted, refuses what comes later, and exits with 0", async () => {
    const wrapper = await start(GATED);
    const stream = new StreamClient(wrapper.client);
    const inFlight = stream.infer(requestOf(gated, [float(5)], "in flight"));
    await wrapper.logged("computing");
    wrapper.signal("SIGTERM");
    await wrapper.logged("draining");
    const later = await stream.ask(requestOf(gated, [float(6)], "later"));
    expect(later.inferResponse?.parameters["error_code"]?.stringParam).toBe("UNAVAILABLE");
    wrapper.signal("SIGUSR2");
    expect((await inFlight).rawOutputContents).toEqual(float(5));
    expect(await stream.ended).toBe(status.OK);
    expect(await wrapper.exited).toEqual({ code: 0, signal: null });
  });

  it("exits within a second of its stdin's end, whatever it computes", async () => {
    const wrapper = await start(GATED, "--exit-with-stdin");
    const lost = statusOf(inferUnary(wrapper.client, requestOf(gated, [float(5)], "lost")));
    await wrapper.logged("computing");
    const endedMs = performance.now();
    wrapper.endStdin();
    expect(await wrapper.exited).toEqual({ code: 0, signal: null });
    expect(performance.now() - endedMs).toBeLessThan(1000);
    expect(await lost).not.toBe("OK");
  });

  it("does not compute what expired in its queue", async () => {
    const wrapper = await start(GATED);
    const stream = new StreamClient(wrapper.client);
    const first = stream.infer(requestOf(gated, [float(1)], "first"));
    const second = stream.ask(requestOf(gated, [float(2)], "second", { deadline_us: { int64Param: 1 } }));
    await wrapper.logged("computing");
    await arrived(stream);
    wrapper.signal("SIGUSR2");
    await first;
    expect((await second).inferResponse).toMatchObject({
      parameters: { error_code: { stringParam: "DEADLINE_EXCEEDED" } },
    });
  });

  it("does not compute what nobody waits for any more", async () => {
    const wrapper = await start(GATED);
    const stream = new StreamClient(wrapper.client);
    const first = stream.infer(requestOf(gated, [float(1)], "first"));
    await wrapper.logged("computing");
    const call = wrapper.client.modelInfer(requestOf(gated, [float(2)], "left"), () => undefined);
    const left = new Promise((resolve) => call.on("status", resolve));
    await arrived(stream);
    call.cancel();
    await left;
    await arrived(stream);
    const third = stream.infer(requestOf(gated, [float(3)], "third"));
    wrapper.signal("SIGUSR2");
    await first;
    await wrapper.logged("computing", 2);
    wrapper.signal("SIGUSR2");
    expect((await third).rawOutputContents).toEqual(float(3));
  });
});

describe("a wrapper whose model fails", () => {
  const signature: Signature = {
    inputs: [{ name: "how", datatype: "INT32", shape: [] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
  };
  const parts = { model: "failing", version: "1", signature };
  const way = (how: number): Buffer[] => [Buffer.from(Int32Array.of(how).buffer)];

  it("fails that request only, whichever way the model fails", async () => {
    const wrapper = await start(FAILING);
    const stream = new StreamClient(wrapper.client);
    const good = await stream.infer(requestOf(parts, [way(0), way(0)], "good"));
    expect(good.outputs[0]?.shape).toEqual([2, 1]);
    for (let how = 1; how <= 9; how++) {
      const { errorMessage, inferResponse } = await stream.ask(requestOf(parts, [way(how), way(0)], `way ${how}`));
      expect(errorMessage).not.toBe("");
      expect(inferResponse).toMatchObject({
        id: `way ${how}`,
        parameters: { error_code: { stringParam: "INTERNAL" } },
      });
    }
    expect((await stream.infer(requestOf(parts, [way(0)], "again"))).id).toBe("again");
  });

  it("names both lengths when the row count is wrong", async () => {
    const wrapper = await start(FAILING);
    const { errorMessage } = await new StreamClient(wrapper.client).ask(requestOf(parts, [way(3), way(0)], "short"));
    expect(errorMessage).toBe("output y: expected 8 bytes for 2 rows, got 4");
  });
});

describe("a wrapper's inputs", () => {
  it("may come as typed contents, in any order", async () => {
    const wrapper = await start(SUM);
    const typed = (name: string, datatype: string, shape: number[], contents: Partial<InferTensorContents>) => ({
      name,
      datatype,
      shape,
      parameters: {},
      contents: InferTensorContents.fromPartial(contents),
    });
    const response = await inferUnary(wrapper.client, {
      ...requestOf({ model: "sum", version: "", signature: { inputs: [], outputs: [] } }, [], "typed"),
      inputs: [
        typed("b", "INT16", [1, 2, 2], { intContents: [1, 2, -3, 4] }),
        typed("a", "FP32", [1, 3], { fp32Contents: [0.5, 0.25, 8] }),
      ],
    });
    expect(response.rawOutputContents[0]?.readDoubleLE()).toBe(12.75);
    expect(response.rawOutputContents[1]?.readInt32LE()).toBe(4);
  });

  it("may be NaN unless the wrapper was told to refuse it", async () => {
    const parts = { model: "noop", version: "1", signature: floats };
    const [passing, refusing] = await Promise.all([
      start(NOOP, "--width", "1"),
      start(NOOP, "--width", "1", "--non-finite", "refuse"),
    ]);
    expect(await statusOf(inferUnary(passing.client, requestOf(parts, [float(NaN)], "nan")))).toBe("OK");
    expect(await statusOf(inferUnary(refusing.client, requestOf(parts, [float(NaN)], "nan")))).toBe(
      status.INVALID_ARGUMENT,
    );
    expect(await statusOf(inferUnary(refusing.client, requestOf(parts, [float(1)], "one")))).toBe("OK");
  });
});

describe("a wrapper's command line", () => {
  it.each([
    ["an unknown option", NOOP, ["--bogus"], /unknown option '--bogus'/],
    ["a bad value", NOOP, ["--width", "0"], /--width.*positive integer/],
    ["a bad address", NOOP, ["--listen", "nowhere"], /--listen.*unix:\/path or host:port/],
    ["a missing file", ONNX, ["--file", "missing.onnx"], /missing\.onnx.*no such file/],
    ["no file", ONNX, [], /--file/],
    [
      "a missing provider",
      ONNX,
      ["--file", "examples/digits/models/digits-logistic.onnx", "--device", "cuda"],
      /CUDA.*docs\/gpu\.md/,
    ],
  ])("refuses %s in one line, with exit code 1", async (_, script, args, message) => {
    const { code, stdout, stderr } = await runToExit(nodeWrapper(script, ...args));
    expect({ code, stdout, lines: stderr.trim().split("\n").length }).toEqual({ code: 1, stdout: "", lines: 1 });
    expect(stderr).toMatch(message);
  });
});

describe("model metadata", () => {
  const model = { name: "m", version: "2", platform: "p", signature: floats, properties: { concurrency: "1" } };

  it("carries a signature there and back", () => {
    expect(parseSignature(toModelMetadata(model))).toEqual(floats);
  });

  it.each([
    [[4], "input x: the first dimension must be -1, the batch, in shape [4]"],
    [[], "input x: the first dimension must be -1, the batch, in shape []"],
    [[-1, -1], "input x: dimensions after the batch must be fixed and positive in shape [-1,-1]"],
    [[-1, 0], "input x: dimensions after the batch must be fixed and positive in shape [-1,0]"],
  ])("refuses the shape %j", (shape, message) => {
    const metadata = toModelMetadata(model);
    expect(() => parseSignature({ ...metadata, inputs: [{ name: "x", datatype: "FP32", shape }] })).toThrow(message);
  });

  it("refuses a datatype that it does not know", () => {
    const metadata = toModelMetadata(model);
    const outputs = [{ name: "y", datatype: "BF16", shape: [-1] }];
    expect(() => parseSignature({ ...metadata, outputs })).toThrow("output y: unknown datatype BF16");
  });
});
