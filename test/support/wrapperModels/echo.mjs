import { DATATYPES } from "../../../dist/src/domain/tensor.js";
import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

const tensors = (prefix) =>
  DATATYPES.map((datatype, i) => ({ name: `${prefix}_${datatype}`, datatype, shape: i % 2 === 0 ? [2] : [] }));

/** One input of every datatype comes back as it is: numbers through their typed arrays, text through strings. */
await runWrapper({
  description: "Echoes tensors of every datatype.",
  defaultName: "echo",
  createModel: ({ name, modelVersion }) =>
    defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature: { inputs: tensors("in"), outputs: tensors("out") },
      predict: ({ inputs }) =>
        inputs.map((input) => (input.spec.datatype === "BYTES" ? input.strings() : input.values(input.spec.datatype))),
    }),
});
