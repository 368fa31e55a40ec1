import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

const signature = {
  inputs: [
    { name: "a", datatype: "FP32", shape: [3] },
    { name: "b", datatype: "INT16", shape: [2, 2] },
  ],
  outputs: [
    { name: "total", datatype: "FP64", shape: [] },
    { name: "rank", datatype: "INT32", shape: [1] },
  ],
};

/** Two inputs of different types and sizes; `rank` is the row's own largest element of b. */
function predict({ rows, inputs: [a, b] }) {
  const total = new Float64Array(rows);
  const rank = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const as = a.values("FP32").subarray(row * 3, row * 3 + 3);
    const bs = b.values("INT16").subarray(row * 4, row * 4 + 4);
    total[row] = as.reduce((sum, value) => sum + value, 0) + bs.reduce((sum, value) => sum + value, 0);
    rank[row] = Math.max(...bs);
  }
  return [total, rank];
}

await runWrapper({
  description: "Adds two inputs.",
  defaultName: "sum",
  createModel: ({ name, modelVersion }) =>
    defineModel({ name, version: modelVersion, platform: "test", signature, concurrency: 1, predict }),
});
