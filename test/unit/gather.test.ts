import { describe, expect, test } from "@jest/globals";
import { Caller } from "../../src/lib/caller.js";
import { gather } from "../../src/serving/gather.js";
import type { Gathered } from "../../src/serving/gather.js";
import { FakeClock } from "../support/fakeClock.js";
import type { Member } from "../../src/serving/catalogue.js";
import { failedWith, FakeEvaluator, member, scores } from "../support/fakeServing.js";
import { rowQuery } from "../support/rowQuery.js";

const ROW = [new Uint8Array(8)];

function setUp(count: number, afterMs = 20) {
  const clock = new FakeClock();
  const evaluators = Array.from({ length: count }, () => new FakeEvaluator());
  const members = evaluators.map((evaluator, i) => member(`m${i}`, evaluator));
  const start = (caller?: Caller) => {
    let result: Gathered | undefined;
    const gathering = gather(clock, members, rowQuery(ROW, clock.nowMs() + afterMs), { caller });
    void Promise.resolve(gathering).then((gathered) => (result = gathered));
    return async () => {
      await Promise.resolve();
      return result;
    };
  };
  const evaluator = (i: number) => evaluators[i] as FakeEvaluator;
  return { clock, evaluator, start };
}

describe("gather", () => {
  test("asks each member for the row by the deadline, and resolves with the last answer, in the members' order", async () => {
    const { clock, evaluator, start } = setUp(2);
    const result = start();
    expect(evaluator(1).asked).toEqual([rowQuery(ROW, clock.nowMs() + 20)]);
    clock.advance(3);
    evaluator(1).settle(scores([0, 1]));
    expect(await result()).toBeUndefined();
    clock.advance(4);
    evaluator(0).settle(scores([1, 0], "CACHE"));
    expect(await result()).toEqual({
      present: [
        {
          model: "m0",
          version: 1,
          source: "CACHE",
          latencyMs: 7,
          output: { kind: "SCORES", scores: Float64Array.of(1, 0) },
        },
        {
          model: "m1",
          version: 1,
          source: "MODEL",
          latencyMs: 3,
          output: { kind: "SCORES", scores: Float64Array.of(0, 1) },
        },
      ],
      missing: [],
    });
    expect(clock.alarms).toBe(0);
  });

  test("answers at once, without a promise or an alarm, where each member does", () => {
    const clock = new FakeClock();
    const known = new FakeEvaluator();
    known.atOnce = scores([1, 0], "CACHE");
    const query = rowQuery(ROW, clock.nowMs() + 20);
    const gathered = gather(clock, [member("m0", known), member("m1", known)], query, undefined);
    expect(gathered).toMatchObject({ present: [{ model: "m0" }, { model: "m1" }], missing: [] });
    expect(clock.alarms).toBe(0);
  });

  test("resolves at the deadline with those that have answered, and calls off the others", async () => {
    const { clock, evaluator, start } = setUp(3);
    const result = start();
    evaluator(1).settle(scores([0, 1]));
    evaluator(2).settle(failedWith("OVERLOADED"));
    clock.advance(19.9);
    expect(await result()).toBeUndefined();
    clock.advance(0.1);
    expect(await result()).toMatchObject({
      present: [{ model: "m1" }],
      missing: [
        { model: "m0", version: 1, code: "DEADLINE_EXCEEDED", message: "model m0@1 had not answered by the deadline" },
        { model: "m2", version: 1, code: "OVERLOADED", message: "it is OVERLOADED" },
      ],
    });
    expect([0, 1, 2].map((i) => evaluator(i).cancelled)).toEqual([1, 0, 0]);
  });

  test("calls off those that are outstanding when the caller leaves, once, and at once if that was before", async () => {
    const { clock, evaluator, start } = setUp(2);
    const caller = new Caller();
    const result = start(caller);
    evaluator(0).settle(scores([1, 0]));
    caller.leave();
    caller.leave();
    const { present = [], missing = [] } = (await result()) ?? {};
    expect([present.length, missing.length]).toEqual([1, 1]);
    expect([evaluator(0).cancelled, evaluator(1).cancelled]).toEqual([0, 1]);
    expect(clock.alarms).toBe(0);
    expect(await start(caller)()).toMatchObject({ present: [] });
    expect([evaluator(0).cancelled, evaluator(1).cancelled]).toEqual([1, 2]);
  });

  test("has nothing to call off when the caller leaves after the answer, or after the deadline", async () => {
    const { clock, evaluator, start } = setUp(1);
    const caller = new Caller();
    const answered = start(caller);
    evaluator(0).settle(scores([1, 0]));
    expect(await answered()).toMatchObject({ missing: [] });
    const late = start(caller);
    clock.advance(1000);
    expect(await late()).toMatchObject({ present: [] });
    caller.leave();
    expect(evaluator(0).cancelled).toBe(1);
  });

  test("ignores an answer after the deadline", async () => {
    const { clock, evaluator, start } = setUp(1);
    const result = start();
    clock.advance(20);
    const before = await result();
    evaluator(0).settle(scores([1, 0]));
    expect(await result()).toBe(before);
    expect(before).toMatchObject({ present: [], missing: [{ code: "DEADLINE_EXCEEDED" }] });
  });

  test("counts an answer as late that comes after the deadline while the alarm is still held up", async () => {
    const clock = new FakeClock();
    let heldUpMs = 0;
    const late = Object.assign(Object.create(clock) as FakeClock, { nowMs: () => clock.nowMs() + heldUpMs });
    const evaluators = [new FakeEvaluator(), new FakeEvaluator()];
    const members = evaluators.map((evaluator, i) => member(`m${i}`, evaluator));
    late.at = (atMs, callback) => clock.at(atMs, callback);
    const gathered = gather(late, members, rowQuery(ROW, clock.nowMs() + 20));
    heldUpMs = 20;
    evaluators[0]?.settle(scores([1, 0]));
    heldUpMs = 20.5;
    evaluators[1]?.settle(scores([1, 0]));
    expect(await gathered).toMatchObject({
      present: [{ model: "m0" }],
      missing: [{ model: "m1", code: "DEADLINE_EXCEEDED" }],
    });
  });

  test("resolves as soon as all have failed, long before the deadline", async () => {
    const { clock, evaluator, start } = setUp(2);
    const result = start();
    evaluator(0).settle(failedWith("MODEL_ERROR"));
    evaluator(1).settle(failedWith("NO_REPLICA"));
    expect(await result()).toMatchObject({ present: [], missing: [{ code: "MODEL_ERROR" }, { code: "NO_REPLICA" }] });
    expect(clock.alarms).toBe(0);
  });

  test("takes answers that come before evaluate returns, and sets no alarm when all do", async () => {
    const { clock, evaluator, start } = setUp(2);
    evaluator(0).atOnce = scores([1, 0], "CACHE");
    const waiting = start();
    expect(clock.alarms).toBe(1);
    evaluator(1).settle(scores([1, 0]));
    expect(await waiting()).toMatchObject({ present: [{ source: "CACHE" }, { source: "MODEL" }] });
    evaluator(1).atOnce = failedWith("NO_REPLICA");
    const atOnce = start();
    expect(clock.alarms).toBe(0);
    expect(await atOnce()).toMatchObject({ present: [{ model: "m0" }], missing: [{ model: "m1" }] });
  });

  test("resolves at once without members", async () => {
    const { clock, start } = setUp(0);
    expect(await start()()).toEqual({ present: [], missing: [] });
    expect(clock.alarms).toBe(0);
  });

  test("counts a member whose answer cannot be read as missing with MODEL_BAD_OUTPUT", async () => {
    const clock = new FakeClock();
    const evaluator = new FakeEvaluator();
    evaluator.atOnce = scores([1, 0]);
    const unreadable = { ...member("m", evaluator), read: () => undefined };
    expect(await gather(clock, [unreadable], rowQuery(ROW, clock.nowMs() + 5))).toMatchObject({
      present: [],
      missing: [{ model: "m", version: 1, code: "MODEL_BAD_OUTPUT" }],
    });
  });

  test("says what scores must be to a model that answers with others", async () => {
    const { evaluator, start } = setUp(2);
    const result = start();
    evaluator(0).settle(scores([12.5, -3]));
    evaluator(1).settle(scores([0.25, 0.75]));
    const message = expect.stringContaining("scores must be probabilities: at least 0, summing to 1") as unknown;
    expect(await result()).toMatchObject({
      present: [{ model: "m1" }],
      missing: [{ model: "m0", code: "MODEL_BAD_OUTPUT", message }],
    });
  });

  /** Asks `members` for a row in 20 ms, of which nobody is late in the first two, and everybody after ten. */
  function straggling(clock: FakeClock, members: readonly Member[], enough: number) {
    const nowMs = clock.nowMs();
    const asked: number[] = [];
    const decided = (present: readonly unknown[]) => asked.push(present.length) > 0 && present.length >= enough;
    let result: Gathered | undefined;
    const gathering = gather(clock, members, rowQuery(ROW, nowMs + 20), {
      straggling: { earliestMs: nowMs + 2, latestMs: nowMs + 10, decided },
    });
    void Promise.resolve(gathering).then((gathered) => (result = gathered));
    return { asked, result: () => result };
  }

  test("leaves who is later than usual as soon as it cannot change the answer", async () => {
    const clock = new FakeClock();
    const evaluators = [new FakeEvaluator(), new FakeEvaluator(), new FakeEvaluator()];
    const members = evaluators.map((evaluator, i) => member(`m${i}`, evaluator));
    // The second usually takes 1 ms, the third 2: they are late after 3 and 6.
    for (let i = 0; i < 32; i++) [1, 1, 2].forEach((ms, m) => members[m]?.usual.answered(ms));
    const { asked, result } = straggling(clock, members, 2);
    evaluators[0]?.settle(scores([1, 0]));
    evaluators[1]?.settle(scores([1, 0]));
    clock.advance(5);
    await Promise.resolve();
    expect([asked, result()]).toEqual([[], undefined]);
    clock.advance(1);
    await Promise.resolve();
    expect(asked).toEqual([2]);
    expect(result()?.missing).toMatchObject([{ model: "m2", message: expect.stringContaining("could not change") }]);
    expect([evaluators[2]?.cancelled, clock.alarms]).toEqual([1, 0]);
  });

  test("waits again for a member that has become slower for good", () => {
    const clock = new FakeClock();
    const fast = new FakeEvaluator();
    const members = [member("fast", fast), member("slow", new FakeEvaluator())];
    for (let i = 0; i < 32; i++) members[1]?.usual.answered(1);
    expect(members[1]?.usual.lateAfterMs).toBe(3);
    for (let query = 0; query < 24; query++) {
      straggling(clock, members, 1);
      fast.settle(scores([1, 0]));
      clock.advance(20);
    }
    expect(members[1]?.usual.lateAfterMs).toBe(Infinity);
  });

  test("leaves stragglers from its moment on as soon as they cannot change the answer, and calls them off", async () => {
    const clock = new FakeClock();
    const evaluators = [new FakeEvaluator(), new FakeEvaluator(), new FakeEvaluator()];
    const members = evaluators.map((evaluator, i) => member(`m${i}`, evaluator));
    const { asked, result } = straggling(clock, members, 2);
    evaluators[0]?.settle(scores([1, 0]));
    clock.advance(9);
    expect(asked).toEqual([]);
    clock.advance(1);
    expect(asked).toEqual([1]);
    evaluators[1]?.settle(scores([1, 0]));
    await Promise.resolve();
    expect(asked).toEqual([1, 2]);
    expect(result()?.present.map(({ model }) => model)).toEqual(["m0", "m1"]);
    expect(result()?.missing).toMatchObject([{ model: "m2", message: expect.stringContaining("could not change") }]);
    expect([evaluators[2]?.cancelled, clock.alarms]).toEqual([1, 0]);
  });
});
