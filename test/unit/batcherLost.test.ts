import { describe, expect, test } from "@jest/globals";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica } from "../support/fakeReplica.js";

describe("batcher with broken links", () => {
  function two() {
    const batching = fakeBatching();
    const [a, b] = [new FakeReplica("a"), new FakeReplica("b")];
    batching.batcher.addReplica(a);
    batching.batcher.addReplica(b);
    return { ...batching, a, b };
  }

  test("gives the rows of a lost batch one more try on another replica", () => {
    const { clock, a, b, settled, submit, metrics } = two();
    submit(1);
    submit(2);
    clock.endTurn();
    a.inFlight[0]?.lose();
    expect(settled).toEqual([]);
    clock.endTurn();
    expect([a.log, b.log]).toEqual([[[1, 2]], [[1, 2]]]);
    b.inFlight[0]?.echo();
    expect(settled).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(metrics.retried).toBe(2);
  });

  test("settles each row once when a replica replies to one batch twice", () => {
    const { clock, a, b, settled, submit } = two();
    submit(1);
    clock.endTurn();
    const [first] = a.batches;
    first?.lose();
    first?.echo();
    clock.endTurn();
    b.inFlight[0]?.echo();
    b.batches[0]?.echo();
    expect(settled).toEqual([[1, 1]]);
    submit(2);
    clock.endTurn();
    expect([a.log, b.log]).toEqual([[[1], [2]], [[1]]]);
  });

  test("fails rows that were lost a second time, and tries no third replica", () => {
    const { clock, batcher, a, b, settled, submit } = two();
    const c = new FakeReplica("c");
    submit(1);
    clock.endTurn();
    a.inFlight[0]?.lose();
    clock.endTurn();
    batcher.addReplica(c);
    b.inFlight[0]?.lose();
    clock.endTurn();
    expect([a.log, b.log, c.log]).toEqual([[[1]], [[1]], []]);
    expect(settled).toEqual([[1, "MODEL_ERROR"]]);
  });

  test("fails lost rows at once when there is no other replica, or no time left", () => {
    const { clock, batcher, a, b, settled, submit } = two();
    submit(1, 10);
    clock.endTurn();
    clock.advance(10);
    a.inFlight[0]?.lose();
    expect(settled).toEqual([[1, "MODEL_ERROR"]]);
    batcher.removeReplica("b");
    submit(2);
    clock.endTurn();
    a.inFlight[0]?.lose();
    expect(settled[1]).toEqual([2, "MODEL_ERROR"]);
    expect(b.log).toEqual([]);
  });

  test("does not give a row back to the replica that lost it, even if that one is free first", () => {
    const { clock, a, b, settled, submit } = two();
    submit(1);
    clock.endTurn();
    submit(2);
    clock.endTurn();
    a.inFlight[0]?.lose();
    submit(3);
    clock.endTurn();
    expect([a.log, b.log]).toEqual([[[1], [3]], [[2]]]);
    b.inFlight[0]?.echo();
    clock.endTurn();
    b.inFlight[0]?.echo();
    expect(b.log).toEqual([[2], [1]]);
    expect(settled).toEqual([
      [2, 2],
      [1, 1],
    ]);
  });

  test("fails a row that waits for another replica when the one that lost it is the last", async () => {
    const { clock, batcher, a, b, settled, submit } = two();
    submit(1);
    clock.endTurn();
    submit(2);
    clock.endTurn();
    a.inFlight[0]?.lose();
    clock.endTurn();
    batcher.removeReplica("b");
    expect(settled).toEqual([[1, "MODEL_ERROR"]]);
    b.inFlight[0]?.echo();
    await batcher.whenIdle();
    expect(settled).toEqual([
      [1, "MODEL_ERROR"],
      [2, 2],
    ]);
  });
});
