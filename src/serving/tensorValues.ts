import type { Datatype } from "../domain/tensor.js";
import { IS_LITTLE_ENDIAN } from "../lib/endianness.js";
import { newNumbers } from "../lib/newNumbers.js";
import { elementReader } from "../lib/packedElements.js";

/** Packed little-endian elements as numbers. 64-bit integers beyond 2^53 lose their last bits. Not for BYTES. */
export function readNumbers(datatype: Exclude<Datatype, "BYTES"> | Datatype, bytes: Uint8Array): Float64Array {
  if (datatype === "FP32" && IS_LITTLE_ENDIAN) return readFloats(bytes);
  const read = elementReader(datatype);
  if (read === undefined) throw new RangeError(`${datatype} has no numbers`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers = newNumbers(bytes.length / read.bytes);
  for (let i = 0; i < numbers.length; i++) numbers[i] = read.at(view, i * read.bytes);
  return numbers;
}

/** Where bytes become floats: a view of each row's takes longer than to copy them, and a short array has no buffer until it is asked. */
let floats = new Float32Array(256);
let floatBytes = new Uint8Array(floats.buffer);

/** What nearly every model answers with: without a call through the table for each element. */
function readFloats(bytes: Uint8Array): Float64Array {
  if (bytes.length > floatBytes.length) {
    floats = new Float32Array((bytes.length + 3) >> 2);
    floatBytes = new Uint8Array(floats.buffer);
  }
  floatBytes.set(bytes);
  const numbers = newNumbers(bytes.length >> 2);
  for (let i = 0; i < numbers.length; i++) numbers[i] = floats[i] as number;
  return numbers;
}
