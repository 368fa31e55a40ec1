import { expect, test } from "@jest/globals";
import { isFailure } from "../../src/domain/failure.js";
import { pageByName, pageDown, pageDownFrom } from "../../src/graphql/connection.js";

const numbered = (...numbers: number[]) => numbers.map((version) => ({ version }));

test("pages of numbered items go down, and what comes and goes meanwhile moves nothing", () => {
  const of = (items: { version: number }[], after?: string) =>
    pageDown({ of: "Version", first: 2, after }, items, ({ version }) => version);
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
  const of = (first: number, after?: string) => pageByName({ of: "Letter", first, after }, names, ({ id }) => id);
  const { edges } = of(4);
  expect(edges.map(({ node }) => node.id)).toEqual(["a", "b", "c", "d"]);
  const rest = of(4, edges[1]?.cursor);
  expect(rest.edges.map(({ node }) => node.id)).toEqual(["c", "d"]);
});

test("a page says where it begins and ends, and whether there is something before and after it", async () => {
  const names = ["a", "b", "c"].map((id) => ({ id }));
  const byName = (first: number, after?: string) => pageByName({ of: "Letter", first, after }, names, ({ id }) => id);
  const { edges, pageInfo } = byName(1);
  const [first] = edges.map(({ cursor }) => cursor);
  expect(pageInfo).toEqual({ hasNextPage: true, hasPreviousPage: false, startCursor: first, endCursor: first });
  const { edges: others, pageInfo: end } = byName(5, first);
  const cursors = { startCursor: others[0]?.cursor, endCursor: others[1]?.cursor };
  expect(end).toEqual({ hasNextPage: false, hasPreviousPage: true, ...cursors });
  const nothing = { startCursor: undefined, endCursor: undefined };
  expect(byName(1, end.endCursor).pageInfo).toEqual({ hasNextPage: false, hasPreviousPage: true, ...nothing });
  const rows = [{ seq: 2 }, { seq: 1 }];
  const read = (before: number) => Promise.resolve(rows.filter(({ seq }) => seq < before));
  const down = async (after?: string) => {
    const page = await pageDownFrom({ of: "Row", first: 1, after }, read, ({ seq }) => seq);
    if (isFailure(page)) throw new Error(page.message);
    return page;
  };
  const newest = await down();
  expect(newest).toMatchObject({ edges: [{ node: 2 }], pageInfo: { hasNextPage: true, hasPreviousPage: false } });
  expect(await down(newest.pageInfo.endCursor)).toMatchObject({
    edges: [{ node: 1 }],
    pageInfo: { hasNextPage: false, hasPreviousPage: true },
  });
});

test.each([0, 101])("a page of %i is refused, and so are cursors of nothing and of another list", (first) => {
  const of = (asked: { first: number; after?: string; of?: string }) =>
    pageDown({ of: "Version", after: undefined, ...asked }, numbered(1), ({ version }) => version);
  expect(() => of({ first })).toThrow(/first: expected 1 to 100/);
  expect(() => of({ first: 1, after: "x" })).toThrow(/after: expected a cursor/);
  const { cursor } = of({ first: 1, of: "Replica" }).edges[0] ?? { cursor: "" };
  expect(() => of({ first: 1, after: cursor })).toThrow(/after: expected a cursor of a connection of Version/);
});
