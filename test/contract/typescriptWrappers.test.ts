import { readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { readPlan } from "../../src/cli/tourPlan.js";
import type { Signature } from "../../src/domain/tensor.js";
import { readPassages } from "../support/passages.js";
import { nodeWrapper, WrapperProcess } from "../support/wrapperProcess.js";
import { inferUnary, packText, requestOf } from "../support/wrapperRequests.js";
import { echo, noop, sum } from "./signatures.js";
import { wrapperContract } from "./wrapperContract.js";

const NOOP = "dist/wrappers/typescript/noop/main.js";
const ONNX = "dist/wrappers/typescript/onnx/main.js";
const MODEL = "examples/digits/models/digits-logistic.onnx";
const TEXT_MODEL = "examples/reading/models/reading-topics.onnx";

const digits: Signature = {
  inputs: [{ name: "pixels", datatype: "FP32", shape: [64] }],
  outputs: [
    { name: "label", datatype: "INT64", shape: [] },
    { name: "probabilities", datatype: "FP32", shape: [10] },
  ],
};

const topics: Signature = {
  inputs: [{ name: "text", datatype: "BYTES", shape: [] }],
  outputs: [{ name: "topics", datatype: "FP32", shape: [7] }],
};

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
wrapperContract("onnx, of text", () => nodeWrapper(ONNX, "--file", TEXT_MODEL), { expected: topics });
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

  it("finds the topics of passages about countries that the reading model has not seen, as often as is stated", async () => {
    const folder = "examples/reading";
    const { topics: names } = readPlan(`${folder}/tour.json`);
    const passages = readPassages(`${folder}/data/test.csv`);
    const wrapper = await WrapperProcess.start(nodeWrapper(ONNX, "--file", TEXT_MODEL));
    const rows = passages.map(({ text }) => [packText([text])]);
    const response = await inferUnary(
      wrapper.client,
      requestOf({ model: "onnx", version: "1", signature: topics }, rows, "all"),
    );
    await wrapper.kill();
    const right = passages.filter(({ topic }, i) => {
      const scores = names.map((_, j) => response.rawOutputContents[0]?.readFloatLE(4 * (names.length * i + j)) ?? 0);
      return names[scores.indexOf(Math.max(...scores))] === topic;
    });
    const { testAccuracy } = JSON.parse(readFileSync(`${folder}/metrics.json`, "utf8")) as { testAccuracy: number };
    expect(right.length / passages.length).toBeCloseTo(testAccuracy, 3);
  });
});
