import { elementCount } from "../domain/tensor.js";
import type { Datatype, Row, TensorSpec } from "../domain/tensor.js";
import { elementReader } from "../lib/packedElements.js";
import type { ElementReader } from "../lib/packedElements.js";

/** Whether one output could stand for the other. */
export type Same = (a: Row, b: Row) => boolean;

const FLOATS: readonly Datatype[] = ["FP16", "FP32", "FP64"];

/**
 * What "the same answer" means for a model's outputs; every tensor has to be the same in its way:
 * - integers, BOOL and BYTES (labels): equal bytes;
 * - several floats (scores): the largest at the same place, or with a tolerance, every |dy| at most that;
 * - one float: |dy| at most the tolerance, without which there is none (`reason` says so).
 * NaN is the same as nothing.
 */
export function sameOutput(
  outputs: readonly TensorSpec[],
  tolerance: number | undefined,
): { readonly kind: "same"; readonly same: Same } | { readonly kind: "none"; readonly reason: string } {
  const parts: ((a: Uint8Array, b: Uint8Array) => boolean)[] = [];
  for (const { name, datatype, shape } of outputs) {
    const reader = elementReader(datatype);
    if (reader === undefined || !FLOATS.includes(datatype)) {
      parts.push((a, b) => Buffer.compare(a, b) === 0);
    } else if (tolerance !== undefined) {
      parts.push((a, b) => isWithin(reader, a, b, tolerance));
    } else if (elementCount(shape) > 1) {
      parts.push((a, b) => hasSameLargest(reader, a, b));
    } else {
      const reason = `output "${name}" is a single ${datatype}: say by a tolerance which numbers are the same answer`;
      return { kind: "none", reason };
    }
  }
  return { kind: "same", same: (a, b) => parts.every((same, i) => same(a[i] as Uint8Array, b[i] as Uint8Array)) };
}

function isWithin(reader: ElementReader, a: Uint8Array, b: Uint8Array, tolerance: number): boolean {
  const x = viewOf(a);
  const y = viewOf(b);
  for (let at = 0; at < a.length; at += reader.bytes)
    if (!(Math.abs(reader.at(x, at) - reader.at(y, at)) <= tolerance)) return false;
  return true;
}

function hasSameLargest(reader: ElementReader, a: Uint8Array, b: Uint8Array): boolean {
  const largest = placeOfLargest(reader, a);
  return largest !== undefined && largest === placeOfLargest(reader, b);
}

/** The first of several; undefined if one is NaN. */
function placeOfLargest(reader: ElementReader, bytes: Uint8Array): number | undefined {
  const view = viewOf(bytes);
  let best = 0;
  let bestValue = -Infinity;
  for (let at = 0; at < bytes.length; at += reader.bytes) {
    const value = reader.at(view, at);
    if (Number.isNaN(value)) return undefined;
    if (value <= bestValue) continue;
    best = at;
    bestValue = value;
  }
  return best;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
