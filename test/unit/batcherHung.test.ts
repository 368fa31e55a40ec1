import { describe, expect, test } from "@jest/globals";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica, numberOf, rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

describe("batcher with replicas that do not reply", () => {
  function replicas(...ids: string[]) {
    const batching = fakeBatching({ maxBatchRows: 4 });
    const all = ids.map((id) => new FakeReplica(id));
    for (const replica of all) batching.batcher.addReplica(replica);
    const { clock, submit, batcher } = batching;
    const turns = (): void => {
      for (let i = 0; i < 3; i++) clock.endTurn();
    };
    /** Time passes, and what fell due in it is done. */
    const pass = (ms: number): void => {
      clock.advance(ms);
      turns();
    };
    /** All replicas are known to take 2 ms a batch. */
    const warm = (): void => {
      for (let i = 0; i < 3; i++) {
        all.forEach((_, at) => {
          submit(1000 + at, 1000);
          clock.endTurn();
        });
        clock.advance(2);
        for (const replica of all) replica.inFlight[0]?.echo();
        turns();
      }
      batching.settled.length = 0;
      for (const replica of all) replica.batches.length = 0;
    };
    const problemOf = (id: string) => batcher.controllers.find(({ replica }) => replica === id)?.problem;
    /** Three batches in a row, each past its time. */
    const hang = (): void => {
      for (const number of [-1, -2, -3]) {
        submit(number, 20);
        clock.endTurn();
        pass(21);
      }
    };
    return { ...batching, all, turns, pass, warm, hang, problemOf };
  }

  test("tries an overdue batch's rows once more on another replica, and settles each with the first answer", () => {
    const { all, submit, clock, pass, settled, warm, metrics } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    submit(1, 100);
    submit(2, 100);
    clock.endTurn();
    expect(a.log).toEqual([[1, 2]]);
    pass(19);
    expect(b.log).toEqual([]);
    pass(1);
    expect(b.log).toEqual([[1, 2]]);
    // Overdue there too: no third try.
    pass(20);
    expect([a.log, b.log]).toEqual([[[1, 2]], [[1, 2]]]);
    b.inFlight[0]?.echo();
    a.inFlight[0]?.echo();
    expect(settled).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(metrics).toMatchObject({ overdue: 2, retried: 2 });
  });

  test("settles a row that waits for its second try with the late answer of the first, and sends it no more", () => {
    const { all, submit, clock, settled, warm, pass } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    submit(1, 100);
    clock.endTurn();
    clock.advance(15);
    submit(2, 100);
    clock.endTurn();
    pass(5);
    a.inFlight[0]?.echo();
    b.inFlight[0]?.echo();
    pass(1);
    expect(settled).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect([a.log, b.log]).toEqual([[[1]], [[2]]]);
  });

  test("settles a row with an answer that comes in the very turn in which it is given up, instead of trying it elsewhere", () => {
    const { all, submit, clock, settled, warm, turns } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    submit(1, 100);
    clock.endTurn();
    clock.advance(20);
    clock.endTurn();
    a.inFlight[0]?.echo();
    turns();
    expect(settled).toEqual([[1, 1]]);
    expect([a.log, b.log]).toEqual([[[1]], []]);
  });

  test("leaves a row with its overdue batch when no other replica could answer it in time", () => {
    const { all, submit, clock, settled, warm, pass } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    submit(1, 21);
    clock.endTurn();
    pass(20);
    expect(b.log).toEqual([]);
    pass(50);
    expect(settled).toEqual([]);
    a.inFlight[0]?.echo();
    expect(settled).toEqual([[1, 1]]);
  });

  test("waits for a replica that nothing is known of until the latest deadline of the batch's rows", () => {
    const { all, submit, clock, pass, metrics } = replicas("a");
    submit(1, 30);
    submit(2, 500);
    clock.endTurn();
    pass(499);
    expect(metrics.overdue).toBe(0);
    pass(1);
    expect(metrics.overdue).toBe(1);
    expect(all[0]?.inFlight).toHaveLength(1);
  });

  test("waits for the only healthy replica as long, whatever is known of it: its rows have nowhere else to go", () => {
    const { submit, clock, pass, warm, metrics, hang, batcher } = replicas("a", "b");
    warm();
    batcher.removeReplica("b");
    submit(1, 500);
    clock.endTurn();
    pass(499);
    expect(metrics.overdue).toBe(0);
    pass(1);
    expect(metrics.overdue).toBe(1);
    hang();
    expect(metrics.overdue).toBeGreaterThan(2);
  });

  test("does not count a reply as late that came while this process was busy", () => {
    const { all, submit, clock, warm, turns, metrics } = replicas("a");
    warm();
    submit(1, 100);
    clock.endTurn();
    clock.advance(120);
    all[0]?.inFlight[0]?.echo();
    turns();
    expect(metrics.overdue).toBe(0);
  });

  test("lets who joins a row that hangs have a try of their own", () => {
    const { all, submit, clock, settled, warm, pass } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    const pending = submit(1, 15);
    clock.endTurn();
    pass(15);
    expect([a.log, b.log]).toEqual([[[1]], []]);
    pending.extend(rowQuery(rowOf(1), clock.nowMs() + 50));
    pass(0);
    expect(b.log).toEqual([[1]]);
    b.inFlight[0]?.echo();
    expect(settled).toEqual([[1, 1]]);
  });

  test("ejects a replica after three overdue batches in a row, and serves on with the others", () => {
    const { all, submit, clock, pass, problemOf, warm, settled, metrics } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    for (let number = 1; number <= 6; number++) {
      submit(number, 100);
      clock.endTurn();
      for (const sent of [...b.inFlight]) sent.echo();
      pass(20);
      for (const sent of [...b.inFlight]) sent.echo();
      pass(0);
    }
    expect(a.log).toEqual([[1], [2], [3]]);
    expect(problemOf("a")).toBe("3 batches in a row had no reply in time; one row will try it");
    expect(problemOf("b")).toBeUndefined();
    expect(metrics.ejected).toBe(1);
    expect(settled.map(([, how]) => how)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("does not eject a replica that replies in between, however late", () => {
    const { all, submit, clock, pass, problemOf, warm, metrics } = replicas("a");
    const [a] = all as [FakeReplica];
    warm();
    for (let number = 1; number <= 8; number++) {
      submit(number, 20);
      clock.endTurn();
      pass(21);
      if (number % 2 === 0) a.inFlight[0]?.echo();
    }
    expect(metrics.overdue).toBeGreaterThanOrEqual(5);
    expect(problemOf("a")).toBeUndefined();
  });

  test("gives an ejected replica single rows, ever more seldom, until any reply of it makes it healthy", async () => {
    const { all, submit, clock, pass, hang, problemOf, warm } = replicas("a");
    const [a] = all as [FakeReplica];
    warm();
    hang();
    expect(problemOf("a")).toMatch(/one row will try it$/);
    const probedAtMs: number[] = [];
    const sinceMs = clock.nowMs();
    for (let number = 0; number < 1500; number++) {
      const before = a.log.length;
      for (const more of [0, 0.1, 0.2]) submit(number + more, 100);
      await Promise.resolve();
      pass(10);
      if (a.log.length > before) probedAtMs.push(clock.nowMs() - sinceMs);
    }
    for (const numbers of a.log.slice(3)) expect(numbers).toHaveLength(1);
    const gaps = probedAtMs.slice(1).map((atMs, i) => atMs - (probedAtMs[i] as number));
    expect(gaps.length).toBeGreaterThan(5);
    expect(gaps.length).toBeLessThan(12);
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]).toBeGreaterThanOrEqual((gaps[i - 1] as number) * 0.9);
    expect(Math.max(...gaps)).toBeLessThan(5000 + 100);
    // The very first batch replies at last.
    a.inFlight[0]?.echo();
    expect(problemOf("a")).toBeUndefined();
    submit(1, 100);
    submit(2, 100);
    pass(0);
    expect(a.log.at(-1)).toHaveLength(2);
  });

  test("refuses at once what no probe can take while all replicas are ejected, and says when the next one is", async () => {
    const { all, batcher, submit, clock, pass, hang, settled, warm } = replicas("a");
    warm();
    hang();
    const outcomes: unknown[] = [];
    submit(1, 500);
    batcher.submit(rowQuery(rowOf(2), clock.nowMs() + 500), (outcome) => outcomes.push(outcome));
    submit(3, 10);
    await Promise.resolve();
    expect(settled.at(-1)).toEqual([3, "NO_REPLICA"]);
    expect(outcomes).toEqual([
      {
        kind: "failed",
        code: "NO_REPLICA",
        message: expect.stringMatching(
          /^model m@1: its only replica is ejected after batches without a reply; the next try is in \d+ ms$/,
        ),
        retryAfterMs: expect.any(Number),
      },
    ]);
    expect(batcher.queuedRows).toBe(1);
    pass(100);
    expect(all[0]?.log.at(-1)).toEqual([1]);
  });

  test("refuses the queue when its last healthy replica is ejected, but for the row that will be a probe", () => {
    const { submit, clock, pass, settled, warm, batcher, all } = replicas("a");
    warm();
    for (let number = 0; number < 20; number++) submit(number, number < 12 ? 30 * (1 + (number >> 2)) : 500);
    clock.endTurn();
    for (let i = 0; i < 2; i++) pass(30);
    expect([batcher.queuedRows, settled]).toEqual([8, []]);
    pass(30);
    expect(settled).toEqual([13, 14, 15, 16, 17, 18, 19].map((number) => [number, "NO_REPLICA"]));
    pass(50);
    expect(all[0]?.log.at(-1)).toEqual([12]);
    expect(batcher.queuedRows).toBe(0);
  });

  test("does not eject a replica for rows that had too little time for any reply", () => {
    const { submit, clock, pass, settled, batcher, all } = replicas("a");
    for (let number = 0; number < 6; number++) {
      submit(number, 2);
      clock.endTurn();
      pass(2);
    }
    expect(all[0]?.inFlight).toHaveLength(6);
    submit(9, 1000);
    pass(40);
    expect(settled.filter(([number]) => number === 9)).toEqual([]);
    expect(batcher.controllers).toMatchObject([{ problem: undefined }]);
    for (const sent of [...(all[0]?.inFlight ?? [])]) sent.echo();
    expect(settled).toContainEqual([9, 9]);
  });

  test("ejects a replica for such rows too, when it has been silent for longer than a pause", () => {
    const { submit, clock, pass, warm, batcher, all } = replicas("a");
    warm();
    for (let number = 0; number < 4; number++) {
      submit(number, 6);
      clock.endTurn();
      pass(6);
    }
    expect(all[0]?.inFlight).toHaveLength(4);
    const problems = () => batcher.controllers.map(({ problem }) => problem);
    expect(problems()).toEqual([undefined]);
    pass(20);
    expect(problems()).toEqual([expect.stringContaining("no reply in time")]);
  });

  test("spends at most ten retries beyond a tenth of the batches that were answered", () => {
    const { all, submit, clock, pass, warm, metrics } = replicas("a", "b");
    const [a, b] = all as [FakeReplica, FakeReplica];
    warm();
    for (let number = 0; number < 300; number++) {
      submit(number, 100);
      clock.endTurn();
      // Whoever has it first refuses it, the other answers.
      const [sent] = [...a.inFlight, ...b.inFlight];
      sent?.lose();
      pass(1);
      for (const again of [...a.inFlight, ...b.inFlight]) again.echo();
    }
    // Ten at first, then a tenth of a token for each that was answered: a ninth of the retries.
    expect(metrics.retried).toBeGreaterThanOrEqual(10);
    expect(metrics.retried).toBeLessThanOrEqual(12);
    expect(metrics.retriesRefused).toBe(300 - metrics.retried);
  });

  test("is idle when late batches have replied", async () => {
    const { all, batcher, hang, warm } = replicas("a");
    warm();
    hang();
    let idle = false;
    const whenIdle = batcher.whenIdle().then(() => (idle = true));
    await Promise.resolve();
    expect(idle).toBe(false);
    for (const sent of [...(all[0]?.inFlight ?? [])]) {
      expect(sent.rows.map(numberOf)).toEqual([...sent.numbers]);
      sent.echo();
    }
    await whenIdle;
  });
});
