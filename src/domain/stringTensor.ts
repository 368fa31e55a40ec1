/**
 * BYTES elements as the Open Inference Protocol packs them: a little-endian uint32 length and that many bytes, one
 * after another. Texts are UTF-8.
 */

const decoder = new TextDecoder();

export function packElements(elements: readonly (string | Uint8Array)[]): Uint8Array {
  let total = 0;
  for (const element of elements) total += 4 + Buffer.byteLength(element);
  // From memory that node has at hand: to get some for each takes longer than to write a short text.
  const packed = Buffer.allocUnsafe(total);
  let at = 0;
  for (const element of elements) {
    const length = typeof element === "string" ? packed.write(element, at + 4) : element.length;
    if (typeof element !== "string") packed.set(element, at + 4);
    at = packed.writeUInt32LE(length, at) + length;
  }
  return packed;
}

/**
 * Where the element that begins at `at` ends by its own length, which may be beyond the end of `packed`; undefined
 * when not even its length is all there.
 */
export function elementEnd(packed: Uint8Array, at: number): number | undefined {
  return at + 4 > packed.length ? undefined : at + 4 + lengthAt(packed, at);
}

/** How many elements `packed` holds, or what is wrong with it. */
export function countElements(packed: Uint8Array): number | string {
  let count = 0;
  for (let at = 0; at < packed.length; count++) {
    const end = elementEnd(packed, at);
    if (end === undefined) return `element ${count} has no complete length`;
    if (end > packed.length) return `element ${count} says ${end - at - 4} bytes, beyond the end`;
    at = end;
  }
  return count;
}

/** The elements as views; `packed` must be well formed. */
export function readElements(packed: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  for (let at = 0; at < packed.length;) {
    const end = at + 4 + lengthAt(packed, at);
    elements.push(packed.subarray(at + 4, end));
    at = end;
  }
  return elements;
}

/** The elements as texts; `packed` must be well formed. */
export function readStrings(packed: Uint8Array): string[] {
  return readElements(packed).map((element) => decoder.decode(element));
}

function lengthAt(packed: Uint8Array, at: number): number {
  // Multiplied, not shifted: a length above 2^31 must not become negative.
  return (
    (packed[at] ?? 0) +
    (packed[at + 1] ?? 0) * 0x100 +
    (packed[at + 2] ?? 0) * 0x10000 +
    (packed[at + 3] ?? 0) * 0x1000000
  );
}
