import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { HashIndex, NONE } from "../../src/caching/hashIndex.js";

/** Few low bits, so that runs of slots touch each other; few tags, so that several values share one. */
const tag = fc.oneof(
  fc.nat(40),
  fc.nat(40).map((low) => low | 0xfff00000 | 0),
);
const add = fc.record({ do: fc.constant("add" as const), tag, pick: fc.nat() });
const drop = fc.record({ do: fc.constant("drop" as const), tag, pick: fc.nat() });
const replace = fc.record({ do: fc.constant("replace" as const), tag, pick: fc.nat() });
const steps = fc.array(fc.oneof({ weight: 4, arbitrary: add }, { weight: 3, arbitrary: drop }, replace), {
  maxLength: 400,
  size: "max",
});

function valuesOf(index: HashIndex, of: number): number[] {
  const table = index.tableOf(of);
  const values: number[] = [];
  for (let slot = table.first(of); slot !== NONE; slot = table.next(of, slot)) values.push(table.valueAt(slot));
  return values.sort((a, b) => a - b);
}

describe("hash index", () => {
  test("finds what a list of pairs holds, whatever came and went", () => {
    fc.assert(
      fc.property(steps, (all) => {
        const index = new HashIndex();
        let oracle: [number, number][] = [];
        let value = 2 ** 32 - 2;
        for (const { do: what, tag: of, pick } of all) {
          const pairs = oracle.filter(([known]) => known === of);
          const chosen = pairs[pick % pairs.length]?.[1];
          if (what === "add") {
            index.insert(of, value);
            oracle.push([of, value]);
          } else if (what === "drop") {
            expect(index.remove(of, chosen ?? 5)).toBe(chosen !== undefined);
            oracle = oracle.filter((pair) => pair[1] !== chosen);
          } else if (chosen !== undefined) {
            index.replace(of, chosen, value);
            oracle = oracle.map((pair) => (pair[1] === chosen ? [of, value] : pair));
          }
          value -= 1;
          const wanted = oracle.filter(([known]) => known === of).map((pair) => pair[1]);
          expect(valuesOf(index, of)).toEqual(wanted.sort((a, b) => a - b));
        }
        for (const [of, held] of oracle) expect(valuesOf(index, of)).toContain(held);
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  test("grows and shrinks with what it holds", () => {
    const index = new HashIndex();
    const spread = (i: number) => Math.imul(i, 0x9e3779b1);
    for (let i = 0; i < 20_000; i++) index.insert(spread(i), i);
    for (let i = 0; i < 20_000; i++) if (index.find(spread(i)) !== i) throw new Error(`lost ${i}`);
    for (let i = 0; i < 19_990; i++) if (!index.remove(spread(i), i)) throw new Error(`no ${i}`);
    for (let i = 0; i < 20_000; i++)
      if (index.find(spread(i)) !== (i < 19_990 ? undefined : i)) throw new Error(`${i}`);
    expect(index.remove(spread(3), 3)).toBe(false);
  });
});
