import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { VirtualClock } from "../../bench/simulation/virtualClock.js";
import { Batcher } from "../../src/batching/batcher.js";
import { NO_BATCH_LIMITS } from "../../src/batching/batchLimits.js";
import { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import { FixedSize } from "../../src/batching/fixed.js";
import { FakeReplica, numberOf, rowOf } from "./fakeReplica.js";
import { rowQuery } from "./rowQuery.js";

export interface MortalOptions {
  readonly replicas: number;
  readonly maxBatchRows?: number;
  readonly concurrency?: number;
  /** Numbers whose rows end a replica. */
  readonly poison?: readonly number[];
  readonly serviceMs?: number;
  /** From a replica's end until it is back. */
  readonly restartMs?: number;
}

/** A batcher in virtual time whose replicas answer after a while, or end with certain rows and come back. */
export function mortalReplicas(options: MortalOptions) {
  const { replicas, maxBatchRows = 64, concurrency = 1, serviceMs = 2, restartMs = 200 } = options;
  const poison = new Set(options.poison);
  const clock = new VirtualClock();
  const metrics = new BatcherMetrics();
  const batcher = new Batcher({
    clock,
    random: seededRandom(1),
    name: "m@1",
    newController: () => new FixedSize(maxBatchRows),
    metrics,
    maxQueueRows: 10_000,
    maxReplyBytes: 1e6,
    limits: NO_BATCH_LIMITS,
  });
  const live = new Map<string, FakeReplica>();
  /** Numbers of each batch with which a replica ended, and of each batch at all. */
  const ended: number[][] = [];
  const sent: number[][] = [];
  let fewestLive = replicas;
  const outcomes = new Map<number, string[]>();

  const start = (id: string): void => {
    const replica = new FakeReplica(id, concurrency);
    replica.onSend = (batch) => {
      sent.push([...batch.numbers]);
      clock.at(clock.nowMs() + serviceMs, () => {
        if (live.get(id) !== replica) return;
        if (batch.numbers.some((number) => poison.has(number))) end(id);
        else batch.echo();
      });
    };
    live.set(id, replica);
    batcher.addReplica(replica);
  };
  const end = (id: string): void => {
    const replica = live.get(id);
    if (replica === undefined) return;
    live.delete(id);
    fewestLive = Math.min(fewestLive, live.size);
    batcher.removeReplica(id);
    for (const batch of [...replica.inFlight]) {
      ended.push([...batch.numbers]);
      batch.end();
    }
    clock.at(clock.nowMs() + restartMs, () => start(id));
  };
  for (let i = 0; i < replicas; i++) start(`r${i}`);

  const submit = (number: number, afterMs = 5000): void => {
    const settled: string[] = outcomes.get(number) ?? [];
    outcomes.set(number, settled);
    batcher.submit(rowQuery(rowOf(number), clock.nowMs() + afterMs), (outcome) => {
      if (outcome.kind === "output" && numberOf(outcome.output) !== number) throw new Error("another's answer");
      settled.push(outcome.kind === "output" ? "answered" : outcome.code);
    });
  };
  /** Also what settles in microtasks. */
  const pass = async (ms: number): Promise<void> => {
    clock.runUntil(clock.nowMs() + ms);
    await Promise.resolve();
  };
  return { clock, metrics, batcher, live, ended, sent, outcomes, submit, end, pass, fewestLive: () => fewestLive };
}
