import { setImmediate as nextTurn } from "node:timers/promises";
import { messageOf } from "../../../src/domain/messageOf.js";
import type { RequestBatch } from "./batch.js";
import type { Model, Outputs } from "./model.js";
import { isRefusal, refusal, type Refusal } from "./refusal.js";
import { halve, withRefused, type AnsweredRows } from "./rows.js";

export interface Computed {
  readonly kind: "computed";
  readonly answered: AnsweredRows;
  readonly queueUs: number;
  readonly computeUs: number;
}

export interface Job {
  readonly batch: RequestBatch;
  /** Microseconds that were left when the request arrived. */
  readonly deadlineUs: number | undefined;
  /** Whether some rows may fail and the others be answered. */
  readonly rowErrors: boolean;
  /** Whether nobody waits for the answer any more: then it is not computed. */
  isAbandoned(): boolean;
  /** Called once, possibly before `submit` returns. */
  settle(result: Computed | Refusal): void;
}

interface QueuedJob {
  readonly job: Job;
  readonly arrivedMs: number;
}

/**
 * Gives batches to the model in the order of their arrival, at most `concurrency` at once.
 *
 * A job that meets an idle model starts at once, without a turn of the event loop. A model that computes in this
 * thread for long makes the next ones wait for the turn's end: sockets are read in between, so that pings are
 * answered and time in the queue counts.
 */
export class Executor {
  readonly #model: Model;
  readonly #nowMs: () => number;
  readonly #maxQueued: number;
  readonly #queue: QueuedJob[] = [];
  #running = 0;
  #yielding = false;
  #idle: (() => void)[] = [];

  constructor(model: Model, options: { readonly nowMs: () => number; readonly maxQueued: number }) {
    this.#model = model;
    this.#nowMs = options.nowMs;
    this.#maxQueued = options.maxQueued;
  }

  submit(job: Job): void {
    if (this.#queue.length >= this.#maxQueued) {
      job.settle(refusal("RESOURCE_EXHAUSTED", `the queue is full (${this.#maxQueued} requests)`));
      return;
    }
    this.#queue.push({ job, arrivedMs: this.#nowMs() });
    this.#startNext();
  }

  /** Settles when no job runs or waits. */
  whenIdle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  #isIdle(): boolean {
    return this.#running === 0 && this.#queue.length === 0;
  }

  #startNext(): void {
    while (!this.#yielding && this.#running < this.#model.concurrency) {
      const queued = this.#queue.shift();
      if (queued === undefined) break;
      this.#start(queued);
    }
    if (this.#isIdle()) {
      const waiting = this.#idle;
      this.#idle = [];
      for (const resolve of waiting) resolve();
    }
  }

  #start({ job, arrivedMs }: QueuedJob): void {
    const startedMs = this.#nowMs();
    const queueUs = Math.round((startedMs - arrivedMs) * 1000);
    if (job.isAbandoned()) {
      job.settle(refusal("CANCELLED", "the caller left before the batch was computed"));
      return;
    }
    if (job.deadlineUs !== undefined && queueUs >= job.deadlineUs) {
      job.settle(
        refusal("DEADLINE_EXCEEDED", `expired: ${job.deadlineUs} us were left, ${queueUs} us passed in the queue`),
      );
      return;
    }
    this.#running++;
    const endMs = job.deadlineUs === undefined ? Infinity : arrivedMs + job.deadlineUs / 1000;
    this.#compute(job, startedMs, endMs, (result) => {
      this.#running--;
      const computeUs = Math.round((this.#nowMs() - startedMs) * 1000);
      job.settle(isRefusal(result) ? result : { kind: "computed", answered: result, queueUs, computeUs });
    });
  }

  #compute(job: Job, startedMs: number, endMs: number, finish: (result: AnsweredRows | Refusal) => void): void {
    const first = this.#predict(job.batch);
    const rows =
      first instanceof Promise
        ? first.then((result) => this.#rowsOf(job, result, endMs))
        : this.#rowsOf(job, first, endMs);
    if (rows instanceof Promise) {
      void rows.then(finish).then(() => this.#startNext());
      return;
    }
    finish(rows);
    this.#yieldAfterLongTurn(startedMs);
  }

  /** What of the batch has an answer, after the model was called with all of it. */
  #rowsOf(
    { batch, rowErrors }: Job,
    result: Outputs | Refusal,
    endMs: number,
  ): AnsweredRows | Refusal | Promise<AnsweredRows | Refusal> {
    if (!isRefusal(result)) return withRefused(result, batch, rowErrors);
    if (!rowErrors || batch.rows === 1 || result.error === undefined) return result;
    const attempt = async (part: RequestBatch): Promise<Outputs | Refusal> => {
      // Pings are answered between the calls of a model that computes in this thread.
      await nextTurn();
      return this.#predict(part);
    };
    return halve(attempt, batch, this.#model.signature.outputs, result, () => this.#nowMs() < endMs);
  }

  /** Whatever the model throws or rejects with becomes a refusal. */
  #predict(batch: RequestBatch): Outputs | Refusal | Promise<Outputs | Refusal> {
    try {
      const outputs = this.#model.predict(batch);
      return outputs instanceof Promise ? outputs.then(checkOutputs, failed) : checkOutputs(outputs);
    } catch (error) {
      return failed(error);
    }
  }

  #yieldAfterLongTurn(startedMs: number): void {
    if (this.#nowMs() - startedMs < LONG_TURN_MS) return;
    this.#yielding = true;
    setImmediate(() => {
      this.#yielding = false;
      this.#startNext();
    });
  }
}

/** Above this a model in this thread is worth the few microseconds that a turn of the event loop costs. */
const LONG_TURN_MS = 1;

function failed(error: unknown): Refusal {
  return { ...refusal("INTERNAL", `the model failed: ${messageOf(error)}`), error };
}

function checkOutputs(outputs: Outputs): Outputs | Refusal {
  return Array.isArray(outputs) ? outputs : refusal("INTERNAL", "the model gave no list of outputs");
}
