import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Datatype } from "../../src/domain/tensor.js";
import { isFailure } from "../../src/domain/failure.js";
import { packBase64, packNumbers, packStrings } from "../../src/serving/packTensor.js";

const PATH = ["input", "values"];
const spec = (datatype: Datatype, ...shape: number[]) => ({ name: "x", datatype, shape });

/** The `i`th element, read without the product's code. */
const READ: Readonly<Record<Exclude<Datatype, "BYTES" | "FP16">, (view: DataView, i: number) => number>> = {
  BOOL: (view, i) => view.getUint8(i),
  UINT8: (view, i) => view.getUint8(i),
  UINT16: (view, i) => view.getUint16(2 * i, true),
  UINT32: (view, i) => view.getUint32(4 * i, true),
  UINT64: (view, i) => view.getUint32(8 * i, true) + view.getUint32(8 * i + 4, true) * 2 ** 32,
  INT8: (view, i) => view.getInt8(i),
  INT16: (view, i) => view.getInt16(2 * i, true),
  INT32: (view, i) => view.getInt32(4 * i, true),
  INT64: (view, i) => view.getUint32(8 * i, true) + view.getInt32(8 * i + 4, true) * 2 ** 32,
  FP32: (view, i) => view.getFloat32(4 * i, true),
  FP64: (view, i) => view.getFloat64(8 * i, true),
};

const SAFE = Number.MAX_SAFE_INTEGER;
const RANGES: readonly (readonly [keyof typeof READ, number, number])[] = [
  ["BOOL", 0, 1],
  ["UINT8", 0, 255],
  ["UINT16", 0, 65535],
  ["UINT32", 0, 4294967295],
  ["UINT64", 0, SAFE],
  ["INT8", -128, 127],
  ["INT16", -32768, 32767],
  ["INT32", -2147483648, 2147483647],
  ["INT64", -SAFE, SAFE],
];

function packed(result: ReturnType<typeof packNumbers>): Uint8Array {
  if (isFailure(result)) throw new Error(result.message);
  return result;
}

function readAll(datatype: keyof typeof READ, bytes: Uint8Array, count: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => READ[datatype](view, i));
}

