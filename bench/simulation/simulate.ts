import { Batcher } from "../../src/batching/batcher.js";
import { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import type { NewController } from "../../src/batching/lane.js";
import { exponential, seededRandom } from "./seededRandom.js";
import { SimulatedReplica } from "./simulatedReplica.js";
import type { Service } from "./simulatedReplica.js";
import { VirtualClock } from "./virtualClock.js";

export interface Simulation {
  readonly seed: number;
  readonly newController: NewController;
  readonly replicas: readonly Service[];
  /** Milliseconds from arrival to deadline; a query draws one of them. */
  readonly sloMs: readonly number[];
  readonly ratePerSecond: number;
  readonly seconds: number;
  /** Not counted, at the beginning. */
  readonly warmUpSeconds: number;
  /** Things that happen on the way. */
  readonly events?: readonly { readonly atMs: number; readonly run: (replicas: readonly SimulatedReplica[]) => void }[];
}

export interface Outcome {
  /** Queries answered by a model within their deadline, per second of the counted time. */
  readonly goodPerSecond: number;
  readonly arrivedPerSecond: number;
  /** Answered, but too late. */
  readonly late: number;
  readonly refused: number;
  readonly dropped: number;
  /** Without an answer for another reason: no healthy replica, or one that ended. */
  readonly failed: number;
  /** Batches without a reply in time, and times that a replica was ejected. */
  readonly overdue: number;
  readonly ejected: number;
  readonly retried: number;
  /** Rows sent to each replica. */
  readonly rowsByReplica: readonly number[];
  /** Good answers' 99th percentile, in milliseconds. */
  readonly p99Ms: number;
  readonly meanBatchRows: number;
  /** Good answers in each tenth of a second, from the start. */
  readonly goodByTenth: readonly number[];
  /** What broke an invariant, if anything did. */
  readonly breach: string | undefined;
}

const DRAIN_MS = 60_000;

/** The real batcher under a virtual clock, with Poisson arrivals, its invariants checked after every event. */
export class Run {
  readonly #simulation: Simulation;
  readonly #clock = new VirtualClock();
  readonly #metrics = new BatcherMetrics();
  readonly #replicas: SimulatedReplica[];
  readonly #batcher: Batcher;
  readonly #settled: Uint8Array[] = [];
  readonly #goodByTenth: number[];
  #arrived = 0;
  #settledCount = 0;
  #good = 0;
  #late = 0;
  #refused = 0;
  #dropped = 0;
  #failed = 0;
  readonly #latenciesMs: number[] = [];
  #breach: string | undefined;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#goodByTenth = new Array<number>(Math.ceil(simulation.seconds * 10) + 1).fill(0);
    this.#replicas = simulation.replicas.map(
      (service, i) => new SimulatedReplica(`r${i}`, this.#clock, seededRandom(simulation.seed * 31 + i), service),
    );
    this.#batcher = new Batcher({
      clock: this.#clock,
      random: seededRandom(simulation.seed * 31 + 17),
      name: "simulated@1",
      newController: simulation.newController,
      metrics: this.#metrics,
      maxQueueRows: 4096,
      maxBatchBytes: 1 << 24,
    });
    for (const replica of this.#replicas) {
      this.#batcher.addReplica(replica);
      replica.onLeave = () => this.#batcher.removeReplica(replica.id);
      replica.onBack = () => this.#batcher.addReplica(replica);
    }
    this.#batcher.serviceBudgetMs = Math.min(...simulation.sloMs) / 2;
  }

  async run(): Promise<Outcome> {
    const { seconds, events, warmUpSeconds } = this.#simulation;
    const random = seededRandom(this.#simulation.seed);
    for (const { atMs, run } of events ?? []) this.#clock.at(atMs, () => run(this.#replicas));
    this.#scheduleArrival(random, 0);
    this.#clock.runUntil(seconds * 1000, () => this.#check());
    this.#clock.runUntil(seconds * 1000 + DRAIN_MS, () => this.#check());
    // Refusals settle in a microtask.
    await Promise.resolve();
    if (this.#settledCount !== this.#settled.length) {
      this.#breach ??= `${this.#settled.length} queries, ${this.#settledCount} settled`;
    }
    const counted = seconds - warmUpSeconds;
    return {
      goodPerSecond: this.#good / counted,
      arrivedPerSecond: this.#arrived / counted,
      late: this.#late,
      refused: this.#refused,
      dropped: this.#dropped,
      failed: this.#failed,
      overdue: this.#metrics.overdue,
      ejected: this.#metrics.ejected,
      retried: this.#metrics.retried,
      rowsByReplica: this.#replicas.map(({ rowsSent }) => rowsSent),
      p99Ms: this.#latenciesMs.sort((a, b) => a - b)[Math.floor(this.#latenciesMs.length * 0.99)] ?? 0,
      meanBatchRows: this.#metrics.rows / Math.max(1, this.#metrics.batches),
      goodByTenth: this.#goodByTenth,
      breach: this.#breach,
    };
  }

  #scheduleArrival(random: () => number, afterMs: number): void {
    const atMs = afterMs + (exponential(random) * 1000) / this.#simulation.ratePerSecond;
    if (atMs >= this.#simulation.seconds * 1000) return;
    this.#clock.at(atMs, () => {
      this.#arrive(random);
      this.#scheduleArrival(random, atMs);
    });
  }

  #arrive(random: () => number): void {
    const { sloMs, warmUpSeconds } = this.#simulation;
    const arrivalMs = this.#clock.nowMs();
    const deadlineMs = arrivalMs + (sloMs[Math.floor(random() * sloMs.length)] as number);
    const counted = arrivalMs >= warmUpSeconds * 1000;
    if (counted) this.#arrived += 1;
    const index = this.#settled.length;
    const row = new Uint8Array(new Uint32Array([index]).buffer);
    this.#settled.push(new Uint8Array(1));
    this.#batcher.submit({ row: [row], deadlineMs, priority: "INTERACTIVE" }, (outcome) => {
      const mark = this.#settled[index] as Uint8Array;
      if (mark[0] !== 0) this.#breach ??= `query ${index} settled twice`;
      mark[0] = 1;
      this.#settledCount += 1;
      if (outcome.kind === "output" && outcome.output[0] !== row)
        this.#breach ??= `query ${index} got another's answer`;
      if (counted) this.#count(outcome.kind === "output" ? "output" : outcome.code, arrivalMs, deadlineMs);
    });
  }

  #count(how: string, arrivalMs: number, deadlineMs: number): void {
    const nowMs = this.#clock.nowMs();
    if (how === "OVERLOADED") this.#refused += 1;
    else if (how === "DEADLINE_EXCEEDED") this.#dropped += 1;
    else if (how !== "output") this.#failed += 1;
    else if (nowMs > deadlineMs) this.#late += 1;
    else {
      this.#latenciesMs.push(nowMs - arrivalMs);
      this.#good += 1;
      const tenth = Math.floor(nowMs / 100);
      if (tenth < this.#goodByTenth.length) this.#goodByTenth[tenth] = (this.#goodByTenth[tenth] as number) + 1;
    }
  }

  #check(): void {
    if (this.#batcher.queuedRows > 4096) this.#breach ??= `${this.#batcher.queuedRows} rows in a queue of 4096`;
    const inFlight = this.#replicas.reduce((sum, replica) => sum + replica.rowsInFlight, 0);
    const { rows, answered } = this.#metrics;
    // Rows that were lost, or are with a second replica too, make it fewer answers.
    if (rows - answered < inFlight) this.#breach ??= `${rows} rows sent, ${inFlight} in flight, ${answered} answered`;
  }
}
