import { expect, test } from "@jest/globals";
import { settleAll, settleOnly, settleTexts } from "../../src/graphql/settleTexts.js";

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
  const amongOthers = await turnsUntilRejected(settleTexts(['{"only":'], [failed()]));
  expect(await turnsUntilRejected(settleOnly('{"only":', failed()))).toBe(amongOthers);
  expect(amongOthers).toBeLessThan(100);
});

test("the only field of a query stands under its key", async () => {
  expect(await settleOnly('{"only":', Promise.resolve("1"))).toBe('{"only":1}');
  expect(await settleOnly('{"only":', Promise.resolve(null))).toBe('{"only":null}');
});

test("the texts of a list are settled as late as Promise.all settles them", async () => {
  const turns = async (promise: Promise<unknown>): Promise<number> => {
    let isSettled = false;
    void promise.then(() => (isSettled = true));
    let count = 0;
    for (; !isSettled && count < 100; count++) await Promise.resolve();
    return count;
  };
  const items = (): (string | null | Promise<string>)[] => ["1", null, Promise.resolve("2")];
  const all = await turns(Promise.all(items() as readonly unknown[]));
  expect(await turns(settleAll(items(), (texts) => texts.join()))).toBe(all);
  expect(await settleAll(items(), (texts) => JSON.stringify(texts))).toBe('["1",null,"2"]');
});
