import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CachedEvaluator } from "../../src/caching/cachedEvaluator.js";
import { ExactCache } from "../../src/caching/exactCache.js";
import type { RowOutcome } from "../../src/domain/ports.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeQueue } from "../support/fakeQueue.js";
import type { Submitted } from "../support/fakeQueue.js";
import { numberOf, rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

const answer = (number: number): RowOutcome => ({
  kind: "output",
  output: rowOf(number),
  source: "MODEL",
  distance: undefined,
  trace: undefined,
});
const failed: RowOutcome = { kind: "failed", code: "MODEL_ERROR", message: "broken" };

function setUp() {
  const queue = new FakeQueue();
  const clock = new FakeClock();
  const evaluator = new CachedEvaluator(new ExactCache({ capacityBytes: 1e6, clock }), queue);
  const outcomes: [string, RowOutcome][] = [];
  const ask = (name: string, number: number, deadlineMs = 100) =>
    evaluator.evaluate(rowQuery(rowOf(number), deadlineMs), (outcome) => outcomes.push([name, outcome]));
  const submitted = (at: number) => queue.submitted[at] as Submitted;
  return { clock, queue, evaluator, outcomes, ask, submitted };
}

describe("cached evaluator", () => {
  test("submits 32 equal rows once and hands the one answer to all", () => {
    const { queue, evaluator, outcomes, ask, submitted } = setUp();
    for (let i = 0; i < 32; i++) ask(`w${i}`, 7);
    expect(queue.submitted).toHaveLength(1);
    expect(outcomes).toEqual([]);
    submitted(0).settle(answer(70));
    expect(outcomes).toEqual(Array.from({ length: 32 }, (_, i) => [`w${i}`, answer(70)]));
    expect(evaluator.counters).toEqual({ hits: 0, approximateHits: 0, misses: 1, joined: 31 });
  });

  test("submits unequal rows apart", () => {
    const { outcomes, ask, submitted } = setUp();
    ask("a", 1);
    ask("b", 2);
    submitted(1).settle(answer(20));
    submitted(0).settle(answer(10));
    expect(outcomes).toEqual([
      ["b", answer(20)],
      ["a", answer(10)],
    ]);
  });

  test("does not submit what the queue refuses without looking at it, unless somebody waits for such a row", () => {
    const { queue, evaluator, outcomes, ask, submitted } = setUp();
    ask("first", 7);
    queue.refusal = { kind: "failed", code: "OVERLOADED", message: "it is full" };
    ask("joins", 7);
    ask("refused", 8);
    expect(outcomes).toEqual([["refused", queue.refusal]]);
    submitted(0).settle(answer(70));
    expect(outcomes.map(([who]) => who)).toEqual(["refused", "first", "joins"]);
    expect(queue.submitted).toHaveLength(1);
    expect(evaluator.counters).toEqual({ hits: 0, approximateHits: 0, misses: 2, joined: 1 });
  });

  test("answers a row that was answered before from the cache, at once", () => {
    const { queue, evaluator, outcomes, ask, submitted } = setUp();
    ask("first", 7);
    submitted(0).settle(answer(70));
    ask("second", 7);
    expect(outcomes[1]).toEqual([
      "second",
      { kind: "output", output: rowOf(70), source: "CACHE", distance: undefined, trace: undefined },
    ]);
    expect(queue.submitted).toHaveLength(1);
    expect(evaluator.counters).toEqual({ hits: 1, approximateHits: 0, misses: 1, joined: 0 });
  });

  test("forgets on invalidation what was answered, and what is in flight answers only those who asked before", () => {
    const { queue, evaluator, outcomes, ask, submitted } = setUp();
    ask("first", 7);
    submitted(0).settle(answer(70));
    ask("before", 8);
    evaluator.invalidate();
    ask("again", 7);
    ask("after", 8);
    expect(queue.submitted).toHaveLength(4);
    submitted(1).settle(answer(80));
    submitted(3).settle(answer(81));
    ask("later", 8);
    expect(queue.submitted).toHaveLength(4);
    const values = outcomes.map(([name, outcome]) => [name, outcome.kind === "output" && numberOf(outcome.output)]);
    expect(values).toEqual([
      ["first", 70],
      ["before", 80],
      ["after", 81],
      ["later", 81],
    ]);
  });

  test("asks again for what is older than its time to live, also after an invalidation", () => {
    const { clock, queue, evaluator, ask, submitted } = setUp();
    evaluator.ttlMs = 100;
    evaluator.invalidate();
    ask("first", 7);
    submitted(0).settle(answer(70));
    clock.advance(99);
    ask("fresh", 7);
    expect(queue.submitted).toHaveLength(1);
    clock.advance(1);
    ask("expired", 7);
    expect(queue.submitted).toHaveLength(2);
  });

  test("extends the row in flight by the deadline of each who joins", () => {
    const { ask, submitted } = setUp();
    ask("a", 7, 100);
    ask("b", 7, 300);
    ask("c", 7, 50);
    expect(submitted(0).deadlineMs).toBe(100);
    expect(submitted(0).extendedTo).toEqual([300, 50]);
  });

  test("answers the others when one cancels, and never the one that cancelled", () => {
    const { outcomes, ask, submitted } = setUp();
    const cancelFirst = ask("a", 7);
    ask("b", 7);
    cancelFirst();
    cancelFirst();
    expect(submitted(0).abandoned).toBe(false);
    submitted(0).settle(answer(70));
    expect(outcomes).toEqual([["b", answer(70)]]);
  });

  test("abandons a queued row when the last of its waiters cancels, and submits an equal row anew", () => {
    const { queue, outcomes, ask, submitted } = setUp();
    const cancels = [ask("a", 7), ask("b", 7)];
    cancels[0]?.();
    expect(submitted(0).abandoned).toBe(false);
    cancels[1]?.();
    expect(submitted(0).abandoned).toBe(true);
    ask("c", 7);
    expect(queue.submitted).toHaveLength(2);
    submitted(1).settle(answer(70));
    expect(outcomes).toEqual([["c", answer(70)]]);
  });

  test("keeps the answer to a row that everybody had left after it was sent", () => {
    const { queue, outcomes, ask, submitted } = setUp();
    const cancel = ask("a", 7);
    submitted(0).queued = false;
    cancel();
    submitted(0).settle(answer(70));
    ask("b", 7);
    expect(queue.submitted).toHaveLength(1);
    expect(outcomes).toEqual([
      ["b", { kind: "output", output: rowOf(70), source: "CACHE", distance: undefined, trace: undefined }],
    ]);
  });

  test("lets a newcomer join a sent row that everybody had left", () => {
    const { queue, outcomes, ask, submitted } = setUp();
    const cancel = ask("a", 7);
    submitted(0).queued = false;
    cancel();
    ask("b", 7);
    submitted(0).settle(answer(70));
    expect(queue.submitted).toHaveLength(1);
    expect(outcomes).toEqual([["b", answer(70)]]);
  });

  test("hands a failure to all waiters once and does not keep it", () => {
    const { queue, outcomes, ask, submitted } = setUp();
    ask("a", 7);
    ask("b", 7);
    submitted(0).settle(failed);
    ask("c", 7);
    expect(queue.submitted).toHaveLength(2);
    submitted(1).settle(answer(70));
    expect(outcomes).toEqual([
      ["a", failed],
      ["b", failed],
      ["c", answer(70)],
    ]);
  });

  test("ignores a cancel that comes after the answer", () => {
    const { queue, ask, submitted } = setUp();
    const cancel = ask("a", 7);
    submitted(0).settle(failed);
    ask("b", 7);
    cancel();
    expect(queue.submitted.map((entry) => entry.abandoned)).toEqual([false, false]);
  });

  test("settles each waiter once, or never after its cancel, with its own row's answer, in any order of events", () => {
    const event = fc.oneof(
      fc.record({ do: fc.constant("ask" as const), number: fc.nat(3) }),
      fc.record({
        do: fc.constantFrom("cancel" as const, "send" as const, "answer" as const, "fail" as const),
        at: fc.nat(20),
      }),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const { queue, evaluator } = setUp();
        const waiters: { number: number; settled: number; cancelled: boolean; cancel: () => void }[] = [];
        const settledRows = new Set<Submitted>();
        const settle = (entry: Submitted | undefined, outcome: (number: number) => RowOutcome) => {
          if (entry === undefined || entry.abandoned || settledRows.has(entry)) return;
          settledRows.add(entry);
          entry.queued = false;
          entry.settle(outcome(new DataView((entry.row[0] as Uint8Array).buffer).getInt32(0, true)));
        };
        for (const next of events) {
          if (next.do === "ask") {
            const waiter = { number: next.number, settled: 0, cancelled: false, cancel: () => undefined as void };
            waiters.push(waiter);
            waiter.cancel = evaluator.evaluate(rowQuery(rowOf(next.number), 100), (outcome) => {
              expect(waiter.cancelled).toBe(false);
              waiter.settled += 1;
              if (outcome.kind === "output") expect(outcome.output).toEqual(rowOf(next.number * 10));
            });
            continue;
          }
          const entry = queue.submitted[next.at % Math.max(1, queue.submitted.length)];
          const waiter = waiters[next.at % Math.max(1, waiters.length)];
          if (next.do === "cancel" && waiter !== undefined) {
            waiter.cancelled = waiter.settled === 0;
            waiter.cancel();
          }
          if (next.do === "send" && entry !== undefined) entry.queued = false;
          if (next.do === "answer") settle(entry, (number) => answer(number * 10));
          if (next.do === "fail") settle(entry, () => failed);
        }
        for (const entry of queue.submitted) settle(entry, () => failed);
        for (const waiter of waiters) expect(waiter.settled).toBe(waiter.cancelled ? 0 : 1);
      }),
      { numRuns: 500 },
    );
  });
});
