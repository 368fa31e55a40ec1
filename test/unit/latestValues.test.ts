import { describe, expect, test } from "@jest/globals";
import { LatestValues } from "../../src/lib/latestValues.js";

function setUp(capacity: number) {
  let left = 0;
  const values = new LatestValues<number>(capacity, () => (left += 1));
  const next = async () => {
    const result = await values.next();
    return result.done === true ? "end" : ([result.value.value, result.value.dropped] as const);
  };
  return { values, next, left: () => left };
}

describe("the latest values", () => {
  test("are handed to who waits, in their order", async () => {
    const { values, next } = setUp(1);
    const asked = [next(), next()];
    for (const value of [1, 2, 3]) values.put(value);
    expect(await Promise.all(asked)).toEqual([
      [1, 0],
      [2, 0],
    ]);
    expect(await next()).toEqual([3, 0]);
  });

  test("are all that a slow reader finds, and how many it missed", async () => {
    const { values, next } = setUp(2);
    for (const value of [1, 2, 3, 4, 5]) values.put(value);
    values.drop();
    expect([await next(), await next()]).toEqual([
      [4, 4],
      [5, 0],
    ]);
  });

  test("are read to the last when they end, also by one who waits", async () => {
    const { values, next, left } = setUp(2);
    values.put(1);
    values.end();
    values.put(2);
    expect([await next(), await next()]).toEqual([[1, 0], "end"]);
    const other = setUp(1);
    const waiting = other.next();
    other.values.end();
    expect(await waiting).toBe("end");
    expect(left()).toBe(1);
  });

  test("are gone with their reader, who is told of once", async () => {
    const { values, next, left } = setUp(2);
    values.put(1);
    await values.return();
    await values.return();
    values.end();
    expect(await next()).toBe("end");
    expect(left()).toBe(1);
  });
});
