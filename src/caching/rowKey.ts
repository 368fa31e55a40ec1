import type { Row } from "../domain/tensor.js";
import { hash128 } from "../lib/hashBytes.js";

const words = new Uint32Array(4);

/**
 * 53 bits of the row's 128-bit hash, as many as a number holds exactly. It only finds the place to look: every
 * lookup compares the bytes as well, so equal hashes of unequal rows cost a miss and never a wrong answer.
 */
export function rowHash(row: Row): number {
  hash128(row, 0, words);
  return (words[0] as number) * 0x200000 + ((words[1] as number) >>> 11);
}

export function rowsEqual(a: Row, b: Row): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as Uint8Array;
    const y = b[i] as Uint8Array;
    if (x.length !== y.length) return false;
    if (x.length > 256) {
      if (Buffer.compare(x, y) !== 0) return false;
      continue;
    }
    for (let j = 0; j < x.length; j++) if (x[j] !== y[j]) return false;
  }
  return true;
}
