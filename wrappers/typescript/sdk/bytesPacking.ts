/**
 * BYTES elements as the protocol packs them: a little-endian uint32 length and that many bytes, one after another.
 */

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** How many elements `packed` holds, or what is wrong with it. */
export function countElements(packed: Uint8Array): number | string {
  let count = 0;
  let at = 0;
  while (at < packed.length) {
    if (at + 4 > packed.length) return `element ${count} has no complete length`;
    const length = lengthAt(packed, at);
    at += 4 + length;
    if (at > packed.length) return `element ${count} says ${length} bytes, beyond the end`;
    count++;
  }
  return count;
}

/** The elements as views; `packed` must be well formed. */
export function unpackElements(packed: Uint8Array): Uint8Array[] {
  const elements: Uint8Array[] = [];
  let at = 0;
  while (at < packed.length) {
    const end = at + 4 + lengthAt(packed, at);
    elements.push(packed.subarray(at + 4, end));
    at = end;
  }
  return elements;
}

export function unpackStrings(packed: Uint8Array): string[] {
  return unpackElements(packed).map((element) => decoder.decode(element));
}

export function packElements(elements: readonly (string | Uint8Array)[]): Uint8Array {
  const encoded = elements.map((element) => (typeof element === "string" ? encoder.encode(element) : element));
  const packed = new Uint8Array(encoded.reduce((total, element) => total + 4 + element.length, 0));
  const view = new DataView(packed.buffer);
  let at = 0;
  for (const element of encoded) {
    view.setUint32(at, element.length, true);
    packed.set(element, at + 4);
    at += 4 + element.length;
  }
  return packed;
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
