import type { Datatype } from "../../../src/domain/tensor.js";

/** Arrays over packed bytes. FP16 has no array type in Node 20: its 16 bits are given as they are; BOOL is 0 or 1. */
export interface TypedArrays {
  BOOL: Uint8Array;
  UINT8: Uint8Array;
  UINT16: Uint16Array;
  UINT32: Uint32Array;
  UINT64: BigUint64Array;
  INT8: Int8Array;
  INT16: Int16Array;
  INT32: Int32Array;
  INT64: BigInt64Array;
  FP16: Uint16Array;
  FP32: Float32Array;
  FP64: Float64Array;
}

export type NumericDatatype = Exclude<Datatype, "BYTES">;
export type TypedArray = TypedArrays[NumericDatatype];

interface TypedArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray;
}

// Typed arrays have the machine's byte order, and every platform that Node 20 supports but s390x is little-endian.
const CONSTRUCTORS: Readonly<Record<NumericDatatype, TypedArrayConstructor>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

/** A view of `bytes`, or of a copy where they do not lie on a multiple of the element's size. */
export function viewOf(datatype: NumericDatatype, bytes: Uint8Array): TypedArray {
  const constructor = CONSTRUCTORS[datatype];
  const size = constructor.BYTES_PER_ELEMENT;
  // A Buffer's slice() is another view: only Uint8Array's copies.
  const aligned = bytes.byteOffset % size === 0 ? bytes : Uint8Array.prototype.slice.call(bytes);
  return new constructor(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/** Whether `value` is the array type in which a model gives tensors of this datatype. */
export function isArrayOf(datatype: NumericDatatype, value: unknown): value is TypedArray {
  return value instanceof CONSTRUCTORS[datatype];
}
