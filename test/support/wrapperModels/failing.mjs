import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

const signature = {
  inputs: [{ name: "how", datatype: "INT32", shape: [] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};

/** Every way in which a model can go wrong, chosen by the first row; 0 goes well. */
const WAYS = [
  (rows) => [new Float32Array(rows)],
  () => {
    throw new Error("thrown on purpose");
  },
  () => Promise.reject(new Error("rejected on purpose")),
  (rows) => [new Float32Array(rows - 1)],
  (rows) => [new Float32Array(rows + 1)],
  (rows) => [new Int32Array(rows)],
  () => undefined,
  (rows) => [new Float32Array(rows), new Float32Array(rows)],
  () => Promise.resolve([]),
  () => [null],
];

await runWrapper({
  description: "Fails in every way.",
  defaultName: "failing",
  createModel: ({ name, modelVersion }) =>
    defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature,
      predict: ({ rows, inputs: [how] }) => WAYS[how.values("INT32")[0]](rows),
    }),
});
