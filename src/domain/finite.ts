import type { Datatype } from "./tensor.js";

/** Element width in bytes, and the exponent's bits within the upper two of them (IEEE 754). */
const EXPONENT_BITS: Readonly<Partial<Record<Datatype, readonly [number, number]>>> = {
  FP16: [2, 0x7c00],
  FP32: [4, 0x7f80],
  FP64: [8, 0x7ff0],
};

/**
 * The index of the first NaN or infinity among packed little-endian elements, or undefined if there is none (as
 * for every datatype that has none). All exponent bits set is what both have in common.
 */
export function firstNonFinite(datatype: Datatype, bytes: Uint8Array): number | undefined {
  const format = EXPONENT_BITS[datatype];
  if (format === undefined) return undefined;
  const [width, mask] = format;
  for (let at = width - 2, i = 0; at < bytes.length; at += width, i++) {
    const top = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    if ((top & mask) === mask) return i;
  }
  return undefined;
}
