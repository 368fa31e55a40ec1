import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

const ENCODE = {
  FP32: (values) => values,
  INT64: (values) => BigInt64Array.from(values, BigInt),
  BOOL: (values) => Uint8Array.from(values, Number),
};

/** Gives each row's one number back in one element of another datatype: a class code, a truth value, a probability. */
await runWrapper({
  description: "One number in, one element out.",
  defaultName: "single",
  addOptions: (command) => command.option("--datatype <datatype>", "of the output", "FP32"),
  createModel({ name, modelVersion, datatype }) {
    return defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature: {
        inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
        outputs: [{ name: "y", datatype, shape: [1] }],
      },
      predict: ({ inputs: [x] }) => [ENCODE[datatype](x.values("FP32"))],
    });
  },
});
