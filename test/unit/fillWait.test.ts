import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { WaitTrial } from "../../src/batching/waitTrial.js";
import { fakeBatching } from "../support/fakeBatching.js";
import type { BatchingLimits } from "../support/fakeBatching.js";
import { FakeReplica } from "../support/fakeReplica.js";

/** A batcher that knows that a batch takes 10 ms, and that rows come often. */
function knowing(limits: BatchingLimits) {
  const batching = fakeBatching({ maxBatchRows: 5, ...limits });
  const replica = new FakeReplica("a");
  const { batcher, clock, submit } = batching;
  batcher.addReplica(replica);
  const serve = (): void => {
    clock.endTurn();
    if (replica.inFlight.length === 0) clock.advance(5);
    clock.endTurn();
    clock.advance(10);
    replica.inFlight[0]?.echo();
    clock.endTurn();
  };
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < (round % 2 === 0 ? 1 : 5); i++) submit(1000 + 5 * round + i, 5000);
    serve();
  }
  // The replica rests, and nothing waits.
  expect([batcher.queuedRows, replica.inFlight.length]).toEqual([0, 0]);
  replica.batches.length = 0;
  for (const reason of ["FULL", "BUDGET", "TURN_END", "DELAY", "DRAIN"] as const)
    batching.metrics.dispatches[reason] = 0;
  return { ...batching, replica };
}

const WAITING: BatchingLimits = { limits: { maxBatchDelayMs: 4 } };

describe("fill wait", () => {
  test("is off unless it is chosen", () => {
    const { clock, submit, replica, metrics } = knowing({});
    submit(1);
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
    expect(metrics.dispatches).toMatchObject({ TURN_END: 1, DELAY: 0 });
  });

  test("holds a batch that is not full for so long after the first row, woken by one timer, and says DELAY", () => {
    const { clock, submit, replica, metrics } = knowing(WAITING);
    submit(1);
    clock.endTurn();
    clock.advance(2);
    submit(2);
    clock.endTurn();
    clock.advance(1.9);
    clock.endTurn();
    expect(replica.log).toEqual([]);
    expect(clock.alarms).toBe(1);
    clock.advance(0.1);
    clock.endTurn();
    expect(replica.log).toEqual([[1, 2]]);
    expect(metrics.dispatches).toMatchObject({ DELAY: 1, TURN_END: 0 });
  });

  test("ends when the batch is full, woken by the arrival", () => {
    const { clock, submit, replica, metrics } = knowing(WAITING);
    submit(1);
    clock.endTurn();
    clock.advance(1);
    for (let number = 2; number < 6; number++) submit(number);
    clock.endTurn();
    expect(replica.log).toEqual([[1, 2, 3, 4, 5]]);
    expect(metrics.dispatches).toMatchObject({ FULL: 1, DELAY: 0 });
  });

  test("never makes the most urgent row late: it ends while one row more would still be in time", () => {
    const { clock, submit, replica } = knowing(WAITING);
    // A batch of two is expected to take some 10 ms; timers may be a millisecond late.
    submit(1, 13);
    clock.endTurn();
    clock.advance(2.1);
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
  });

  test("is at most once for a row, whoever comes before it in the order", () => {
    const { clock, submit, replica } = knowing(WAITING);
    submit(1, 500);
    clock.endTurn();
    clock.advance(3);
    submit(2, 100);
    clock.endTurn();
    clock.advance(1);
    clock.endTurn();
    expect(replica.log).toEqual([[2, 1]]);
  });

  test("is not for rows that have waited as long for the replica already, nor where hardly anything arrives", () => {
    const { clock, submit, replica } = knowing(WAITING);
    for (let number = 0; number < 5; number++) submit(number);
    clock.endTurn();
    submit(5);
    clock.advance(10);
    replica.inFlight[0]?.echo();
    clock.endTurn();
    expect(replica.log.at(-1)).toEqual([5]);
    clock.advance(10);
    replica.inFlight[0]?.echo();
    clock.advance(3000);
    submit(6);
    clock.endTurn();
    expect(replica.log.at(-1)).toEqual([6]);
  });

  test("is cut short when the process stops, and says DRAIN", () => {
    const { clock, submit, replica, metrics, batcher } = knowing(WAITING);
    submit(1);
    clock.endTurn();
    expect(replica.log).toEqual([]);
    void batcher.whenIdle();
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
    expect(metrics.dispatches).toMatchObject({ DRAIN: 1 });
  });
});

/** Rows that cost so much with and without waiting, until a number of epochs has passed. */
function tried(
  costMs: (waits: boolean) => number,
  epochs = 200,
  trial = new WaitTrial(),
): { trial: WaitTrial; waited: number } {
  let waited = 0;
  for (let batch = 0; batch < 32 * epochs; batch++) {
    trial.wouldHold();
    if (trial.waits) waited += 1;
    for (let row = 0; row < 4; row++) trial.rowSettled(costMs(trial.waits));
    trial.batchSent();
  }
  return { trial, waited: waited / (32 * epochs) };
}

describe("whether waiting pays", () => {
  test("is found out from what a row costs with and without it, whatever the load does meanwhile", () => {
    const noise = fc.record({
      seed: fc.integer(),
      gain: fc.constantFrom(-0.2, -0.05, 0.05, 0.2),
      drift: fc.double({ min: -0.002, max: 0.002, noNaN: true }),
    });
    fc.assert(
      fc.property(noise, ({ seed, gain, drift }) => {
        const random = seededRandom(seed);
        let rows = 0;
        const cost = (waits: boolean) =>
          10 * (1 + drift) ** (rows++ / 128) * (waits ? 1 - gain : 1) * (0.8 + 0.4 * random());
        const { trial, waited } = tried(cost);
        expect(trial.pays).toBe(gain > 0);
        // Comparisons go on, at two epochs of eighteen.
        if (gain > 0) expect(waited).toBeGreaterThan(0.85);
        else expect(waited).toBeLessThan(0.15);
      }),
    );
  });

  test("is learned anew when it has changed", () => {
    const { trial } = tried((waits) => (waits ? 8 : 10));
    expect(trial.pays).toBe(true);
    tried((waits) => (waits ? 12 : 10), 200, trial);
    expect(trial.pays).toBe(false);
    expect(trial.reason).toContain("waiting saved -20.0 %");
  });

  test("is no from nothing: without rows, or batches that would have waited", () => {
    const trial = new WaitTrial();
    for (let batch = 0; batch < 1000; batch++) {
      trial.rowSettled(trial.waits ? 1 : 10);
      trial.batchSent();
    }
    expect([trial.pays, trial.reason]).toEqual([false, "0 of 4 comparisons made"]);
  });
});