describe("packed numbers", () => {
  test.each(RANGES)("hold every integer of %s from %d to %d, and no other number", (datatype, least, most) => {
    const inside = fc.oneof(
      fc.constantFrom(least, most, 0),
      fc.maxSafeInteger().map((n) => Math.min(most, Math.max(least, n))),
    );
    fc.assert(
      fc.property(fc.array(inside, { minLength: 1, maxLength: 20 }), fc.nat(19), (values, at) => {
        const bytes = packed(packNumbers(spec(datatype, values.length), values, PATH));
        expect(readAll(datatype, bytes, values.length)).toEqual(values.map((value) => value + 0));
        const i = at % values.length;
        for (const bad of [least - 1, most + 1, 0.5, NaN, Infinity, 1e300]) {
          const result = packNumbers(spec(datatype, values.length), values.with(i, bad), PATH);
          expect(result).toMatchObject({ code: "BAD_INPUT", path: [...PATH, i], got: String(bad) });
        }
      }),
    );
  });

  test.each(["FP32", "FP64"] as const)("hold every finite %s, -0 among them", (datatype) => {
    const value =
      datatype === "FP32"
        ? fc.float({ noNaN: true, noDefaultInfinity: true })
        : fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.oneof(value, fc.constant(-0)), { minLength: 1, maxLength: 20 }), (values) => {
        const bytes = packed(packNumbers(spec(datatype, values.length), values, PATH));
        const read = readAll(datatype, bytes, values.length);
        expect(read.every((number, i) => Object.is(number, values[i]))).toBe(true);
      }),
    );
  });

  test.each([
    ["FP32", "NaN", NaN],
    ["FP32", "Infinity", Infinity],
    ["FP32", "-Infinity", -Infinity],
    ["FP32", "Infinity", JSON.parse("1e999")],
    ["FP32", "3.5e+38", 3.5e38],
    ["FP64", "Infinity", JSON.parse("1e999")],
    ["FP64", "NaN", NaN],
    ["FP32", 'the string "1"', "1"],
    ["FP64", "null", null],
    ["FP32", "nothing", undefined],
    ["FP32", "true", true],
    ["FP32", "an object", { length: 1 }],
    ["FP32", "a list of 1", [1]],
    ["INT8", "true", true],
    ["BOOL", "2", 2],
    ["BOOL", 'the string "true"', "true"],
  ] as const)("of %s refuse %s, with its place", (datatype, got, value: unknown) => {
    const result = packNumbers(spec(datatype, 3), [0, value, 0], PATH);
    expect(result).toMatchObject({ code: "BAD_INPUT", path: ["input", "values", 1], got });
    expect(result).toHaveProperty("expected", expect.stringMatching(/number|integer|true/));
  });

  test("of BOOL take true and false", () => {
    expect([...packed(packNumbers(spec("BOOL", 4), [true, false, 1, 0], PATH))]).toEqual([1, 0, 1, 0]);
  });

  test.each([[[]], [[1]], [[1, 2, 3]]])("refuse %j where two are wanted", (values) => {
    const result = packNumbers(spec("FP32", 2), values, PATH);
    expect(result).toMatchObject({ path: PATH, expected: "2 numbers (FP32[2] x)", got: String(values.length) });
  });

  test.each([null, undefined, 3, "1,2", { 0: 1, length: 1 }])("refuse %j in place of a list", (values: unknown) => {
    expect(packNumbers(spec("FP32", 1), values, PATH)).toMatchObject({ path: PATH, expected: "a list of numbers" });
  });

  test("are the same from nested lists as from flat ones", () => {
    const nested = [
      [[1], [2], [3]],
      [[4], [5], [6]],
    ];
    const flat = [1, 2, 3, 4, 5, 6];
    for (const datatype of ["FP32", "INT16"] as const) {
      const fromFlat = packNumbers(spec(datatype, 2, 3, 1), flat, PATH);
      expect(packNumbers(spec(datatype, 2, 3, 1), nested, PATH)).toEqual(fromFlat);
      expect(readAll(datatype, packed(fromFlat), 6)).toEqual(flat);
    }
  });

  test.each([
    ["rows of unequal length", [[1, 2, 3], [4]], [0], "a list of 3"],
    ["a transposed list", [[1], [2], [3], [4]], [], "a list of 4"],
    ["a number among lists", [[1, 2], 3], [1], "3"],
    [
      "lists nested too deep",
      [
        [[1], 2],
        [3, 4],
      ],
      [0, 0],
      "a list of 1",
    ],
    [
      "a bad number",
      [
        [1, 2],
        [3, null],
      ],
      [1, 1],
      "null",
    ],
  ])("refuse %s, with the place in the nested lists", (_, values, at, got) => {
    expect(packNumbers(spec("FP32", 2, 2), values, PATH)).toMatchObject({
      code: "BAD_INPUT",
      path: [...PATH, ...at],
      got,
    });
  });

  test("refuse lists nested 5,000 deep without overflowing the stack", () => {
    const deep = JSON.parse("[".repeat(5000) + "1" + "]".repeat(5000)) as unknown;
    expect(packNumbers(spec("FP32", 1), deep, PATH)).toMatchObject({ code: "BAD_INPUT", got: "a list of 1" });
  });

  test("are not to be had for BYTES and FP16, which have encodings of their own", () => {
    expect(packNumbers(spec("BYTES", 1), [1], PATH)).toMatchObject({
      path: PATH,
      expected: "text for BYTES[1] x (`text`)",
    });
    expect(packNumbers(spec("FP16", 1), [1], PATH)).toMatchObject({
      path: PATH,
      expected: "base64 for FP16[1] x (`base64`)",
    });
  });
});

