import type { Datatype } from "../domain/tensor.js";

/** Reads one packed little-endian element as a number. */
export interface ElementReader {
  readonly bytes: number;
  readonly at: (view: DataView, offset: number) => number;
}

/** Undefined for BYTES, whose elements are no numbers. 64-bit integers beyond 2^53 lose their last bits. */
export function elementReader(datatype: Datatype): ElementReader | undefined {
  return READERS[datatype];
}

const READERS: Readonly<Partial<Record<Datatype, ElementReader>>> = {
  BOOL: { bytes: 1, at: (view, at) => view.getUint8(at) },
  UINT8: { bytes: 1, at: (view, at) => view.getUint8(at) },
  UINT16: { bytes: 2, at: (view, at) => view.getUint16(at, true) },
  UINT32: { bytes: 4, at: (view, at) => view.getUint32(at, true) },
  UINT64: { bytes: 8, at: (view, at) => Number(view.getBigUint64(at, true)) },
  INT8: { bytes: 1, at: (view, at) => view.getInt8(at) },
  INT16: { bytes: 2, at: (view, at) => view.getInt16(at, true) },
  INT32: { bytes: 4, at: (view, at) => view.getInt32(at, true) },
  INT64: { bytes: 8, at: (view, at) => Number(view.getBigInt64(at, true)) },
  FP16: { bytes: 2, at: (view, at) => halfToNumber(view.getUint16(at, true)) },
  FP32: { bytes: 4, at: (view, at) => view.getFloat32(at, true) },
  FP64: { bytes: 8, at: (view, at) => view.getFloat64(at, true) },
};

/** IEEE 754 binary16, section 3.6. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
