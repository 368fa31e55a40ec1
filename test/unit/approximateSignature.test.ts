import { describe, expect, test } from "@jest/globals";
import { rowVector } from "../../src/caching/rowVector.js";
import { sameOutput } from "../../src/caching/sameOutput.js";
import type { Row, TensorSpec } from "../../src/domain/tensor.js";

function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function sameOf(outputs: readonly TensorSpec[], tolerance?: number): (a: Row, b: Row) => boolean {
  const rule = sameOutput(outputs, tolerance);
  if (rule.kind === "none") throw new Error(rule.reason);
  return rule.same;
}

describe("row vector", () => {
  test("is all elements of all tensors in their order", () => {
    const vector = rowVector([
      { name: "a", datatype: "FP32", shape: [2] },
      { name: "b", datatype: "UINT8", shape: [1, 3] },
      { name: "c", datatype: "INT64", shape: [] },
      { name: "d", datatype: "FP16", shape: [] },
      { name: "e", datatype: "FP64", shape: [1] },
    ]);
    if (vector.kind === "none") throw new Error(vector.reason);
    expect(vector.dimensions).toBe(8);
    const out = new Float32Array(8);
    vector.write(
      [
        bytesOf(Float32Array.of(0.5, -2)),
        Uint8Array.of(1, 2, 255),
        bytesOf(BigInt64Array.of(-7n)),
        bytesOf(Uint16Array.of(0x3e00)),
        bytesOf(Float64Array.of(0.25)),
      ],
      out,
    );
    expect([...out]).toEqual([0.5, -2, 1, 2, 255, -7, 1.5, 0.25]);
  });

  test("is none for BYTES and for no elements, with the reason", () => {
    expect(rowVector([{ name: "text", datatype: "BYTES", shape: [] }])).toEqual({
      kind: "none",
      reason: 'input "text" is BYTES, which has no distance: the approximate cache takes numbers only',
    });
    expect(rowVector([])).toMatchObject({ kind: "none" });
  });
});

describe("same output", () => {
  const scores: TensorSpec = { name: "scores", datatype: "FP32", shape: [3] };
  const label: TensorSpec = { name: "label", datatype: "INT64", shape: [] };
  const number: TensorSpec = { name: "y", datatype: "FP32", shape: [] };
  const of = (...numbers: number[]): Uint8Array => bytesOf(Float32Array.from(numbers));

  test("of scores is the largest at the same place", () => {
    const same = sameOf([scores]);
    expect(same([of(0.1, 0.7, 0.2)], [of(0, 0.5, 0.4)])).toBe(true);
    expect(same([of(0.1, 0.7, 0.2)], [of(0, 0.4, 0.5)])).toBe(false);
    expect(same([of(NaN, 0.7, 0.2)], [of(NaN, 0.7, 0.2)])).toBe(false);
  });

  test("of scores is every one within a tolerance, where there is one", () => {
    const same = sameOf([scores], 0.25);
    expect(same([of(1, 2, 3)], [of(1.25, 2, 2.75)])).toBe(true);
    expect(same([of(1, 2, 3)], [of(1.5, 2, 3)])).toBe(false);
    expect(same([of(1, NaN, 3)], [of(1, NaN, 3)])).toBe(false);
  });

  test("of labels is equal bytes, whatever the tolerance", () => {
    for (const tolerance of [undefined, 5]) {
      const same = sameOf([label], tolerance);
      expect(same([bytesOf(BigInt64Array.of(4n))], [bytesOf(BigInt64Array.of(4n))])).toBe(true);
      expect(same([bytesOf(BigInt64Array.of(4n))], [bytesOf(BigInt64Array.of(5n))])).toBe(false);
    }
    const text = sameOf([{ name: "text", datatype: "BYTES", shape: [] }]);
    expect(text([Uint8Array.of(1, 0, 0, 0, 65)], [Uint8Array.of(1, 0, 0, 0, 66)])).toBe(false);
  });

  test("of one number needs a tolerance", () => {
    expect(sameOutput([number], undefined)).toEqual({
      kind: "none",
      reason: 'output "y" is a single FP32: say by a tolerance which numbers are the same answer',
    });
    const same = sameOf([number], 0.5);
    expect([same([of(1)], [of(1.5)]), same([of(1)], [of(1.75)])]).toEqual([true, false]);
  });

  test("of several tensors is that of each", () => {
    const same = sameOf([label, scores]);
    const four = bytesOf(BigInt64Array.of(4n));
    expect(same([four, of(1, 2, 0)], [four, of(1, 3, 0)])).toBe(true);
    expect(same([four, of(1, 2, 0)], [four, of(3, 2, 0)])).toBe(false);
    expect(same([four, of(1, 2, 0)], [bytesOf(BigInt64Array.of(5n)), of(1, 2, 0)])).toBe(false);
  });
});
