import { Batcher } from "../../src/batching/batcher.js";
import { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import { NO_BATCH_LIMITS } from "../../src/batching/batchLimits.js";
import type { BatchLimits } from "../../src/batching/batchLimits.js";
import type { NewController } from "../../src/batching/lane.js";
import type { Priority } from "../../src/domain/application.js";
import type { Random } from "../../src/domain/ports.js";
import { Invariants, MAX_QUEUE_ROWS } from "./invariants.js";
import { exponential, seededRandom } from "./seededRandom.js";
import { SimulatedReplica } from "./simulatedReplica.js";
import type { Service } from "./simulatedReplica.js";
import { Tally } from "./tally.js";
import type { Counts } from "./tally.js";
import { VirtualClock } from "./virtualClock.js";

export interface Simulation {
  readonly seed: number;
  readonly newController: NewController;
  /** Default: none. */
  readonly limits?: Partial<BatchLimits>;
  readonly maxBatchRows?: number;
  /** Rows of four bytes in a reply. Default: any. */
  readonly maxReplyRows?: number;
  readonly replicas: readonly Service[];
  /** Milliseconds from arrival to deadline; a query draws one of them. */
  readonly sloMs: readonly number[];
  readonly ratePerSecond: number;
  /** Queries come so many at a time, spread over so many milliseconds. Default: one by one. */
  readonly burst?: { readonly queries: number; readonly overMs: number };
  /** Bulk queries beside the interactive ones. Default: none. */
  readonly bulk?: { readonly ratePerSecond: number; readonly deadlineMs: number };
  readonly seconds: number;
  /** Not counted, at the beginning. */
  readonly warmUpSeconds: number;
  /** Things that happen on the way. */
  readonly events?: readonly { readonly atMs: number; readonly run: (replicas: readonly SimulatedReplica[]) => void }[];
}

/** Of the interactive queries, and beside them of the bulk ones. */
export interface Outcome extends Counts {
  /** Queries answered by a model within their deadline, per second of the counted time. */
  readonly goodPerSecond: number;
  readonly arrivedPerSecond: number;
  readonly bulk: Counts;
  /** Batches without a reply in time, and times that a replica was ejected. */
  readonly overdue: number;
  readonly ejected: number;
  readonly retried: number;
  readonly dispatches: Readonly<Record<string, number>>;
  /** Rows sent to each replica. */
  readonly rowsByReplica: readonly number[];
  readonly meanBatchRows: number;
  /** Share of the whole time that replicas computed. */
  readonly busyShare: number;
  readonly waits: boolean;
  /** What broke an invariant, if anything did. */
  readonly breach: string | undefined;
}

const DRAIN_MS = 60_000;
const STEP_MS = 100;

/** The real batcher under a virtual clock, with Poisson arrivals, its invariants checked after every event. */
export class Run {
  readonly #simulation: Simulation;
  readonly #clock = new VirtualClock();
  readonly #metrics = new BatcherMetrics();
  readonly #replicas: SimulatedReplica[];
  readonly #batcher: Batcher;
  readonly #invariants: Invariants;
  #submitted = 0;
  readonly #tallies: Readonly<Record<Priority, Tally>>;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    const { seed, seconds, warmUpSeconds, newController, limits, maxReplyRows = Infinity } = simulation;
    const tally = (): Tally => new Tally(warmUpSeconds * 1000, seconds);
    this.#tallies = { INTERACTIVE: tally(), BULK: tally() };
    this.#replicas = simulation.replicas.map(
      (service, i) => new SimulatedReplica(`r${i}`, this.#clock, seededRandom(seed * 31 + i), service),
    );
    this.#batcher = new Batcher({
      clock: this.#clock,
      random: seededRandom(seed * 31 + 17),
      name: "simulated@1",
      newController,
      metrics: this.#metrics,
      maxQueueRows: MAX_QUEUE_ROWS,
      maxReplyBytes: 4 * maxReplyRows,
      limits: { ...NO_BATCH_LIMITS, ...limits },
    });
    this.#invariants = new Invariants({
      batcher: this.#batcher,
      metrics: this.#metrics,
      replicas: this.#replicas,
      maxBatchRows: Math.min(simulation.maxBatchRows ?? 256, maxReplyRows),
    });
    for (const replica of this.#replicas) this.#connect(replica);
    const budgetMs = Math.min(...simulation.sloMs) / 2;
    this.#batcher.serviceBudget = () => budgetMs;
  }

  async run(): Promise<Outcome> {
    const { seconds, events, seed, ratePerSecond, bulk } = this.#simulation;
    for (const { atMs, run } of events ?? []) this.#clock.at(atMs, () => run(this.#replicas));
    this.#schedule(seededRandom(seed), ratePerSecond, 0, (random) => this.#arrive(random));
    if (bulk !== undefined) {
      const arrive = (): void => this.#submit("BULK", bulk.deadlineMs);
      this.#schedule(seededRandom(seed * 31 + 23), bulk.ratePerSecond, 0, arrive);
    }
    const endMs = seconds * 1000 + DRAIN_MS;
    while (this.#clock.nowMs() < endMs) {
      this.#clock.runUntil(Math.min(endMs, this.#clock.nowMs() + STEP_MS), () => this.#invariants.check());
      // Refusals settle in a microtask.
      await Promise.resolve();
    }
    this.#invariants.atEnd();
    return this.#outcome();
  }

  #connect(replica: SimulatedReplica): void {
    this.#batcher.addReplica(replica);
    replica.onSend = (batch) => this.#invariants.sent(batch);
    replica.onReply = () => this.#invariants.replied();
    replica.onLeave = () => {
      this.#invariants.replied();
      this.#batcher.removeReplica(replica.id);
    };
    replica.onBack = () => this.#batcher.addReplica(replica);
  }

  #schedule(random: Random, ratePerSecond: number, afterMs: number, arrive: (random: Random) => void): void {
    const atMs = afterMs + (exponential(random) * 1000) / ratePerSecond;
    if (atMs >= this.#simulation.seconds * 1000) return;
    this.#clock.at(atMs, () => {
      arrive(random);
      this.#schedule(random, ratePerSecond, atMs, arrive);
    });
  }

  #arrive(random: Random): void {
    const { sloMs, burst } = this.#simulation;
    const drawMs = (): number => sloMs[Math.floor(random() * sloMs.length)] as number;
    if (burst === undefined) return this.#submit("INTERACTIVE", drawMs());
    for (let i = 0; i < burst.queries; i++) {
      const atMs = this.#clock.nowMs() + random() * burst.overMs;
      this.#clock.at(atMs, () => this.#submit("INTERACTIVE", drawMs()));
    }
  }

  #submit(priority: Priority, withinMs: number): void {
    const arrivalMs = this.#clock.nowMs();
    const deadlineMs = arrivalMs + withinMs;
    const tally = this.#tallies[priority];
    tally.arrived(arrivalMs);
    const row = [new Uint8Array(new Uint32Array([this.#submitted++]).buffer)];
    const query = this.#invariants.submitted(row, priority);
    this.#batcher.submit({ row, deadlineMs, priority }, (outcome) => {
      this.#invariants.settled(query, outcome);
      tally.settled(outcome, arrivalMs, deadlineMs, this.#clock.nowMs());
    });
  }

  #outcome(): Outcome {
    const { seconds, warmUpSeconds } = this.#simulation;
    const { overdue, ejected, retried, dispatches, rows, batches } = this.#metrics;
    const counted = seconds - warmUpSeconds;
    const interactive = this.#tallies.INTERACTIVE.counts;
    const busyMs = this.#replicas.reduce((sum, replica) => sum + replica.busyMs, 0);
    return {
      ...interactive,
      goodPerSecond: interactive.good / counted,
      arrivedPerSecond: interactive.arrived / counted,
      bulk: this.#tallies.BULK.counts,
      overdue,
      ejected,
      retried,
      dispatches,
      rowsByReplica: this.#replicas.map(({ rowsSent }) => rowsSent),
      meanBatchRows: rows / Math.max(1, batches),
      busyShare: busyMs / (seconds * 1000 * this.#replicas.length),
      waits: this.#batcher.fillWait.waits,
      breach: this.#invariants.breach,
    };
  }
}
