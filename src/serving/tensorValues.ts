import type { Datatype } from "../domain/tensor.js";

/** Packed little-endian elements as numbers. 64-bit integers beyond 2^53 lose their last bits. Not for BYTES. */
export function readNumbers(datatype: Exclude<Datatype, "BYTES"> | Datatype, bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datatype === "FP32") return readFloats(view);
  const read = READERS[datatype];
  if (read === undefined) throw new RangeError(`${datatype} has no numbers`);
  const numbers = new Float64Array(bytes.length / read.bytes);
  for (let i = 0; i < numbers.length; i++) numbers[i] = read.at(view, i * read.bytes);
  return numbers;
}

/** What nearly every model answers with: without a call through the table for each element. */
function readFloats(view: DataView): Float64Array {
  const numbers = new Float64Array(view.byteLength >> 2);
  for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat32(i << 2, true);
  return numbers;
}

interface Reader {
  readonly bytes: number;
  readonly at: (view: DataView, offset: number) => number;
}

/** All but FP32, which has a loop of its own, and BYTES. */
const READERS: Readonly<Partial<Record<Datatype, Reader>>> = {
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
