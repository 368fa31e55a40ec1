import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Batcher } from "../../src/batching/batcher.js";
import type { BatchLimits } from "../../src/batching/batchLimits.js";
import { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import { Aimd } from "../../src/batching/aimd.js";
import type { Priority } from "../../src/domain/application.js";
import type { PendingRow } from "../../src/domain/ports.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeReplica, numberOf, rowOf } from "../support/fakeReplica.js";
import type { SentBatch } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

const MAX_QUEUE_ROWS = 12;
const MAX_BATCH_ROWS = 5;
const MAX_BATCH_BYTES = 200;

const nat = fc.nat(50);
const limits = fc.record({
  maxBatchBytes: fc.constant(MAX_BATCH_BYTES),
  maxBatchDelayMs: fc.constantFrom<number | "AUTO">(0, 0, 1, 5, "AUTO"),
  prefetchMs: fc.constantFrom(0, 0, 3),
});
const event = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("submit" as const),
      at: nat,
      bytes: fc.constantFrom(4, 60, 300),
      priority: fc.constantFrom("INTERACTIVE" as const, "INTERACTIVE" as const, "BULK" as const),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("endTurn" as const), at: nat }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("echo" as const, "lose" as const, "end" as const), at: nat }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        "fail" as const,
        "short" as const,
        "extend" as const,
        "abandon" as const,
        "add" as const,
        "remove" as const,
        "advance" as const,
        "hang" as const,
      ),
      at: nat,
    }),
  },
);

interface Waiter {
  readonly number: number;
  readonly pending: PendingRow;
  latestMs: number;
  settled: number;
  abandoned: boolean;
}

/** A batcher with replicas that come and go, and what must hold after every event. */
class Simulation {
  readonly clock = new FakeClock();
  readonly metrics = new BatcherMetrics();
  readonly waiters: Waiter[] = [];
  readonly sentTo = new Map<number, string[]>();
  /** Rows that were with a replica that ended, or that somebody joined. */
  readonly again = new Set<number>();
  readonly live = new Map<string, FakeReplica>();
  readonly removed: FakeReplica[] = [];
  readonly #limits: BatchLimits;
  readonly batcher: Batcher;

  constructor(limits: BatchLimits) {
    this.#limits = limits;
    this.batcher = new Batcher({
      clock: this.clock,
      random: () => 0.5,
      name: "m@1",
      newController: () => new Aimd({ initialRows: 2, maxBatchRows: MAX_BATCH_ROWS }),
      metrics: this.metrics,
      maxQueueRows: MAX_QUEUE_ROWS,
      maxReplyBytes: 1e6,
      limits,
    });
  }

  submit(afterMs: number, bytes: number, priority: Priority = "INTERACTIVE"): void {
    const number = this.waiters.length;
    const latestMs = this.clock.nowMs() + afterMs;
    // Bulk rows have half of the queue.
    const mayBeOverloaded = this.batcher.queuedRows >= (priority === "BULK" ? MAX_QUEUE_ROWS / 2 : MAX_QUEUE_ROWS);
    const pending = this.batcher.submit(rowQuery(rowOf(number, bytes), latestMs, { priority }), (outcome) => {
      const waiter = this.waiters[number] as Waiter;
      waiter.settled += 1;
      expect(waiter.abandoned).toBe(false);
      if (outcome.kind === "output") expect(numberOf(outcome.output)).toBe(number);
      // Without a batch answered yet nothing is known of latencies, and only a full queue or a passed deadline refuse.
      else if (outcome.code === "OVERLOADED" && this.metrics.serviceMs.count === 0) expect(mayBeOverloaded).toBe(true);
      else if (outcome.code === "DEADLINE_EXCEEDED" && this.metrics.serviceMs.count === 0) {
        expect(this.clock.nowMs()).toBeGreaterThanOrEqual(waiter.latestMs);
      }
    });
    this.waiters.push({ number, pending, latestMs, settled: 0, abandoned: false });
  }

  add(at: number): void {
    const id = `r${at % 4}`;
    if (this.live.has(id)) return;
    const replica = new FakeReplica(id, 1 + (at % 2));
    replica.onSend = (sent) => this.check(replica, sent);
    this.live.set(id, replica);
    this.batcher.addReplica(replica);
  }

  remove(at: number): void {
    const id = `r${at % 4}`;
    const replica = this.live.get(id);
    if (replica === undefined) return;
    this.live.delete(id);
    this.removed.push(replica);
    this.batcher.removeReplica(id);
  }

  /** With it end all batches that its replica has. */
  end(sent: SentBatch): void {
    const replica = [...this.live.values(), ...this.removed].find(({ inFlight }) => inFlight.includes(sent));
    if (replica === undefined) return;
    if (this.live.get(replica.id) === replica) {
      this.live.delete(replica.id);
      this.removed.push(replica);
      this.batcher.removeReplica(replica.id);
    }
    for (const lost of [...replica.inFlight]) {
      for (const number of lost.numbers) this.again.add(number);
      lost.end();
    }
  }

