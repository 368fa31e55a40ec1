import type { Cancel, Clock } from "../domain/ports.js";
import type { DispatchReason } from "../domain/prediction.js";
import type { BatchDraft, BatchFormation } from "./batchFormation.js";
import type { BatchesInFlight } from "./batchesInFlight.js";
import type { BatcherMetrics } from "./batcherMetrics.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { EjectedReplicas } from "./ejectedReplicas.js";
import type { FillWait } from "./fillWait.js";
import type { Lane } from "./lane.js";
import type { RowRetries } from "./rowRetries.js";
import type { RowSettlement } from "./rowSettlement.js";
import type { WaitingRows } from "./waitingRows.js";

export interface DispatcherOptions {
  readonly clock: Clock;
  /** For messages: `name@version`. */
  readonly name: string;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly queue: WaitingRows;
  readonly settlement: RowSettlement;
  readonly metrics: BatcherMetrics;
  readonly retries: RowRetries;
  readonly ejected: EjectedReplicas;
  readonly inFlight: BatchesInFlight;
  readonly formation: BatchFormation;
  readonly fillWait: FillWait;
  readonly onIdle: () => void;
}

/**
 * When rows go, and to which replica: at the end of each turn in which something may have changed, every free replica
 * is given a batch, the least loaded first, until nothing waits. It sleeps until the next such turn, or until one timer
 * that it arms where it waits for a fuller batch or for the time to send one ahead: it never polls.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  #scheduled = false;
  #cancelWake: Cancel = () => undefined;
  /** Since when a free replica has waited for a fuller batch. */
  #heldSinceMs: number | undefined;
  #draining = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.turnEnd(() => {
      this.#scheduled = false;
      this.dispatch();
    });
  }

  /** From now on what waits goes at once: the process is about to stop. */
  drain(): void {
    this.#draining = true;
    if (this.#heldSinceMs !== undefined) this.schedule();
  }

  /** At once, for whoever knows that there is nothing to wait for. */
  dispatch(): void {
    const { clock, queue, ejected, onIdle } = this.#options;
    this.#cancelWake();
    this.#dropHopeless();
    this.#sendApart();
    const nowMs = clock.nowMs();
    let wakeMs = Infinity;
    const passedOver = new Set<Lane>();
    while (queue.size > 0) {
      const lane = this.#freeLane(passedOver, nowMs);
      if (lane === undefined) {
        ejected.refuseOthers();
        break;
      }
      const heldUntilMs = this.#serve(lane, nowMs);
      if (heldUntilMs === undefined) continue;
      passedOver.add(lane);
      wakeMs = Math.min(wakeMs, heldUntilMs);
    }
    if (queue.size > 0) this.#wakeAt(Math.min(wakeMs, this.#nextPrefetchMs(nowMs), this.#nextDeadlineMs()));
    else this.#heldSinceMs = undefined;
    onIdle();
  }

  /** Gives it a batch; or says until when it has none: for ever if it can take no row in time. */
  #serve(lane: Lane, nowMs: number): number | undefined {
    const { formation, queue, inFlight, fillWait } = this.#options;
    const isLast = queue.size === 1 && inFlight.batches === 0;
    const alone = lane.mayProbe(nowMs) || (isLast && this.#isFastest(lane, nowMs));
    const draft = formation.draft(lane, nowMs, alone);
    if (draft === undefined) return Infinity;
    const untilMs = this.#holdUntilMs(draft, nowMs);
    const held = untilMs > nowMs;
    if (held && !this.#draining) {
      this.#heldSinceMs ??= nowMs;
      return untilMs;
    }
    const { rows, reason } = formation.take(draft, nowMs);
    if (rows.length === 0) return Infinity;
    const waited = this.#heldSinceMs !== undefined;
    this.#heldSinceMs = undefined;
    inFlight.send(lane, rows, "SERVING", reason === "TURN_END" ? lastReason(held, waited) : reason);
    lane.leftBehind(queue.size);
    fillWait.batchSent();
    return undefined;
  }

  /** Of those that may take a batch: a row that another one answers in time is not tried on this one. */
  #isFastest({ model }: Lane, nowMs: number): boolean {
    const ms = model.tailMs(1);
    for (const other of this.#options.lanes.values()) {
      if (other.mayTake(nowMs) && other.model.tailMs(1) < ms) return false;
    }
    return true;
  }

  /** Where all that waits would go in one batch that is not full. */
  #holdUntilMs({ lane, queue, from, rows, most, ahead }: BatchDraft, nowMs: number): number {
    const { queue: waiting, fillWait } = this.#options;
    const head = queue.at(0);
    if (head === undefined || ahead || from > 0 || rows < queue.size || waiting.size >= most) return nowMs;
    return fillWait.untilMs({ head, rows, model: lane.model, nowMs, heldSinceMs: this.#heldSinceMs });
  }

  /** What goes to one replica for its own reasons: rows that may end it, and one that tries whether it is back. */
  #sendApart(): void {
    const { retries, ejected, inFlight } = this.#options;
    const isolated = retries.isolation.next();
    if (isolated !== undefined) inFlight.send(isolated.lane, isolated.rows, "ISOLATED");
    for (let probe = ejected.next(); probe !== undefined; probe = ejected.next()) {
      inFlight.send(probe.lane, [probe.row], "PROBE");
    }
  }

  /**
   * Rows that even a batch of their own on the fastest replica would answer too late leave before a batch is formed. While
   * no replica has a batch the last of them is kept as long as it has time left: where rows come by the dozen nothing would
   * be asked again otherwise, and so what was slow for a moment would count as slow for ever.
   */
  #dropHopeless(): void {
    const { clock, lanes, queue, inFlight } = this.#options;
    let fastestMs = Infinity;
    for (const { model } of lanes.values()) fastestMs = Math.min(fastestMs, model.tailMs(1));
    const nowMs = clock.nowMs();
    const lateMs = nowMs + (lanes.size === 0 ? 0 : fastestMs);
    const hopelessMs = (): number => (queue.size === 1 && inFlight.batches === 0 ? nowMs : lateMs);
    for (const rows of [queue.interactive, queue.bulk]) {
      for (let head = rows.at(0); head !== undefined && head.orderMs <= hopelessMs(); head = rows.at(0)) {
        // One waiter cannot be served any more, but another who has more time can.
        if (head.latestMs > hopelessMs()) queue.reorder(head, head.latestMs, head.latestPriority);
        else this.#drop(head);
      }
    }
  }

  #drop(row: QueuedRow): void {
    const { name, queue, metrics, settlement } = this.#options;
    queue.remove(row);
    metrics.dropped += 1;
    settlement.failed(row, "DEADLINE_EXCEEDED", `model ${name}: too late to be answered in time`);
  }

  #freeLane(passedOver: ReadonlySet<Lane>, nowMs: number): Lane | undefined {
    let best: Lane | undefined;
    for (const lane of this.#options.lanes.values()) {
      if (!lane.mayTake(nowMs) || passedOver.has(lane)) continue;
      if (best === undefined || lane.inFlight < best.inFlight) best = lane;
    }
    return best;
  }

  /** Where the time has come already, the replica could take none of the rows: only a change can help. */
  #nextPrefetchMs(nowMs: number): number {
    let nextMs = Infinity;
    for (const lane of this.#options.lanes.values()) {
      const atMs = lane.prefetchAtMs(nowMs);
      if (atMs > nowMs && atMs < nextMs) nextMs = atMs;
    }
    return nextMs;
  }

  /** Where no reply will wake it, rows that no replica could take leave at their deadline all the same. */
  #nextDeadlineMs(): number {
    const { lanes, queue } = this.#options;
    for (const { inFlight } of lanes.values()) if (inFlight > 0) return Infinity;
    return Math.min(queue.interactive.at(0)?.orderMs ?? Infinity, queue.bulk.at(0)?.orderMs ?? Infinity);
  }

  #wakeAt(atMs: number): void {
    if (atMs < Infinity) this.#cancelWake = this.#options.clock.at(atMs, () => this.schedule());
  }
}

function lastReason(held: boolean, waited: boolean): DispatchReason {
  if (held) return "DRAIN";
  return waited ? "DELAY" : "TURN_END";
}
