import type { InputTensor } from "./batch.js";

/** The first element that is NaN or infinite, or -1. Integers and BYTES have none. */
export function firstNonFinite(input: InputTensor): number {
  switch (input.spec.datatype) {
    case "FP32":
      return input.values("FP32").findIndex((value) => !Number.isFinite(value));
    case "FP64":
      return input.values("FP64").findIndex((value) => !Number.isFinite(value));
    case "FP16":
      // All five exponent bits set: infinite or NaN (IEEE 754, binary16).
      return input.values("FP16").findIndex((bits) => (bits & 0x7c00) === 0x7c00);
    default:
      return -1;
  }
}
