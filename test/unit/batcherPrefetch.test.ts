import { describe, expect, test } from "@jest/globals";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica, rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

/** A batch of one takes 10 ms, as the batcher knows. */
function knowing(prefetchMs: number) {
  const batching = fakeBatching({ maxBatchRows: 1, limits: { prefetchMs } });
  const replica = new FakeReplica("a");
  const { batcher, clock, submit } = batching;
  batcher.addReplica(replica);
  for (let i = 0; i < 5; i++) {
    submit(100 + i, 5000);
    clock.endTurn();
    clock.advance(10);
    replica.inFlight[0]?.echo();
    clock.endTurn();
  }
  replica.batches.length = 0;
  return { ...batching, replica };
}

describe("prefetch", () => {
  test("is off unless it is chosen: the next batch goes when the one before it is back", () => {
    const { clock, submit, replica } = knowing(0);
    for (const number of [1, 2]) submit(number, 500);
    clock.endTurn();
    clock.advance(9.9);
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
  });

  test("sends one batch ahead, so long before the one that runs is expected back, and no second", () => {
    const { clock, submit, replica } = knowing(3);
    for (const number of [1, 2, 3]) submit(number, 500);
    clock.endTurn();
    clock.advance(6.9);
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
    clock.advance(0.1);
    clock.endTurn();
    expect(replica.log).toEqual([[1], [2]]);
    clock.advance(2);
    clock.endTurn();
    expect(replica.log).toEqual([[1], [2]]);
    expect(clock.turnCallbacks).toBe(0);
  });

  test("counts a batch that was sent ahead from when the one before it is back, so that none goes earlier than that", () => {
    const { clock, submit, replica } = knowing(3);
    for (const number of [1, 2, 3]) submit(number, 500);
    clock.endTurn();
    clock.advance(7);
    clock.endTurn();
    clock.advance(3);
    replica.inFlight[0]?.echo();
    clock.endTurn();
    expect(replica.log).toEqual([[1], [2]]);
    clock.advance(6.9);
    clock.endTurn();
    expect(replica.log).toEqual([[1], [2]]);
    clock.advance(0.2);
    clock.endTurn();
    expect(replica.log).toEqual([[1], [2], [3]]);
  });

  test("sends no bulk rows ahead: who comes meanwhile would wait for two batches of them", () => {
    const { clock, submit, replica } = knowing(3);
    submit(1, 500);
    submit(2, 5000, 4, "BULK");
    clock.endTurn();
    clock.advance(8);
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
    submit(3, 500);
    clock.endTurn();
    expect(replica.log).toEqual([[1], [3]]);
  });

  test("does not spin when no row could be answered in time behind the batch that runs", () => {
    const { clock, submit, replica } = knowing(20);
    submit(1, 500);
    clock.endTurn();
    submit(2, 500).extend(rowQuery(rowOf(2), clock.nowMs() + 15));
    clock.endTurn();
    expect([replica.log, clock.turnCallbacks]).toEqual([[[1]], 0]);
    for (let i = 0; i < 5; i++) {
      clock.advance(0.1);
      expect(clock.turnCallbacks).toBe(0);
    }
  });
});
