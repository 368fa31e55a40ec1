import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

const signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [2] }],
  outputs: [
    { name: "y", datatype: "FP32", shape: [1] },
    { name: "text", datatype: "BYTES", shape: [] },
  ],
};
// Used again for each batch, as a model may that computes one at a time.
const y = new Float32Array(1024);

/**
 * Answers a row [how, value] with the value and its text, unless `how` is 1 (it throws, having said so), 2 (the row is
 * refused) or 3 (it takes a while and throws). Says how often it was called, and how often for texts.
 */
await runWrapper({
  description: "Answers some rows.",
  defaultName: "picky",
  createModel: ({ name, modelVersion }, logger) =>
    defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature,
      async predict(batch) {
        logger.info("called");
        const x = batch.inputs[0].values("FP32");
        const values = Array.from({ length: batch.rows }, (_, row) => x[2 * row + 1]);
        const ways = new Set(values.map((_, row) => x[2 * row]));
        if (ways.has(3)) await new Promise((resolve) => setTimeout(resolve, 200));
        for (const how of [1, 3]) if (ways.has(how)) throw new Error(`cannot bear ${how}`);
        values.forEach((value, row) => {
          if (x[2 * row] === 2) batch.refuse(row, `no row ${value}`);
        });
        y.set(values);
        if (!batch.wanted.includes("text")) return [y.subarray(0, batch.rows), undefined];
        logger.info("texts");
        return [y.subarray(0, batch.rows), values.map((value) => `value ${value}`)];
      },
    }),
});
