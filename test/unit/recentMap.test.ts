import { expect, test } from "@jest/globals";
import { RecentMap } from "../../src/lib/recentMap.js";

test("at its capacity a new entry takes the place of the least recently used", () => {
  const map = new RecentMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  expect(map.get("a")).toBe(1);
  map.set("c", 3);
  expect(map.size).toBe(2);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([1, undefined, 3]);
});

test("an entry set again is the most recent, and counts once", () => {
  const map = new RecentMap<string, number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 4);
  map.set("c", 3);
  expect([map.get("a"), map.get("b"), map.get("c")]).toEqual([4, undefined, 3]);
});
