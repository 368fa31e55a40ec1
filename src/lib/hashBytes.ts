import { IS_LITTLE_ENDIAN } from "./endianness.js";

/**
 * MurmurHash3 x86_128 over a list of byte strings (each followed by its length, so that boundaries count).
 * Public domain algorithm by Austin Appleby; not against adversaries: callers compare the bytes on a match.
 * Writes four uint32 words to `out`.
 */
export function hash128(parts: readonly Uint8Array[], seed: number, out: Uint32Array): void {
  let h1 = seed >>> 0;
  let h2 = seed >>> 0;
  let h3 = seed >>> 0;
  let h4 = seed >>> 0;
  let total = 0;
  for (const bytes of parts) {
    const length = bytes.length;
    total += length;
    const whole = length & ~15;
    const words = wordsOf(bytes);
    let i = 0;
    for (; i < whole; i += 16) {
      const k1 = words === undefined ? word(bytes, i) : (words[i >> 2] as number);
      const k2 = words === undefined ? word(bytes, i + 4) : (words[(i >> 2) + 1] as number);
      const k3 = words === undefined ? word(bytes, i + 8) : (words[(i >> 2) + 2] as number);
      const k4 = words === undefined ? word(bytes, i + 12) : (words[(i >> 2) + 3] as number);
      h1 = (rotl(h1 ^ mix(k1, C1, 15, C2), 19) + h2) | 0;
      h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
      h2 = (rotl(h2 ^ mix(k2, C2, 16, C3), 17) + h3) | 0;
      h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
      h3 = (rotl(h3 ^ mix(k3, C3, 17, C4), 15) + h4) | 0;
      h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
      h4 = (rotl(h4 ^ mix(k4, C4, 18, C1), 13) + h1) | 0;
      h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
    }
    // The tail goes byte by byte into the four lanes, and the length after it.
    for (let lane = 0; i < length; i++, lane = (lane + 1) & 3) {
      const k = mix(bytes[i] as number, C1, 15, C2);
      if (lane === 0) h1 = Math.imul(rotl(h1 ^ k, 19) + h2, 5);
      else if (lane === 1) h2 = Math.imul(rotl(h2 ^ k, 17) + h3, 5);
      else if (lane === 2) h3 = Math.imul(rotl(h3 ^ k, 15) + h4, 5);
      else h4 = Math.imul(rotl(h4 ^ k, 13) + h1, 5);
    }
    h1 = (rotl(h1 ^ mix(length, C1, 15, C2), 19) + h2) | 0;
    h2 = (rotl(h2 ^ mix(length, C2, 16, C3), 17) + h3) | 0;
  }
  h1 ^= total;
  h2 ^= total;
  h3 ^= total;
  h4 ^= total;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = (h2 + h1) | 0;
  h3 = (h3 + h1) | 0;
  h4 = (h4 + h1) | 0;
  h1 = finish(h1);
  h2 = finish(h2);
  h3 = finish(h3);
  h4 = finish(h4);
  h1 = (h1 + h2 + h3 + h4) | 0;
  out[0] = h1;
  out[1] = h2 + h1;
  out[2] = h3 + h1;
  out[3] = h4 + h1;
}

const C1 = 0x239b961b;
const C2 = 0xab0e9789 | 0;
const C3 = 0x38b34ae5;
const C4 = 0xa1e38b93 | 0;

function rotl(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function mix(k: number, multiplier: number, bits: number, next: number): number {
  return Math.imul(rotl(Math.imul(k, multiplier), bits), next);
}

/** Of fewer bytes making the view costs more than it saves. */
const LEAST_VIEWED_BYTES = 256;

/** The bytes as words, which are read in a third of the time; undefined where they do not lie so. */
function wordsOf(bytes: Uint8Array): Uint32Array | undefined {
  if (bytes.length < LEAST_VIEWED_BYTES || bytes.byteOffset % 4 !== 0 || !IS_LITTLE_ENDIAN) return undefined;
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length >>> 2);
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

function finish(h: number): number {
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
