import { expect, jest, test } from "@jest/globals";
import type { RowOutcome } from "../../src/domain/ports.js";
import * as rowKey from "../../src/caching/rowKey.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeQueue } from "../support/fakeQueue.js";
import { rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

// Every row has the same hash here.
jest.unstable_mockModule("../../src/caching/rowKey.js", () => ({ ...rowKey, rowHash: () => 1 }));
const { CachedEvaluator } = await import("../../src/caching/cachedEvaluator.js");
const { ExactCache } = await import("../../src/caching/exactCache.js");

const answer = (number: number): RowOutcome => ({
  kind: "output",
  output: rowOf(number),
  source: "MODEL",
  distance: undefined,
  trace: undefined,
});

test("keeps unequal rows of one hash apart: in flight, in the cache and when one is abandoned", () => {
  const queue = new FakeQueue();
  const evaluator = new CachedEvaluator(new ExactCache({ capacityBytes: 1e6, clock: new FakeClock() }), queue);
  const outcomes: [string, RowOutcome][] = [];
  const ask = (name: string, number: number) =>
    evaluator.evaluate(rowQuery(rowOf(number), 100), (outcome) => outcomes.push([name, outcome]));

  ask("one", 1);
  const cancelTwo = ask("two", 2);
  ask("one again", 1);
  ask("two again", 2);
  expect(queue.submitted.map(({ row }) => row)).toEqual([rowOf(1), rowOf(2), rowOf(2)]);
  cancelTwo();
  expect(queue.submitted.map(({ abandoned }) => abandoned)).toEqual([false, true, false]);
  queue.submitted[2]?.settle(answer(20));
  queue.submitted[0]?.settle(answer(10));
  expect(outcomes).toEqual([
    ["two again", answer(20)],
    ["one", answer(10)],
    ["one again", answer(10)],
  ]);
  // The first to land is kept; the other one's rows go on missing, and never get its answer.
  ask("two from the cache", 2);
  ask("one anew", 1);
  expect(outcomes.at(-1)).toEqual([
    "two from the cache",
    { kind: "output", output: rowOf(20), source: "CACHE", distance: undefined, trace: undefined },
  ]);
  expect(queue.submitted).toHaveLength(4);
});
