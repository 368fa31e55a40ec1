import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { BinaryHeap } from "../../src/lib/binaryHeap.js";

interface Item {
  order: number;
  readonly serial: number;
  heapIndex: number;
}

const before = (a: Item, b: Item) => (a.order === b.order ? a.serial < b.serial : a.order < b.order);

const step = fc.oneof(
  fc.record({ do: fc.constant("push" as const), order: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ do: fc.constant("pop" as const) }),
  fc.record({ do: fc.constant("remove" as const), at: fc.nat(30) }),
  fc.record({ do: fc.constant("reposition" as const), at: fc.nat(30), order: fc.integer({ min: 0, max: 20 }) }),
);

describe("binary heap", () => {
  test("does what a sorted array does, whatever the order of pushes, pops, removals and repositionings", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const heap = new BinaryHeap<Item>(before);
        let oracle: Item[] = [];
        let serial = 0;
        for (const next of steps) {
          const chosen = "at" in next ? oracle[next.at % Math.max(1, oracle.length)] : undefined;
          if (next.do === "push") {
            const item = { order: next.order, serial: serial++, heapIndex: -1 };
            heap.push(item);
            oracle.push(item);
          } else if (next.do === "pop") {
            expect(heap.pop()).toBe(oracle.shift());
          } else if (chosen !== undefined && next.do === "remove") {
            expect(heap.remove(chosen)).toBe(true);
            expect(heap.remove(chosen)).toBe(false);
            oracle = oracle.filter((item) => item !== chosen);
          } else if (chosen !== undefined && next.do === "reposition") {
            chosen.order = next.order;
            heap.reposition(chosen);
          }
          oracle.sort((a, b) => (before(a, b) ? -1 : 1));
          expect(heap.size).toBe(oracle.length);
          expect(heap.peek()).toBe(oracle[0]);
        }
        const drained: (Item | undefined)[] = [];
        while (heap.size > 0) drained.push(heap.pop());
        expect(drained).toEqual(oracle);
        expect(oracle.every((item) => item.heapIndex === -1)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test("leaves alone an item of another heap", () => {
    const heap = new BinaryHeap<Item>(before);
    const other = new BinaryHeap<Item>(before);
    const mine = { order: 1, serial: 0, heapIndex: -1 };
    const theirs = { order: 1, serial: 1, heapIndex: -1 };
    heap.push(mine);
    other.push(theirs);
    expect(heap.remove(theirs)).toBe(false);
    expect([...heap]).toEqual([mine]);
    expect([...other]).toEqual([theirs]);
  });
});
