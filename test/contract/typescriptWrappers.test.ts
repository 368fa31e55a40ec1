import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { DATATYPES, type Signature } from "../../src/domain/tensor.js";
import { nodeWrapper, WrapperProcess } from "../support/wrapperProcess.js";
import { inferUnary, requestOf } from "../support/wrapperRequests.js";
import { wrapperContract } from "./wrapperContract.js";

const NOOP = "dist/wrappers/typescript/noop/main.js";
const ONNX = "dist/wrappers/typescript/onnx/main.js";
const MODEL = "examples/digits/models/digits-logistic.onnx";

const noop: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [32] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};

const digits: Signature = {
  inputs: [{ name: "pixels", datatype: "FP32", shape: [64] }],
  outputs: [
    { name: "label", datatype: "INT64", shape: [] },
    { name: "probabilities", datatype: "FP32", shape: [10] },
  ],
};

const sum: Signature = {
  inputs: [
    { name: "a", datatype: "FP32", shape: [3] },
    { name: "b", datatype: "INT16", shape: [2, 2] },
  ],
  outputs: [
    { name: "total", datatype: "FP64", shape: [] },
    { name: "rank", datatype: "INT32", shape: [1] },
  ],
};

const everyDatatype = (prefix: string) =>
  DATATYPES.map((datatype, i) => ({ name: `${prefix}_${datatype}`, datatype, shape: i % 2 === 0 ? [2] : [] }));
const echo: Signature = { inputs: everyDatatype("in"), outputs: everyDatatype("out") };

wrapperContract("noop", () => nodeWrapper(NOOP, "--width", "32"), { expected: noop });
wrapperContract(
  "noop with a service time",
  () => nodeWrapper(NOOP, "--width", "32", "--latency-line", "0.2,0.00001", "--noise", "0.1"),
  {
    expected: noop,
  },
);
wrapperContract("onnx, inline", () => nodeWrapper(ONNX, "--file", MODEL, "--execution", "inline"), {
  expected: digits,
});
wrapperContract("onnx, two threads", () => nodeWrapper(ONNX, "--file", MODEL, "--workers", "2"), { expected: digits });
wrapperContract("of two inputs", () => nodeWrapper("test/support/wrapperModels/sum.mjs"), { expected: sum });
wrapperContract("of every datatype", () => nodeWrapper("test/support/wrapperModels/echo.mjs"), { expected: echo });

describe("onnx wrapper", () => {
  it("recognises the digits of the test set", async () => {
    const lines = readFileSync("examples/digits/data/test.csv", "utf8").trim().split("\n").slice(1);
    const samples = lines.map((line) => line.split(",").map(Number));
    const wrapper = await WrapperProcess.start(nodeWrapper(ONNX, "--file", MODEL));
    const rows = samples.map(([, ...pixels]) => [Buffer.from(Float32Array.from(pixels).buffer)]);
    const response = await inferUnary(
      wrapper.client,
      requestOf({ model: "onnx", version: "1", signature: digits }, rows, "all"),
    );
    await wrapper.kill();
    const labels = samples.map((_, i) => Number(response.rawOutputContents[0]?.readBigInt64LE(8 * i)));
    const right = samples.filter(([label], i) => labels[i] === label).length;
    expect(right / samples.length).toBeGreaterThan(0.9);
  });
});
