import { describe, expect, it } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import type { Signature } from "../../src/domain/tensor.js";
import { classProperties, parseClasses, parseSignature, toModelMetadata } from "../../src/protocol/modelMetadata.js";
import { defineModel, withLabels } from "../../wrappers/typescript/sdk/model.js";
import { nodeWrapper, runToExit, WrapperProcess } from "../support/wrapperProcess.js";
import { sdkContract } from "./sdkContract.js";

const NOOP = "dist/wrappers/typescript/noop/main.js";
const ONNX = "dist/wrappers/typescript/onnx/main.js";

sdkContract("in TypeScript", (model, ...args) =>
  nodeWrapper(model === "noop" ? NOOP : `test/support/wrapperModels/${model}.mjs`, ...args),
);

describe("a wrapper's command line", () => {
  it.each([
    ["an unknown option", NOOP, ["--bogus"], /unknown option '--bogus'/],
    ["a misspelt option", NOOP, ["--widht", "8"], /^unknown option '--widht' \(Did you mean --width\?\)$/m],
    ["a bad value", NOOP, ["--width", "0"], /--width.*positive integer/],
    ["a bad address", NOOP, ["--listen", "nowhere"], /--listen.*unix:\/path or host:port/],
    ["a single label", NOOP, ["--labels", "a"], /--labels.*two names or more/],
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

it("says of a port that is taken what to do", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { code, stderr } = await runToExit(nodeWrapper(NOOP, "--listen", listen));
  other.close();
  const last = stderr.trim().split("\n").at(-1);
  expect([code, last]).toEqual([1, `cannot listen on ${listen}: the port is taken: give another with --listen`]);
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

  const classes = [
    { label: "setosa", value: "0" },
    { label: "versicolor", value: "1" },
  ];
  const metadataWith = (properties: Record<string, string>) => toModelMetadata({ ...model, properties });

  it.each([[classes], [classes.map(({ label }) => ({ label, value: label }))], [undefined]])(
    "carries the names of classes there and back: %j",
    (named) => {
      expect(parseClasses(metadataWith(classProperties(named)))).toEqual(named);
    },
  );

  it.each([
    [{ labels: "a,b" }, "the property labels must be a JSON list of distinct texts, got a,b"],
    [{ labels: '["a",2]' }, 'the property labels must be a JSON list of distinct texts, got ["a",2]'],
    [{ labels: '["a","a"]' }, "the property labels must be a JSON list of distinct texts"],
    [{ labels: "[]" }, "the property labels must be a JSON list of distinct texts"],
    [{ labels: '["a","b"]', label_values: '["1"]' }, "model m states 2 labels and 1 label_values"],
  ])("refuses names of classes that are none: %j", (properties, message) => {
    expect(() => parseClasses(metadataWith(properties))).toThrow(message);
  });

  it("names another number of classes than the model has in one line", () => {
    const named = defineModel({ ...model, signature: { ...floats, classes }, predict: () => [] });
    expect(() => withLabels(named, ["a", "b", "c"])).toThrow("--labels names 3 classes: model m has 2");
    expect(withLabels(named, ["a", "b"]).signature.classes).toEqual([
      { label: "a", value: "0" },
      { label: "b", value: "1" },
    ]);
  });

  it("states what --labels names", async () => {
    const wrapper = await WrapperProcess.start(nodeWrapper(NOOP, "--labels", "ant,bee"));
    expect((await wrapper.metadata()).properties).toMatchObject({ labels: '["ant","bee"]' });
    await wrapper.kill();
  });

  it("refuses a datatype that it does not know", () => {
    const metadata = toModelMetadata(model);
    const outputs = [{ name: "y", datatype: "BF16", shape: [-1] }];
    expect(() => parseSignature({ ...metadata, outputs })).toThrow("output y: unknown datatype BF16");
  });
});
