import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica, rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

const MINUTE_MS = 60_000;

function busyBatching(limits: Parameters<typeof fakeBatching>[0]) {
  const batching = fakeBatching(limits);
  const replica = new FakeReplica("a");
  batching.batcher.addReplica(replica);
  batching.clock.endTurn();
  const serve = (ms: number): void => {
    batching.clock.advance(ms);
    replica.inFlight[0]?.echo();
    batching.clock.endTurn();
  };
  return { ...batching, replica, serve };
}

describe("bulk rows", () => {
  test("go after all interactive ones, whatever their deadlines, each kind in order of deadline", () => {
    const { submit, replica, serve } = busyBatching({ maxBatchRows: 2 });
    submit(0, 500);
    serve(0);
    submit(1, 100, 4, "BULK");
    submit(2, 500);
    submit(3, 90, 4, "BULK");
    submit(4, 400);
    submit(5, 300);
    for (let i = 0; i < 4; i++) serve(1);
    expect(replica.log).toEqual([[0], [5, 4], [2, 3], [1]]);
  });

  test("fill a batch only as far as its earliest deadline allows", () => {
    const { submit, replica, serve, metrics } = busyBatching({ maxBatchRows: 10 });
    for (let rows = 1; rows <= 4; rows++) {
      for (let i = 0; i < rows; i++) submit(1000 + 10 * rows + i, 5000);
      serve(0);
      serve(10 * rows);
    }
    replica.batches.length = 0;
    submit(1, 45);
    for (let number = 2; number < 10; number++) submit(number, 10_000, 4, "BULK");
    serve(0);
    // 10 ms a row: of the row's 45 ms four fit.
    expect(replica.log).toEqual([[1, 2, 3, 4]]);
    expect(metrics.dispatches.BUDGET).toBe(1);
  });

  test("become interactive with who joins them, and bulk again when that one cannot be served any more", () => {
    const { submit, replica, serve, clock, batcher } = busyBatching({ maxBatchRows: 1 });
    submit(0, 500);
    serve(0);
    const [first, second] = [submit(1, MINUTE_MS, 4, "BULK"), submit(2, MINUTE_MS, 4, "BULK")];
    submit(3, 200);
    submit(4, MINUTE_MS / 2, 4, "BULK");
    first.extend(rowQuery(rowOf(1), clock.nowMs() + 10));
    second.extend(rowQuery(rowOf(2), clock.nowMs() + 100));
    clock.advance(20);
    for (let i = 0; i < 5; i++) serve(0);
    expect(replica.log).toEqual([[0], [2], [3], [4], [1]]);
    expect(batcher.queuedRows).toBe(0);
  });

  test("have at most half of the queue, so that interactive rows find places", async () => {
    const { submit, settled } = busyBatching({ maxQueueRows: 6 });
    for (let number = 0; number < 5; number++) submit(number, MINUTE_MS, 4, "BULK");
    for (let number = 5; number < 9; number++) submit(number, 500);
    await Promise.resolve();
    expect(settled).toEqual([
      [3, "OVERLOADED"],
      [4, "OVERLOADED"],
      [8, "OVERLOADED"],
    ]);
  });

  test("have a turn under a steady interactive load when half of their time has passed, and are answered in time", () => {
    const { submit, replica, serve, settled, clock } = busyBatching({ maxBatchRows: 2 });
    const startMs = clock.nowMs();
    let turnMs = 0;
    replica.onSend = ({ numbers }) => {
      if (numbers.includes(0)) turnMs = clock.nowMs() - startMs;
    };
    submit(0, 4000, 4, "BULK");
    for (let number = 1; clock.nowMs() < startMs + 4000; number += 3) {
      // Three come while two are served: there is never a place left.
      for (let i = 0; i < 3; i++) submit(number + i, 100);
      serve(10);
    }
    expect(turnMs).toBeGreaterThanOrEqual(2000);
    expect(turnMs).toBeLessThan(2050);
    expect(settled).toContainEqual([0, 0]);
  });

  test("take about a tenth of the time from interactive ones, and no more, however many have aged", () => {
    const { submit, replica, serve } = busyBatching({ maxBatchRows: 4 });
    const INTERACTIVE = 1_000_000;
    for (let number = 0; number < 400; number++) submit(number, 20_000, 4, "BULK");
    for (let i = 0; i < 1800; i++) {
      for (let number = 0; number < 6; number++) submit(INTERACTIVE + 6 * i + number, 100);
      serve(10);
    }
    const isBulk = (number: number): boolean => number < INTERACTIVE;
    expect(replica.log.slice(0, 990).flat().filter(isBulk)).toEqual([]);
    const aged = replica.log.slice(1010).flat();
    expect(aged.filter(isBulk).length / aged.length).toBeGreaterThan(0.05);
    expect(aged.filter(isBulk).length / aged.length).toBeLessThan(0.105);
  });

  test("never delay an interactive row by more than one batch, at any load", async () => {
    const step = fc.record({
      interactive: fc.nat(4),
      bulk: fc.nat(4),
      sloMs: fc.constantFrom(15, 60, 400),
      serviceMs: fc.integer({ min: 1, max: 20 }),
    });
    const steps = fc.array(step, { minLength: 10, maxLength: 60 });
    let turns = 0;
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 4 }), async (given, maxBatchRows) => {
        const { submit, replica, serve, settled } = busyBatching({ maxBatchRows });
        /** How many batches with bulk rows each interactive row that waits has been delayed by. */
        const delays = new Map<number, number>();
        const isBulk = (number: number): boolean => number % 2 === 1;
        replica.onSend = ({ numbers }) => {
          for (const number of numbers) delays.delete(number);
          for (const [number] of settled) delays.delete(number);
          if (!numbers.some(isBulk)) return;
          if (delays.size > 0) turns += 1;
          for (const [number, before] of delays) {
            expect(before).toBe(0);
            delays.set(number, before + 1);
          }
        };
        let next = 0;
        for (const { interactive, bulk, sloMs, serviceMs } of given) {
          for (let i = 0; i < bulk; i++) submit(2 * next++ + 1, 200, 4, "BULK");
          const delayed = replica.inFlight[0]?.numbers.some(isBulk) === true ? 1 : 0;
          for (let i = 0; i < interactive; i++) {
            delays.set(2 * next, delayed);
            submit(2 * next++, sloMs);
          }
          await Promise.resolve();
          serve(serviceMs);
        }
      }),
      { numRuns: 300 },
    );
    expect(turns).toBeGreaterThan(50);
  });
});
