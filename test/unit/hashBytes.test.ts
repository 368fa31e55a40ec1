import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { rowHash } from "../../src/caching/rowKey.js";
import { hash128 } from "../../src/lib/hashBytes.js";

function hash(parts: readonly Uint8Array[], seed = 0): number[] {
  const out = new Uint32Array(4);
  hash128(parts, seed, out);
  return [...out];
}

function differingBits(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, word, i) => {
    let bits = 0;
    for (let x = (word ^ (b[i] as number)) >>> 0; x !== 0; x = (x & (x - 1)) >>> 0) bits += 1;
    return sum + bits;
  }, 0);
}

const bytes = fc.uint8Array({ maxLength: 80 });

describe("hash of bytes", () => {
  test("is the same for the same bytes at any offset of any buffer", () => {
    fc.assert(
      fc.property(bytes, fc.nat(17), fc.nat(17), (content, offset, rest) => {
        const buffer = new Uint8Array(offset + content.length + rest).fill(0xa5);
        buffer.set(content, offset);
        const moved = buffer.subarray(offset, offset + content.length);
        expect(hash([moved])).toEqual(hash([content]));
        expect(rowHash([moved])).toBe(rowHash([content]));
      }),
    );
  });

  test("is the same of many bytes whether or not they lie as words do", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 200, maxLength: 1000 }), fc.nat(7), (content, offset) => {
        const buffer = new Uint8Array(offset + content.length);
        buffer.set(content, offset);
        expect(hash([buffer.subarray(offset)])).toEqual(hash([content]));
      }),
    );
  });

  test("depends on where one part ends and the next begins", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(60), fc.nat(60), (content, first, second) => {
        const [a, b] = [first % (content.length + 1), second % (content.length + 1)];
        fc.pre(a !== b);
        expect(hash([content.subarray(0, a), content.subarray(a)])).not.toEqual(
          hash([content.subarray(0, b), content.subarray(b)]),
        );
      }),
    );
  });

  test("depends on the seed", () => {
    expect(hash([new Uint8Array(40)], 1)).not.toEqual(hash([new Uint8Array(40)], 2));
  });

  test.each([1, 3, 4, 8, 15, 16, 17, 24, 33, 256])(
    "turns about half of its bits when one bit of %d bytes turns",
    (length) => {
      const content = Uint8Array.from({ length }, (_, i) => (i * 73 + 41) & 0xff);
      const plain = hash([content]);
      const turned: number[] = [];
      for (let bit = 0; bit < length * 8; bit++) {
        const flipped = content.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
        turned.push(differingBits(plain, hash([flipped])));
      }
      expect(turned.reduce((a, b) => a + b, 0) / turned.length).toBeGreaterThan(56);
      expect(turned.reduce((a, b) => a + b, 0) / turned.length).toBeLessThan(72);
      expect(Math.min(...turned)).toBeGreaterThan(24);
    },
  );

  test.each([4, 8, 24, 64])("gives 50,000 counters in %d bytes as many hashes", (length) => {
    const seen = new Set<number>();
    const content = new Uint8Array(length);
    const view = new DataView(content.buffer);
    for (let i = 0; i < 50_000; i++) {
      view.setUint32(length - 4, i, true);
      seen.add(rowHash([content]));
    }
    expect(seen.size).toBe(50_000);
  });

  test("is a whole number that a number holds exactly", () => {
    fc.assert(fc.property(bytes, (content) => expect(Number.isSafeInteger(rowHash([content]))).toBe(true)));
  });
});