  check(replica: FakeReplica, { rows, numbers }: SentBatch): void {
    const { overdue } = this.metrics;
    expect(replica.inFlight.length).toBeLessThanOrEqual(
      replica.concurrency + overdue + (this.#limits.prefetchMs > 0 ? 1 : 0),
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(MAX_BATCH_ROWS);
    const bytes = rows.reduce((sum, row) => sum + (row[0] as Uint8Array).length, 0);
    if (rows.length > 1) expect(bytes).toBeLessThanOrEqual(MAX_BATCH_BYTES);
    for (const number of numbers) {
      const waiter = this.waiters[number] as Waiter;
      expect(waiter).toMatchObject({ settled: 0, abandoned: false });
      expect(waiter.latestMs).toBeGreaterThan(this.clock.nowMs());
      const before = this.sentTo.get(number) ?? [];
      // Again, and at the same replica, only where one ended or somebody joined: then apart from the others.
      if (!this.again.has(number)) {
        expect(before).not.toContain(replica.id);
        expect(before.length).toBeLessThan(2);
      } else {
        expect(before.length).toBeLessThan(30);
      }
      this.sentTo.set(number, [...before, replica.id]);
    }
  }

  inFlight(): SentBatch[] {
    return [...this.live.values(), ...this.removed].flatMap((replica) => replica.inFlight);
  }

  async drain(): Promise<void> {
    const idle = this.batcher.whenIdle();
    while (
      this.inFlight().length > 0 ||
      this.clock.turnCallbacks > 0 ||
      (this.batcher.queuedRows > 0 && this.live.size > 0)
    ) {
      for (const sent of this.inFlight()) sent.echo();
      this.clock.endTurn();
      // Suspects wait for a replica that may be risked, at most until their deadline.
      if (this.inFlight().length === 0) this.clock.advance(100);
    }
    for (const id of [...this.live.keys()]) this.batcher.removeReplica(id);
    await idle;
    await Promise.resolve();
  }
}

function apply(simulation: Simulation, next: { do: string; at: number; bytes?: number; priority?: Priority }): void {
  const { clock, waiters, batcher } = simulation;
  const { at } = next;
  const flying = simulation.inFlight();
  const sent = flying[at % Math.max(1, flying.length)];
  const waiter = waiters[at % Math.max(1, waiters.length)];
  if (next.do === "submit") simulation.submit(at, next.bytes ?? 4, next.priority);
  else if (next.do === "endTurn") clock.endTurn();
  else if (next.do === "advance") clock.advance(at / 5);
  else if (next.do === "hang") {
    // Nobody replies for three deadlines on end.
    for (let i = 0; i < 3; i++) {
      simulation.submit(at, 4);
      clock.endTurn();
      clock.advance(51);
      clock.endTurn();
    }
  } else if (next.do === "add") simulation.add(at);
  else if (next.do === "remove") simulation.remove(at);
  else if (next.do === "echo") sent?.echo();
  else if (next.do === "lose") sent?.lose();
  else if (next.do === "end" && sent !== undefined) simulation.end(sent);
  else if (next.do === "fail") sent?.reply({ kind: "failed", code: "MODEL_ERROR", message: "threw" });
  else if (next.do === "short") sent?.reply({ kind: "rows", rows: [] });
  else if (waiter !== undefined && waiter.settled === 0 && !waiter.abandoned) {
    if (next.do === "extend") {
      waiter.latestMs = Math.max(waiter.latestMs, clock.nowMs() + at);
      simulation.again.add(waiter.number);
      waiter.pending.extend(rowQuery(rowOf(0), clock.nowMs() + at));
    } else {
      const before = batcher.queuedRows;
      waiter.abandoned = waiter.pending.abandon();
      expect(batcher.queuedRows).toBe(before - (waiter.abandoned ? 1 : 0));
    }
  }
}

describe("batcher under random events", () => {
  test("settles each row once, or never after it was abandoned, and keeps all of its bounds", async () => {
    const totals = { answered: 0, failed: 0, dropped: 0, retried: 0, overdue: 0, ejected: 0 };
    await fc.assert(
      fc.asyncProperty(limits, fc.array(event, { maxLength: 150, size: "max" }), async (drawn, events) => {
        const simulation = new Simulation(drawn);
        simulation.add(0);
        for (const next of events) {
          apply(simulation, next);
          await Promise.resolve();
          expect(simulation.waiters.find(({ settled, abandoned }) => settled > (abandoned ? 0 : 1))).toBeUndefined();
        }
        await simulation.drain();
        for (const { settled, abandoned } of simulation.waiters) expect(settled).toBe(abandoned ? 0 : 1);
        expect(simulation.batcher.queuedRows).toBe(0);
        for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += simulation.metrics[key];
      }),
      { numRuns: 300 },
    );
    // None of the ways out went untried.
    for (const [way, total] of Object.entries(totals)) expect([way, total > 20]).toEqual([way, true]);
  });
});
