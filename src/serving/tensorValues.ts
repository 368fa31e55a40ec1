import type { Datatype } from "../domain/tensor.js";
import { elementReader } from "../lib/packedElements.js";

/** Packed little-endian elements as numbers. 64-bit integers beyond 2^53 lose their last bits. Not for BYTES. */
export function readNumbers(datatype: Exclude<Datatype, "BYTES"> | Datatype, bytes: Uint8Array): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (datatype === "FP32") return readFloats(view);
  const read = elementReader(datatype);
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
