import { elementCount } from "../domain/tensor.js";
import type { Row, TensorSpec } from "../domain/tensor.js";
import { IS_LITTLE_ENDIAN } from "../lib/endianness.js";
import { elementReader } from "../lib/packedElements.js";
import type { ElementReader } from "../lib/packedElements.js";

/** How rows of one signature become vectors: all elements of all tensors, in their order, as 32-bit floats. */
export interface RowVector {
  readonly kind: "vector";
  readonly dimensions: number;
  /** Overwrites `out`, whose length is `dimensions`. */
  readonly write: (row: Row, out: Float32Array) => void;
}

/** `reason` says in words why rows of these tensors have no distance. */
export function rowVector(
  inputs: readonly TensorSpec[],
): RowVector | { readonly kind: "none"; readonly reason: string } {
  const parts: Part[] = [];
  let dimensions = 0;
  for (const { name, datatype, shape } of inputs) {
    const reader = elementReader(datatype);
    if (reader === undefined) {
      const reason = `input "${name}" is ${datatype}, which has no distance: the approximate cache takes numbers only`;
      return { kind: "none", reason };
    }
    const count = elementCount(shape);
    parts.push({ reader, isFloat: datatype === "FP32", from: dimensions, count });
    dimensions += count;
  }
  if (dimensions === 0) return { kind: "none", reason: "the input has no elements, so all of its rows are the same" };
  return { kind: "vector", dimensions, write: (row, out) => writeParts(parts, row, out) };
}

interface Part {
  readonly reader: ElementReader;
  readonly isFloat: boolean;
  readonly from: number;
  readonly count: number;
}

function writeParts(parts: readonly Part[], row: Row, out: Float32Array): void {
  for (let i = 0; i < parts.length; i++) {
    const { reader, isFloat, from, count } = parts[i] as Part;
    const bytes = row[i] as Uint8Array;
    if (isFloat && IS_LITTLE_ENDIAN) {
      new Uint8Array(out.buffer, out.byteOffset + 4 * from, 4 * count).set(bytes);
      continue;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let j = 0; j < count; j++) out[from + j] = reader.at(view, j * reader.bytes);
  }
}
