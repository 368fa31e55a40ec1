import { expect, test } from "@jest/globals";
import { pageByName, pageDown } from "../../src/graphql/connection.js";

const numbered = (...numbers: number[]) => numbers.map((version) => ({ version }));

test("pages of numbered items go down, and what comes and goes meanwhile moves nothing", () => {
  const of = (items: { version: number }[], after?: string) => pageDown(items, ({ version }) => version, 2, after);
  const first = of(numbered(1, 2, 3, 4, 10));
  expect(first.edges.map(({ node }) => node.version)).toEqual([10, 4]);
  expect(first.pageInfo.hasNextPage).toBe(true);
  // 4, where the page ended, is gone, and 11 is new.
  const second = of(numbered(1, 2, 3, 10, 11), first.pageInfo.endCursor);
  expect(second.edges.map(({ node }) => node.version)).toEqual([3, 2]);
  const last = of(numbered(1, 2, 3, 10, 11), second.pageInfo.endCursor);
  expect(last.edges.map(({ node }) => node.version)).toEqual([1]);
  expect(last.pageInfo.hasNextPage).toBe(false);
});

test("pages by name are sorted, and each cursor begins the rest", () => {
  const names = ["c", "a", "d", "b"].map((id) => ({ id }));
  const { edges } = pageByName(names, ({ id }) => id, 4, undefined);
  expect(edges.map(({ node }) => node.id)).toEqual(["a", "b", "c", "d"]);
  const rest = pageByName(names, ({ id }) => id, 4, edges[1]?.cursor);
  expect(rest.edges.map(({ node }) => node.id)).toEqual(["c", "d"]);
});

test.each([0, 101])("a page of %i is refused, and so is a cursor of nothing", (first) => {
  expect(() => pageDown(numbered(1), ({ version }) => version, first, undefined)).toThrow(/first: expected 1 to 100/);
  expect(() => pageDown(numbered(1), ({ version }) => version, 1, "x")).toThrow(/after: expected a cursor/);
});
