import { describe, expect, test } from "@jest/globals";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica, rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

describe("batcher", () => {
  test("sends all rows of a turn as one batch at its end, with no delay", () => {
    const { clock, batcher, settled, submit, metrics } = fakeBatching();
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    clock.endTurn();
    for (let i = 0; i < 20; i++) submit(i);
    expect(replica.batches).toEqual([]);
    const beforeMs = clock.nowMs();
    clock.endTurn();
    expect(clock.nowMs()).toBe(beforeMs);
    expect(replica.log).toEqual([Array.from({ length: 20 }, (_, i) => i)]);
    replica.batches[0]?.echo();
    expect(settled).toEqual(Array.from({ length: 20 }, (_, i) => [i, i]));
    expect(metrics).toMatchObject({ batches: 1, rows: 20, answered: 20, dispatches: { TURN_END: 1, FULL: 0 } });
  });

  test("orders rows by deadline, then by arrival", () => {
    const { clock, batcher, submit } = fakeBatching({ maxBatchRows: 2 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(1, 50);
    submit(2, 20);
    submit(3, 50);
    submit(4, 10);
    submit(5, 20);
    for (let i = 0; i < 3; i++) {
      clock.endTurn();
      replica.inFlight[0]?.echo();
    }
    expect(replica.log).toEqual([[4, 2], [5, 1], [3]]);
  });

  test("moves a row forward when one who joins it has an earlier deadline", () => {
    const { clock, batcher, submit } = fakeBatching({ maxBatchRows: 1 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(1, 20);
    const joined = submit(2, 30);
    joined.extend(rowQuery(rowOf(0), clock.nowMs() + 10));
    clock.endTurn();
    expect(replica.log).toEqual([[2]]);
  });

  test("has one batch in flight per worker of each replica", () => {
    const { clock, batcher, submit } = fakeBatching({ maxBatchRows: 1 });
    const [one, two] = [new FakeReplica("one"), new FakeReplica("two", 2)];
    batcher.addReplica(one);
    batcher.addReplica(two);
    for (let i = 0; i < 5; i++) submit(i);
    clock.endTurn();
    expect([one.inFlight.length, two.inFlight.length]).toEqual([1, 2]);
    expect(batcher.queuedRows).toBe(2);
    two.inFlight[0]?.echo();
    clock.endTurn();
    expect([one.inFlight.length, two.inFlight.length]).toEqual([1, 2]);
    expect(batcher.queuedRows).toBe(1);
  });

  test("drops rows whose latest deadline has passed before it forms a batch", () => {
    const { clock, batcher, settled, submit, metrics } = fakeBatching({ maxBatchRows: 2 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(0, 100);
    clock.endTurn();
    submit(1, 10);
    submit(2, 20);
    submit(3, 10).extend(rowQuery(rowOf(3), clock.nowMs() + 40));
    submit(4, 30);
    clock.advance(20);
    // A failure says nothing about latency: only rows whose deadline has passed are hopeless.
    replica.inFlight[0]?.reply({ kind: "failed", code: "MODEL_ERROR", message: "threw" });
    clock.endTurn();
    expect(replica.log).toEqual([[0], [4, 3]]);
    expect(settled).toEqual([
      [0, "MODEL_ERROR"],
      [1, "DEADLINE_EXCEEDED"],
      [2, "DEADLINE_EXCEEDED"],
    ]);
    expect(metrics.dropped).toBe(2);
  });

  test("does not settle a row that was abandoned in the queue, and settles one that was sent", () => {
    const { clock, batcher, settled, submit } = fakeBatching({ maxBatchRows: 1 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    const [sent, queued] = [submit(1, 10), submit(2, 20)];
    clock.endTurn();
    expect([sent.abandon(), queued.abandon(), queued.abandon()]).toEqual([false, true, false]);
    replica.inFlight[0]?.echo();
    clock.endTurn();
    expect(replica.log).toEqual([[1]]);
    expect(settled).toEqual([[1, 1]]);
  });

  test("refuses rows beyond its bound as OVERLOADED, never before submit returns, and takes more when there is room", async () => {
    const { clock, batcher, settled, submit } = fakeBatching({ maxQueueRows: 2, maxBatchRows: 1 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    for (const number of [1, 2, 3]) submit(number);
    expect(settled).toEqual([]);
    await Promise.resolve();
    expect(settled).toEqual([[3, "OVERLOADED"]]);
    clock.endTurn();
    submit(4);
    await Promise.resolve();
    expect(batcher.queuedRows).toBe(2);
    expect(settled).toHaveLength(1);
  });

  test("refuses at once as NO_REPLICA without a replica, and refuses the queue when the last one goes", async () => {
    const { clock, batcher, settled, submit } = fakeBatching({ maxBatchRows: 1 });
    submit(1);
    expect(settled).toEqual([]);
    await Promise.resolve();
    expect(settled).toEqual([[1, "NO_REPLICA"]]);
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(2);
    submit(3);
    clock.endTurn();
    batcher.removeReplica("a");
    expect(settled.slice(1)).toEqual([[3, "NO_REPLICA"]]);
    replica.inFlight[0]?.echo();
    expect(settled.slice(2)).toEqual([[2, 2]]);
  });

  test("keeps a batch within its bytes, and sends a larger row alone", () => {
    const { clock, batcher, submit } = fakeBatching({ maxBatchBytes: 100 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    [40, 40, 20, 4, 300, 60].forEach((bytes, number) => submit(number, 50, bytes));
    for (let i = 0; i < 4; i++) {
      clock.endTurn();
      replica.inFlight[0]?.echo();
    }
    expect(replica.log).toEqual([[0, 1, 2], [3], [4], [5]]);
  });

  test.each([0, 1, 4])("fails all rows of a batch of 3 whose reply has %d rows, naming both lengths", (replied) => {
    const { clock, batcher } = fakeBatching();
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    const outcomes: unknown[] = [];
    for (let i = 0; i < 3; i++)
      batcher.submit(rowQuery(rowOf(i), clock.nowMs() + 50), (outcome) => outcomes.push(outcome));
    clock.endTurn();
    const rows = Array.from({ length: replied }, (_, i) => ({ kind: "output" as const, output: rowOf(i) }));
    replica.inFlight[0]?.reply({ kind: "rows", rows });
    const message = `model m@1: expected 3 rows, got ${replied}`;
    expect(outcomes).toEqual(Array.from({ length: 3 }, () => ({ kind: "failed", code: "MODEL_BAD_OUTPUT", message })));
  });

  test("settles each row of a reply with its own part, and a failed batch as a whole", () => {
    const { clock, batcher, settled, submit } = fakeBatching({ maxBatchRows: 2 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    for (const number of [1, 2, 3, 4]) submit(number);
    clock.endTurn();
    const bad = { kind: "failed", code: "MODEL_BAD_OUTPUT", message: "NaN" } as const;
    replica.inFlight[0]?.reply({ kind: "rows", rows: [bad, { kind: "output", output: rowOf(2) }] });
    clock.endTurn();
    replica.inFlight[0]?.reply({ kind: "failed", code: "MODEL_ERROR", message: "threw" });
    expect(settled).toEqual([
      [1, "MODEL_BAD_OUTPUT"],
      [2, 2],
      [3, "MODEL_ERROR"],
      [4, "MODEL_ERROR"],
    ]);
  });

  test("resolves whenIdle when nothing is queued or in flight, also on a replica that was removed", async () => {
    const { clock, batcher, submit } = fakeBatching();
    const replica = new FakeReplica("a");
    await batcher.whenIdle();
    batcher.addReplica(replica);
    submit(1);
    let idle = false;
    const whenIdle = batcher.whenIdle().then(() => (idle = true));
    await Promise.resolve();
    expect(idle).toBe(false);
    clock.endTurn();
    batcher.removeReplica("a");
    await Promise.resolve();
    expect(idle).toBe(false);
    replica.inFlight[0]?.echo();
    await whenIdle;
    expect(batcher.queuedRows).toBe(0);
  });

  test("tells the controller the time of service alone, without waits behind another batch", () => {
    const { clock, batcher, submit, samples } = fakeBatching({ maxBatchRows: 1 });
    const replica = new FakeReplica("a", 2);
    batcher.addReplica(replica);
    submit(1);
    submit(2);
    clock.endTurn();
    clock.advance(5);
    replica.inFlight[0]?.echo();
    clock.advance(7);
    replica.inFlight[0]?.echo();
    expect(samples).toEqual([
      { rows: 1, full: true, serviceMs: 5 },
      { rows: 1, full: true, serviceMs: 7 },
    ]);
  });

  test("refuses at once a row that the learned latency says would be late, and says when it may go better", async () => {
    const { clock, batcher, submit } = fakeBatching({ maxBatchRows: 1 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(0);
    clock.endTurn();
    clock.advance(20);
    replica.inFlight[0]?.echo();
    for (const number of [1, 2]) submit(number, 50);
    clock.endTurn();
    const outcomes: unknown[] = [];
    batcher.submit(rowQuery(rowOf(3), clock.nowMs() + 50), (outcome) => outcomes.push(outcome));
    expect(outcomes).toEqual([]);
    await Promise.resolve();
    expect(outcomes).toEqual([
      {
        kind: "failed",
        code: "OVERLOADED",
        message: "model m@1 would answer in 60.0 ms, 10.0 ms late",
        retryAfterMs: 10,
      },
    ]);
    expect(batcher.queuedRows).toBe(1);
  });

  test("gives a replica its next batch before it hands out the answers of the one before", () => {
    const { clock, batcher, settled, submit } = fakeBatching({ maxBatchRows: 1 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    for (const row of [0, 1]) submit(row);
    clock.endTurn();
    replica.inFlight[0]?.echo();
    expect(replica.log).toEqual([[0], [1]]);
    expect(settled).toEqual([]);
    clock.endTurn();
    expect(settled).toEqual([[0, 0]]);
    // Nothing waits: at once.
    replica.inFlight[0]?.echo();
    expect(settled).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  test("drops a row that even a batch of its own would answer too late, before it forms a batch", () => {
    const { clock, batcher, settled, submit } = fakeBatching({ maxBatchRows: 1 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(0);
    clock.endTurn();
    clock.advance(20);
    replica.inFlight[0]?.echo();
    submit(1, 100);
    clock.endTurn();
    submit(2, 45);
    submit(3, 200);
    clock.advance(30);
    replica.inFlight[0]?.echo();
    clock.endTurn();
    expect(replica.log).toEqual([[0], [1], [3]]);
    expect(settled).toEqual([
      [0, 0],
      [2, "DEADLINE_EXCEEDED"],
      [1, 1],
    ]);
  });

  test.each([
    ["before the rows of the last are settled", 2, [0]],
    ["at the turn's end, when fewer wait than half of what it has answered", 1, [4]],
  ])("a replica that replies gets its next batch %s", (_, waiting, expected) => {
    const { clock, batcher, settled, submit } = fakeBatching();
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    for (let number = 0; number < 4; number++) submit(number, 1000);
    clock.endTurn();
    for (let number = 4; number < 4 + waiting; number++) submit(number, 1000);
    const sentWithSettled: number[] = [];
    replica.onSend = () => sentWithSettled.push(settled.length);
    clock.advance(1);
    replica.inFlight[0]?.echo();
    clock.endTurn();
    expect(sentWithSettled).toEqual(expected);
  });

  test("refuses rows like one that it has just refused without looking at them, until a place may be free", async () => {
    const { clock, batcher, metrics, submit, settled } = fakeBatching({ maxQueueRows: 2 });
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    for (let number = 0; number < 3; number++) submit(number);
    const alike = (afterMs = 50, priority: "INTERACTIVE" | "BULK" = "INTERACTIVE") =>
      batcher.refuseAlike(rowQuery(rowOf(9), clock.nowMs() + afterMs, { priority }));
    expect(alike()).toMatchObject({ kind: "failed", code: "OVERLOADED" });
    expect(alike()).toBe(alike());
    expect([alike(49), alike(50, "BULK")]).toEqual([undefined, undefined]);
    await Promise.resolve();
    expect(settled).toEqual([[2, "OVERLOADED"]]);
    expect(metrics.failures.OVERLOADED).toBe(4);
    clock.endTurn();
    expect(alike()).toBeUndefined();
  });

  test("is not pinned by a slow first call: a lone row is tried whatever the model expects, and teaches it", async () => {
    const { clock, batcher, settled, submit } = fakeBatching();
    const replica = new FakeReplica("a");
    batcher.addReplica(replica);
    submit(0);
    clock.endTurn();
    clock.advance(150);
    replica.inFlight[0]?.echo();
    // Each alone: quick ones in a row tell the model that the first was not its latency.
    for (let number = 1; number <= 12; number++) {
      submit(number, 50);
      await Promise.resolve();
      clock.endTurn();
      clock.advance(2);
      replica.inFlight[0]?.echo();
    }
    expect(settled).toEqual(Array.from({ length: 13 }, (_, i) => [i, i]));
    for (let number = 13; number < 33; number++) submit(number, 50);
    await Promise.resolve();
    clock.endTurn();
    expect(replica.log.at(-1)).toHaveLength(20);
  });

  test("a row that comes alone goes to the replica that answers in time, though another is first", () => {
    const { clock, submit, slow, quick } = slowBesideQuick();
    const before = slow.batches.length;
    submit(1, 50);
    clock.endTurn();
    expect(slow.batches).toHaveLength(before);
    expect(quick.batches).toHaveLength(1);
  });

  test("tries a replica with one row after a second of rest, though another is quicker", () => {
    const { clock, submit, slow, quick } = slowBesideQuick();
    submit(1, 500);
    submit(2, 500);
    clock.endTurn();
    clock.advance(1);
    for (const sent of [...quick.inFlight]) sent.echo();
    clock.advance(99);
    for (const sent of [...slow.inFlight]) sent.echo();
    const before = slow.batches.length;
    for (const number of [3, 4]) submit(number, 50);
    clock.endTurn();
    expect(slow.batches).toHaveLength(before);
    for (const sent of [...quick.inFlight]) sent.echo();
    clock.advance(1000);
    for (const number of [5, 6]) submit(number, 50);
    clock.endTurn();
    expect(slow.batches).toHaveLength(before + 1);
  });
});

/** Two replicas with batches of one row, both idle: the first is known to take 100 ms. */
function slowBesideQuick() {
  const batching = fakeBatching({ maxBatchRows: 1 });
  const { clock, batcher, submit } = batching;
  const [slow, quick] = [new FakeReplica("slow"), new FakeReplica("quick")];
  batcher.addReplica(slow);
  submit(0, 500);
  clock.endTurn();
  clock.advance(100);
  slow.inFlight[0]?.echo();
  batcher.addReplica(quick);
  return { ...batching, slow, quick };
}
