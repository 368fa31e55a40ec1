import type { Batcher } from "../../src/batching/batcher.js";
import type { BatcherMetrics } from "../../src/batching/batcherMetrics.js";
import type { Priority } from "../../src/domain/application.js";
import type { Batch, RowOutcome } from "../../src/domain/ports.js";
import type { Row } from "../../src/domain/tensor.js";
import type { SimulatedReplica } from "./simulatedReplica.js";

export const MAX_QUEUE_ROWS = 4096;

export interface Query {
  readonly row: Row;
  readonly index: number;
  readonly priority: Priority;
  settled: boolean;
  sent: boolean;
  /** Batches with bulk rows that ran when it came or went before it while it waited. */
  delays: number;
}

export interface Checked {
  readonly batcher: Batcher;
  readonly metrics: BatcherMetrics;
  readonly replicas: readonly SimulatedReplica[];
  readonly maxBatchRows: number;
}

/**
 * What must hold after every event: each query is settled exactly once and with its own answer, queue and batches keep
 * their bounds, the rows in flight are the sum of what the replicas have, and where there is one replica no interactive
 * query is delayed by more than one batch with bulk rows. `breach` says what did not, first.
 */
export class Invariants {
  readonly #checked: Checked;
  /** Not settled yet. */
  readonly #byRow = new Map<Row, Query>();
  readonly #waiting = new Set<Query>();
  #submitted = 0;
  /** How many batches had been overdue when the last one with bulk rows was sent, while that runs. */
  #bulkSentAt: number | undefined;
  breach: string | undefined;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  submitted(row: Row, priority: Priority): Query {
    const index = this.#submitted++;
    const query = { row, index, priority, settled: false, sent: false, delays: this.#bulkRuns() ? 1 : 0 };
    this.#byRow.set(row, query);
    if (priority === "INTERACTIVE") this.#waiting.add(query);
    return query;
  }

  settled(query: Query, outcome: RowOutcome): void {
    const { index } = query;
    // What is refused on arrival says so in a microtask only, and has not waited.
    if (outcome.kind === "failed" && outcome.code !== "DEADLINE_EXCEEDED") this.#waiting.delete(query);
    else this.#left(query);
    if (query.settled) this.#broken(`query ${index} settled twice`);
    query.settled = true;
    this.#byRow.delete(query.row);
    if (outcome.kind === "output" && outcome.output !== query.row) this.#broken(`query ${index} got another's answer`);
  }

  sent({ rows }: Batch): void {
    if (rows.length > this.#checked.maxBatchRows) this.#broken(`a batch of ${rows.length} rows`);
    let bulk = 0;
    let isFirst = true;
    for (const row of rows) {
      const query = this.#byRow.get(row);
      if (query === undefined) return this.#broken("a row was sent that had been settled");
      this.#left(query);
      if (query.priority === "BULK") bulk += 1;
      if (query.sent) isFirst = false;
      query.sent = true;
    }
    if (bulk === 0 || !isFirst || this.#checked.replicas.length > 1) return;
    for (const query of this.#waiting) query.delays += 1;
    this.#bulkSentAt = this.#checked.metrics.overdue;
  }

  /** A reply, or an end: what runs with one replica is over. */
  replied(): void {
    this.#bulkSentAt = undefined;
  }

  check(): void {
    const { batcher, replicas } = this.#checked;
    if (batcher.queuedRows > MAX_QUEUE_ROWS) this.#broken(`${batcher.queuedRows} rows in a queue of ${MAX_QUEUE_ROWS}`);
    const rows = replicas.reduce((sum, replica) => sum + replica.rowsInFlight, 0);
    if (batcher.rowsInFlight !== rows) this.#broken(`${batcher.rowsInFlight} rows in flight, replicas have ${rows}`);
  }

  atEnd(): void {
    if (this.#byRow.size > 0) this.#broken(`${this.#byRow.size} of ${this.#submitted} queries were not settled`);
  }

  #left(query: Query): void {
    if (!this.#waiting.delete(query) || query.delays <= 1) return;
    this.#broken(`bulk rows delayed query ${query.index} by ${query.delays} batches`);
  }

  /** An overdue batch holds no place. */
  #bulkRuns(): boolean {
    return this.#bulkSentAt === this.#checked.metrics.overdue;
  }

  #broken(how: string): void {
    this.breach ??= how;
  }
}
