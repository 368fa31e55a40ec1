import { DATATYPES, type Signature } from "../../src/domain/tensor.js";

/** What the wrappers of test/support/wrapperModels serve, in either language. */
export const noop: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [32] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};

export const sum: Signature = {
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

export const echo: Signature = { inputs: everyDatatype("in"), outputs: everyDatatype("out") };
