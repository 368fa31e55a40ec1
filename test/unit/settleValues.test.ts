import { expect, test } from "@jest/globals";
import { settleOnly, settleValues } from "../../src/graphql/settleValues.js";

/** Turns of the microtask queue until it is rejected. */
async function turnsUntilRejected(promise: Promise<unknown>): Promise<number> {
  let isRejected = false;
  promise.catch(() => (isRejected = true));
  let turns = 0;
  for (; !isRejected && turns < 100; turns++) await Promise.resolve();
  return turns;
}

test("the only field of a query fails as late as among others", async () => {
  const failed = (): Promise<never> => Promise.reject(new Error("failed"));
  const amongOthers = await turnsUntilRejected(settleValues({ only: failed() }));
  expect(await turnsUntilRejected(settleOnly("only", failed()))).toBe(amongOthers);
  expect(amongOthers).toBeLessThan(100);
});

test("the only field of a query stands under its key", async () => {
  expect(await settleOnly("only", Promise.resolve(1))).toEqual({ only: 1 });
});
