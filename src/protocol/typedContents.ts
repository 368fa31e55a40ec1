import { packElements } from "../domain/stringTensor.js";
import { elementBytes, type Datatype } from "../domain/tensor.js";
import type { InferTensorContents } from "./generated/inference.js";

/** Typed contents as packed bytes, or what is wrong. Skysail sends raw contents; other clients and servers may not. */
export function packContents(datatype: Datatype, contents: InferTensorContents): Uint8Array | string {
  if (datatype === "BYTES") return packElements(contents.bytesContents);
  if (datatype === "FP16") return "FP16 travels as raw contents only";
  if (datatype === "BOOL") return Uint8Array.from(contents.boolContents, Number);
  const field = FIELDS[datatype];
  const values = contents[field];
  const bytes = new Uint8Array(values.length * (elementBytes(datatype) ?? 1));
  const view = new DataView(bytes.buffer);
  const write = WRITERS[datatype];
  const [least, most] = RANGES[datatype] ?? [-Infinity, Infinity];
  for (const [i, value] of values.entries()) {
    if (value < least || value > most) return `element ${i} (${value}) does not fit ${datatype}`;
    write(view, i, value);
  }
  return bytes;
}

type Numeric = Exclude<Datatype, "BYTES" | "FP16" | "BOOL">;

const FIELDS = {
  UINT8: "uintContents",
  UINT16: "uintContents",
  UINT32: "uintContents",
  UINT64: "uint64Contents",
  INT8: "intContents",
  INT16: "intContents",
  INT32: "intContents",
  INT64: "int64Contents",
  FP32: "fp32Contents",
  FP64: "fp64Contents",
} as const satisfies Record<Numeric, keyof InferTensorContents>;

// The message has 32 bits for the small integers: what does not fit would wrap around silently.
const RANGES: Partial<Record<Numeric, readonly [number, number]>> = {
  UINT8: [0, 0xff],
  UINT16: [0, 0xffff],
  INT8: [-0x80, 0x7f],
  INT16: [-0x8000, 0x7fff],
};

const WRITERS: Readonly<Record<Numeric, (view: DataView, i: number, value: number) => void>> = {
  UINT8: (view, i, value) => view.setUint8(i, value),
  UINT16: (view, i, value) => view.setUint16(2 * i, value, true),
  UINT32: (view, i, value) => view.setUint32(4 * i, value, true),
  UINT64: (view, i, value) => view.setBigUint64(8 * i, BigInt(value), true),
  INT8: (view, i, value) => view.setInt8(i, value),
  INT16: (view, i, value) => view.setInt16(2 * i, value, true),
  INT32: (view, i, value) => view.setInt32(4 * i, value, true),
  INT64: (view, i, value) => view.setBigInt64(8 * i, BigInt(value), true),
  FP32: (view, i, value) => view.setFloat32(4 * i, value, true),
  FP64: (view, i, value) => view.setFloat64(8 * i, value, true),
};
