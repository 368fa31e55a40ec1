import { describe, expect, test } from "@jest/globals";
import type { TensorSpec } from "../../src/domain/tensor.js";
import { inputRow } from "../../src/serving/inputRow.js";
import type { NamedTensor } from "../../src/serving/inputRow.js";

const PIXELS: TensorSpec = { name: "pixels", datatype: "UINT8", shape: [2] };
const TITLE: TensorSpec = { name: "title", datatype: "BYTES", shape: [1] };
const PATH = ["inputs", 3];

const pixels = (values: unknown = [1, 2]): NamedTensor => ({ ...PIXELS, data: { kind: "values", values } });
const title: NamedTensor = { ...TITLE, data: { kind: "texts", texts: ["a"] } };
const named = (specs: readonly TensorSpec[], ...tensors: NamedTensor[]) =>
  inputRow(specs, { kind: "tensors", tensors }, PATH);

describe("input row", () => {
  test("is the one tensor of an unnamed value", () => {
    const data = { kind: "values", values: [1, 2] } as const;
    expect(inputRow([PIXELS], { kind: "single", field: "values", data }, PATH)).toEqual([Uint8Array.of(1, 2)]);
    const base64 = { kind: "base64", base64: "AQI=" } as const;
    expect(inputRow([PIXELS], { kind: "single", field: "base64", data: base64 }, PATH)).toEqual([Buffer.of(1, 2)]);
  });

  test("is the named tensors in the signature's order, whatever order they came in", () => {
    const row = [Uint8Array.of(1, 2), Uint8Array.of(1, 0, 0, 0, 97)];
    expect(named([PIXELS, TITLE], pixels(), title)).toEqual(row);
    expect(named([PIXELS, TITLE], title, pixels())).toEqual(row);
  });

  test("refuses an unnamed value where the signature has several tensors", () => {
    const data = { kind: "values", values: [1, 2] } as const;
    expect(inputRow([PIXELS, TITLE], { kind: "single", field: "values", data }, PATH)).toMatchObject({
      code: "BAD_INPUT",
      path: ["inputs", 3, "values"],
      expected: "2 tensors by name (`tensors`): UINT8[2] pixels, BYTES[1] title",
    });
  });

  test.each([
    ["a missing tensor", [pixels()], ["tensors"], "tensor BYTES[1] title", "none of that name"],
    [
      "an unknown name",
      [pixels(), { ...title, name: "titel" }],
      ["tensors", 1, "name"],
      'one of "pixels", "title"',
      '"titel"',
    ],
    [
      "the name __proto__",
      [{ ...title, name: "__proto__" }],
      ["tensors", 0, "name"],
      'one of "pixels", "title"',
      '"__proto__"',
    ],
    ["a name given twice", [pixels(), title, pixels()], ["tensors", 2, "name"], "each tensor once", '"pixels" twice'],
    ["another datatype", [{ ...pixels(), datatype: "INT8" }, title], ["tensors", 0, "datatype"], "UINT8", "INT8"],
    ["another shape", [{ ...pixels(), shape: [1, 2] }, title], ["tensors", 0, "shape"], "[2]", "[1,2]"],
    [
      "a bad value",
      [title, pixels([1, 256])],
      ["tensors", 1, "data", "values", 1],
      "an integer of UINT8 from 0 to 255",
      "256",
    ],
    [
      "text for numbers",
      [{ ...pixels(), data: title.data }, title],
      ["tensors", 0, "data", "strings"],
      "numbers for UINT8[2] pixels (`values`)",
      "text",
    ],
  ])("refuses %s, with its path, what was expected and what came", (_, tensors, at, expected, got) => {
    expect(named([PIXELS, TITLE], ...tensors)).toEqual({
      kind: "failure",
      code: "BAD_INPUT",
      path: [...PATH, ...at],
      expected,
      got,
      message: `${[...PATH, ...at].join(".")}: expected ${expected}, got ${got}`,
    });
  });
});