describe("packed base64", () => {
  const bytesOf = fc.uint8Array({ minLength: 1, maxLength: 100 });

  test("is the bytes that were encoded, in both alphabets, with and without padding", () => {
    fc.assert(
      fc.property(bytesOf, fc.constantFrom("base64" as const, "base64url" as const), (bytes, encoding) => {
        const text = Buffer.from(bytes).toString(encoding);
        const result = packed(packBase64(spec("UINT8", bytes.length), text, PATH));
        expect(Buffer.compare(result, bytes)).toBe(0);
      }),
    );
  });

  test("is refused for any other number of bytes", () => {
    fc.assert(
      fc.property(bytesOf, fc.integer({ min: 1, max: 120 }), (bytes, count) => {
        fc.pre(count !== bytes.length);
        const result = packBase64(spec("UINT8", count), Buffer.from(bytes).toString("base64"), PATH);
        expect(result).toMatchObject({ code: "BAD_INPUT", path: PATH, got: `${bytes.length} bytes` });
      }),
    );
  });

  test("is refused with one character too many or replaced that is not base64, anywhere", () => {
    fc.assert(
      fc.property(bytesOf, fc.nat(200), fc.constantFrom("!", " ", "\n", "é", "=", "\0", "."), (bytes, at, junk) => {
        const text = Buffer.from(bytes).toString("base64url");
        const place = at % text.length;
        for (const rest of [place, place + 1]) {
          const result = packBase64(spec("UINT8", bytes.length), text.slice(0, place) + junk + text.slice(rest), PATH);
          expect(result).toMatchObject({ code: "BAD_INPUT", path: PATH });
        }
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ["FP16", Uint8Array.of(0, 0x3c, 0, 0x7c), 1],
    ["FP16", Uint8Array.of(1, 0xfe, 0, 0), 0],
    ["FP32", new Uint8Array(Float32Array.of(1, 2, NaN).buffer), 2],
    ["FP64", new Uint8Array(Float64Array.of(-Infinity, 2).buffer), 0],
  ] as const)("of %s is refused for NaN and infinity, with their place", (datatype, bytes, at) => {
    const count = datatype === "FP16" || datatype === "FP64" ? 2 : 3;
    const result = packBase64(spec(datatype, count), Buffer.from(bytes).toString("base64"), PATH);
    expect(result).toMatchObject({ path: [...PATH, at], expected: `a finite ${datatype} number` });
  });

  test("is judged in linear time, also with 60,000 padding characters in the middle", () => {
    // A backtracking pattern takes seconds over these.
    const before = process.cpuUsage();
    expect(packBase64(spec("UINT8", 1), "=".repeat(60_000) + "A", PATH)).toMatchObject({ code: "BAD_INPUT" });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(1000);
  });

  test("is refused for BYTES", () => {
    expect(packBase64(spec("BYTES", 1), "AAAA", PATH)).toMatchObject({ code: "BAD_INPUT", got: "base64" });
  });
});

describe("packed strings", () => {
  test("are a length and the UTF-8 bytes of each", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
        const bytes = Buffer.from(packed(packStrings(spec("BYTES", texts.length), texts, PATH)));
        let at = 0;
        for (const expected of texts) {
          const length = bytes.readUInt32LE(at);
          expect(bytes.toString("utf8", at + 4, at + 4 + length)).toBe(expected);
          at += 4 + length;
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });

  test.each(["\ud800", "a\udc00b", "\ud83d", "\udc4d\ud83d"])(
    "refuse the lone surrogate of %j, with its place",
    (text) => {
      const result = packStrings(spec("BYTES", 2), ["fine", text], PATH);
      expect(result).toMatchObject({ path: [...PATH, 1], expected: "well-formed text", got: "a lone surrogate" });
    },
  );

  test("are refused in another number, and for tensors of numbers", () => {
    expect(packStrings(spec("BYTES", 2), ["a"], PATH)).toMatchObject({ expected: "2 strings (BYTES[2] x)", got: "1" });
    expect(packStrings(spec("FP32", 1), ["a"], PATH)).toMatchObject({ code: "BAD_INPUT", got: "text" });
  });
});
