import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { countElements, elementEnd, packElements, readElements, readStrings } from "../../src/domain/stringTensor.js";

describe("packed BYTES elements", () => {
  test("are a little-endian uint32 length and the bytes each", () => {
    expect([...packElements(["a", "", "é", Uint8Array.of(255)])]).toEqual([
      ...[1, 0, 0, 0, 97],
      ...[0, 0, 0, 0],
      ...[2, 0, 0, 0, 0xc3, 0xa9],
      ...[1, 0, 0, 0, 255],
    ]);
  });

  test("come back as they were, also from the middle of a buffer", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const packed = packElements(texts);
        const inside = Buffer.concat([Buffer.of(9, 9, 9), packed, Buffer.of(9)]).subarray(3, 3 + packed.length);
        expect(countElements(inside)).toBe(texts.length);
        expect(readStrings(inside)).toEqual(texts);
        expect(readElements(inside).map((bytes) => Buffer.from(bytes).toString())).toEqual(texts);
      }),
    );
  });

  test("are counted, or said what is wrong with them", () => {
    expect(countElements(new Uint8Array())).toBe(0);
    expect(countElements(Uint8Array.of(0, 0, 0, 0, 1, 0))).toBe("element 1 has no complete length");
    expect(countElements(Uint8Array.of(2, 0, 0, 0, 97))).toBe("element 0 says 2 bytes, beyond the end");
    expect(countElements(Uint8Array.of(255, 255, 255, 255, 97))).toBe(
      "element 0 says 4294967295 bytes, beyond the end",
    );
  });

  test("end where their length says, in the bytes or beyond them", () => {
    const packed = Uint8Array.of(1, 0, 0, 0, 97, 3, 0, 0, 0, 98);
    expect(elementEnd(packed, 0)).toBe(5);
    expect(elementEnd(packed, 5)).toBe(12);
    expect(elementEnd(packed, 7)).toBeUndefined();
  });
});
