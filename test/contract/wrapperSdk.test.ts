import { describe, expect, it } from "@jest/globals";
import type { Signature } from "../../src/domain/tensor.js";
import { parseSignature, toModelMetadata } from "../../src/protocol/modelMetadata.js";
import { nodeWrapper, runToExit } from "../support/wrapperProcess.js";
import { sdkContract } from "./sdkContract.js";

const NOOP = "dist/wrappers/typescript/noop/main.js";
const ONNX = "dist/wrappers/typescript/onnx/main.js";

sdkContract("in TypeScript", (model, ...args) =>
  nodeWrapper(model === "noop" ? NOOP : `test/support/wrapperModels/${model}.mjs`, ...args),
);

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

const floats: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};

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
