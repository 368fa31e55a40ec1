import type { Row } from "../domain/tensor.js";

export function rowByteLength(row: Row): number {
  let bytes = 0;
  for (const part of row) bytes += part.length;
  return bytes;
}

/**
 * A copy in memory of its own, so that what is kept does not keep a whole message alive. Part by part, without views:
 * V8 keeps arrays of up to 64 bytes in its own heap until somebody asks for their buffer.
 */
export function copyRow(row: Row): Row {
  return row.map((part) => {
    const copy = new Uint8Array(part.length);
    copy.set(part);
    return copy;
  });
}
