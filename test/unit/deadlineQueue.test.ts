import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DeadlineQueue } from "../../src/batching/deadlineQueue.js";
import type { QueuedRow } from "../../src/batching/deadlineQueue.js";

function rowWith(orderMs: number, arrival: number): QueuedRow {
  const common = {
    row: [],
    bytes: 0,
    queuedAtMs: 0,
    priority: "INTERACTIVE",
    latestPriority: "INTERACTIVE",
    settle: () => undefined,
    lostBy: undefined,
    sentIn: 0,
    overdueOn: undefined,
    suspect: false,
    phase: "QUEUED",
  } as const;
  return { ...common, arrival, orderMs, latestMs: orderMs };
}

const step = fc.record({
  do: fc.constantFrom("push" as const, "push" as const, "remove" as const, "reorder" as const, "take" as const),
  at: fc.nat(40),
  orderMs: fc.nat(20),
});

describe("deadline queue", () => {
  test("holds, finds, reorders and gives out rows as a list that is sorted anew each time", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new DeadlineQueue();
        let oracle: QueuedRow[] = [];
        let arrival = 0;
        for (const { do: what, at, orderMs } of steps) {
          const row = oracle[at % Math.max(1, oracle.length)];
          if (what === "push") {
            const pushed = rowWith(orderMs, arrival++);
            queue.push(pushed);
            oracle.push(pushed);
          } else if (row !== undefined && what === "remove") {
            expect(queue.remove(row)).toBe(true);
            expect(queue.remove(row)).toBe(false);
            oracle = oracle.filter((other) => other !== row);
          } else if (row !== undefined && what === "reorder") {
            queue.reorder(row, orderMs);
          } else if (what === "take") {
            const place = at % (oracle.length + 1);
            const passes = (other: QueuedRow) => other.arrival % 3 === 0;
            let left = orderMs % 5;
            const taken = queue.takeFrom(place, (next) => (passes(next) ? "PASS" : left-- > 0 ? "TAKE" : "STOP"));
            const expected = oracle
              .slice(place)
              .filter((other) => !passes(other))
              .slice(0, orderMs % 5);
            expect(taken).toEqual(expected);
            oracle = oracle.filter((other) => !taken.includes(other));
          }
          oracle.sort((a, b) => a.orderMs - b.orderMs || a.arrival - b.arrival);
          expect([...queue]).toEqual(oracle);
          expect(queue.size).toBe(oracle.length);
          expect(queue.rowsUpTo(orderMs)).toBe(oracle.filter((other) => other.orderMs <= orderMs).length);
          expect(queue.at(at)).toBe(oracle[at]);
        }
      }),
    );
  });
});
