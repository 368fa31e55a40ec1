import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../src/lib/byteCursor.js";

describe("bytes", () => {
  test("a part is read as it was written, to its own end, and the reading goes on behind it", () => {
    const inner = { encodeTo: (to: ByteWriter) => void to.uint8(7).text("in") };
    const bytes = new ByteWriter().uint8(1).part(inner).uint8(9).take();
    const from = new ByteReader(bytes.subarray(0));
    expect(from.uint8()).toBe(1);
    const part = from.part();
    expect([part.uint8(), part.text()]).toEqual([7, "in"]);
    part.end();
    expect(() => part.uint8()).toThrow(new RangeError("1 bytes too few"));
    expect(from.uint8()).toBe(9);
    from.end();
  });

  test("a part that is longer than what holds it is refused", () => {
    const bytes = new ByteWriter().uint32(3).uint8(0).uint8(0).take();
    expect(() => new ByteReader(bytes).part()).toThrow(new RangeError("1 bytes too few"));
  });

  test("a part that grows the bytes has its length where it begins", () => {
    const long = { encodeTo: (to: ByteWriter) => void to.bytes(new Uint8Array(100_000).fill(3)) };
    const part = new ByteReader(new ByteWriter().part(long).take()).part();
    expect(part.bytes(100_000)).toEqual(new Uint8Array(100_000).fill(3));
    part.end();
  });

  test("a text is what was written, whatever it was supposed to be", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "ä", "\u0000", "😀"), maxLength: 4 });
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (written, supposed) => {
        const from = new ByteReader(new ByteWriter().text(written).uint8(5).take());
        expect(from.textLike(supposed)).toBe(written);
        expect(from.uint8()).toBe(5);
      }),
    );
  });

  test("a text that is cut off is refused, also where it begins as supposed", () => {
    const bytes = new ByteWriter().text("model-1").take();
    expect(() => new ByteReader(bytes.subarray(0, 8)).textLike("model-1")).toThrow(RangeError);
    expect(() => new ByteReader(bytes.subarray(0, 1)).textLike("model-1")).toThrow(RangeError);
  });
});
