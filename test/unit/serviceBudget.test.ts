import { describe, expect, test } from "@jest/globals";
import { ServiceBudget } from "../../src/batching/serviceBudget.js";

function after(...samples: readonly (readonly [rows: number, ms: number])[]): ServiceBudget {
  const budget = new ServiceBudget();
  for (const [rows, ms] of samples) budget.record(rows, ms);
  return budget;
}

describe("the service budget", () => {
  test("is half of the objective where a single row takes less", () => {
    expect(after().within(10)).toBe(10);
    expect(after([1, 7.9]).within(10)).toBe(10);
  });

  test("is a quarter above what a single row takes where that is more, up to nine tenths of the objective", () => {
    expect(after([1, 12]).within(10)).toBeCloseTo(15, 9);
    expect(after([1, 16]).within(10)).toBeCloseTo(18, 9);
    expect(after([1, 500]).within(10)).toBeCloseTo(18, 9);
  });

  test("learns from single rows alone, and little from a stall", () => {
    expect(after([1, 12], [64, 40], [2, 30]).within(10)).toBeCloseTo(15, 9);
    expect(after([1, 12], [1, 5000]).within(10)).toBeCloseTo(1.25 * 13.2, 9);
  });
});
