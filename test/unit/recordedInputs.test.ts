import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import type { TensorSpec } from "../../src/domain/tensor.js";
import { RecordedInputs } from "../../src/serving/recordedInputs.js";
import { numberOf, rowOf } from "../support/fakeReplica.js";

const INT32: readonly TensorSpec[] = [{ name: "x", datatype: "INT32", shape: [] }];
const OTHER: readonly TensorSpec[] = [{ name: "x", datatype: "FP32", shape: [] }];

function recorded(numbers: readonly number[], bytes = 4): RecordedInputs {
  const inputs = new RecordedInputs(seededRandom(7));
  for (const number of numbers) inputs.offer(rowOf(number, bytes), INT32);
  return inputs;
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const held = (inputs: RecordedInputs) => inputs.rows(INT32).map(numberOf);

describe("recorded inputs", () => {
  test("are all, while they are few, in another order each time", () => {
    const inputs = recorded(upTo(10));
    expect(held(inputs).toSorted((a, b) => a - b)).toEqual(upTo(10));
    const firsts = new Set(upTo(200).map(() => held(inputs)[0]));
    expect(firsts.size).toBe(10);
  });

  test("are at most 32, of which most are from the last ten thousand", () => {
    const inputs = recorded(upTo(100_000));
    expect(held(inputs)).toHaveLength(32);
    expect(new Set(held(inputs)).size).toBe(32);
    expect(held(inputs).filter((number) => number >= 90_000).length).toBeGreaterThan(24);
  });

  test("are at most a MiB, whatever the rows, and none where one is larger than that", () => {
    expect(held(recorded(upTo(100), 300_000))).toHaveLength(3);
    expect(held(recorded([1], 2 ** 20 + 1))).toEqual([]);
  });

  test("are copies", () => {
    const row = rowOf(5);
    const inputs = new RecordedInputs(() => 0.5);
    inputs.offer(row, INT32);
    row[0]?.fill(0xff);
    expect(held(inputs)).toEqual([5]);
  });

  test("are nobody's whose tensors are others", () => {
    const inputs = recorded([1, 2]);
    expect(inputs.rows(OTHER)).toEqual([]);
    expect(inputs.rows([])).toEqual([]);
    inputs.offer(rowOf(3), OTHER);
    expect(inputs.rows(INT32)).toEqual([]);
    expect(inputs.rows(OTHER).map(numberOf)).toEqual([3]);
  });

  test("stay when the registry is read anew", () => {
    const inputs = recorded([1, 2]);
    inputs.offer(rowOf(3), structuredClone(INT32));
    expect(held(inputs).toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });
});
