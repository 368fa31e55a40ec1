import { describe, expect, test } from "@jest/globals";
import { isGivenInput } from "../../src/domain/givenInput.js";
import { isFailure } from "../../src/domain/failure.js";
import { settingsProblem } from "../../src/domain/modelSettings.js";
import { givenRows } from "../../src/serving/givenInputs.js";

const TENSOR = { name: "x", datatype: "FP32", shape: [2], data: { values: [1, 2] } };
const SPECS = [{ name: "x", datatype: "FP32", shape: [2] }] as const;

describe("a given input", () => {
  test.each([
    [{ values: [1, [2]] }],
    [{ base64: "AA==" }],
    [{ text: "a", values: undefined }],
    [{ tensors: [TENSOR, { ...TENSOR, data: { strings: ["a"] } }] }],
  ])("is %j", (given) => {
    expect(isGivenInput(given)).toBe(true);
    expect(settingsProblem({ warmUpInputs: [given] })).toBeUndefined();
  });

  test.each([
    [null],
    ["values"],
    [{}],
    [{ values: 1 }],
    [{ values: [1], text: "a" }],
    [{ numbers: [1] }],
    [{ constructor: [1] }],
    [{ tensors: [{ ...TENSOR, shape: "2" }] }],
    [{ tensors: [{ ...TENSOR, data: [1] }] }],
    [{ tensors: [null] }],
  ])("is not %j", (given) => {
    expect(isGivenInput(given)).toBe(false);
    expect(settingsProblem({ warmUpInputs: [given] })).toMatchObject({ path: ["warmUpInputs"] });
  });

  test("is one of 64 at most, of 256 KiB in all", () => {
    const many = (count: number) => ({ warmUpInputs: Array.from({ length: count }, () => ({ text: "a" })) });
    expect(settingsProblem(many(64))).toBeUndefined();
    expect(settingsProblem(many(65))?.expected).toContain("at most 64 inputs");
    expect(settingsProblem({ warmUpInputs: [{ text: "a".repeat(256 * 1024) }] })?.expected).toContain("262144");
  });

  test("becomes a row of its signature, in each of its ways; what does not is named", () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2).buffer);
    const base64 = Buffer.from(bytes).toString("base64");
    const rows = givenRows(SPECS, [{ values: [1, 2] }, { base64 }, { tensors: [TENSOR] }], ["warmUpInputs"]);
    expect(isFailure(rows) ? rows : rows.map(([part]) => [...(part ?? [])])).toEqual([1, 2, 3].map(() => [...bytes]));
    expect(givenRows(SPECS, [{ values: [1, 2] }, { values: [1] }], ["warmUpInputs"])).toMatchObject({
      code: "BAD_INPUT",
      path: ["warmUpInputs", 1, "values"],
    });
  });
});
