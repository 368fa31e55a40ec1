import type { Cancel, Clock } from "../domain/ports.js";
import type { QueuedRow } from "./deadlineQueue.js";
import type { Lane } from "./lane.js";

/** Rows with which a replica ended: if one of them did it, it is among those that are left. */
interface Group {
  rows: QueuedRow[];
  callsLeft: number;
  /** When the latest of its rows' deadlines passed, as far as is known. */
  expiresAtMs: number;
  cancelExpiry: Cancel;
}

interface Call {
  readonly group: Group;
  readonly rows: readonly QueuedRow[];
  /** The group's other rows. */
  rest: readonly QueuedRow[];
}

export interface IsolatedCall {
  readonly lane: Lane;
  readonly rows: readonly QueuedRow[];
}

export interface PoisonIsolationOptions {
  readonly clock: Clock;
  readonly lanes: ReadonlyMap<string, Lane>;
  /** It was cleared, and may go with others again. */
  readonly onCleared: (row: QueuedRow) => void;
  /** It could not be run again: no time, no replica that may be risked, or no more calls. */
  readonly onGivenUp: (row: QueuedRow, why: string) => void;
  /** A call may have become possible. */
  readonly onDue: () => void;
}

/** Replicas that may be gone at once because of suspect rows. The others serve on. */
const MAX_ENDED = 2;
/** How long a replica that ended is waited for before those that are left count as all there are. */
const AWAITED_MS = 600_000;
/** Where there is one replica only, it is risked again so long after it ended with a suspect row. */
const SINGLE_REPLICA_REST_MS = 1000;

/**
 * Finds the row that ends replicas, if there is one, by halving: half of a group's rows go to one replica alone. If it
 * survives they were answered and the other half remains, if it ends the other half is cleared: at most
 * ceil(log2 rows) + 1 calls. Trades the latency of those rows for the other replicas: one call is under way at a time,
 * on a replica that runs nothing else; the last healthy one is never risked while another is awaited back, and no more
 * than two are gone at once. A replica that is the only one gets suspects one by one.
 *
 * Rows here are SUSPECT. Where all ended for another reason (the network, a stopped machine) nobody is accused: the
 * rows are answered.
 */
export class PoisonIsolation {
  readonly #options: PoisonIsolationOptions;
  readonly #groups: Group[] = [];
  /** When replicas ended with rows that are suspects now, until they are back. */
  readonly #endedAtMs = new Map<string, number>();
  #called: Call | undefined;
  #reserved: Lane | undefined;
  #restUntilMs = -Infinity;

  constructor(options: PoisonIsolationOptions) {
    this.#options = options;
  }

  /** Rows that wait here. */
  get size(): number {
    let size = 0;
    for (const { rows } of this.#groups) size += rows.length;
    return size;
  }

  add(rows: readonly QueuedRow[]): void {
    if (rows.length === 0) return;
    for (const row of rows) row.phase = "SUSPECT";
    const callsLeft = Math.ceil(Math.log2(rows.length)) + 1;
    const group: Group = { rows: [...rows], callsLeft, expiresAtMs: 0, cancelExpiry: () => undefined };
    this.#groups.push(group);
    this.#expireLater(group);
    this.#options.onDue();
  }

  replicaEnded(id: string): void {
    this.#endedAtMs.delete(id);
    this.#endedAtMs.set(id, this.#options.clock.nowMs());
  }

  replicaBack(id: string): void {
    this.#endedAtMs.delete(id);
  }

  /** The next call, if one may be made now. Its outcome is to be told by one of the three methods after this. */
  next(): IsolatedCall | undefined {
    if (this.#groups.length === 0) return undefined;
    this.#expire();
    const group = this.#groups[0];
    if (group === undefined || this.#called !== undefined) return undefined;
    const lane = this.#victim();
    if (lane === undefined) return undefined;
    const half = this.#isSingle() ? 1 : Math.ceil(group.rows.length / 2);
    const rows = group.rows.slice(0, half);
    this.#called = { group, rows, rest: group.rows.slice(half) };
    group.rows = [];
    group.callsLeft -= 1;
    for (const row of rows) row.phase = "SENT";
    return { lane, rows };
  }

  /** It replied, or is overdue: that says nothing against the rows. */
  survived(): void {
    if (this.#called === undefined) return;
    const { group, rest } = this.#called;
    this.#goOn(group, rest);
  }

  /** `left`: its rows that are neither answered nor quarantined. */
  ended(left: readonly QueuedRow[]): void {
    if (this.#called === undefined) return;
    const { group, rest } = this.#called;
    const { clock, lanes, onDue } = this.#options;
    if (lanes.size === 0 || this.#isSingle()) {
      this.#restUntilMs = clock.nowMs() + SINGLE_REPLICA_REST_MS;
      clock.at(this.#restUntilMs, onDue);
    }
    for (const row of rest) if (row.phase === "SUSPECT") this.#options.onCleared(row);
    this.#goOn(group, left);
  }

  /** The replica refused it: as if it had not been made, but for the bound on calls. */
  refused(): void {
    if (this.#called === undefined) return;
    const { group, rows, rest } = this.#called;
    this.#goOn(group, [...rows, ...rest]);
  }

  /** No replica is left, and nobody knows when one will be. */
  giveUpAll(why: string): void {
    for (const group of [...this.#groups]) {
      this.#giveUp(group, why);
      if (this.#called?.group !== group) this.#drop(group);
    }
    if (this.#called === undefined) return;
    for (const row of this.#called.rest) this.#options.onGivenUp(row, why);
    this.#called.rest = [];
  }

  #goOn(group: Group, rows: readonly QueuedRow[]): void {
    this.#called = undefined;
    this.#release();
    group.rows = rows.filter(({ phase }) => phase !== "DONE");
    for (const row of group.rows) row.phase = "SUSPECT";
    if (this.#options.lanes.size === 0) this.#giveUp(group, "no replica is left");
    else if (group.callsLeft <= 0) this.#giveUp(group, "it was not found out which of its rows it was");
    if (group.rows.length === 0) this.#drop(group);
    this.#options.onDue();
  }

  #giveUp(group: Group, why: string): void {
    for (const row of group.rows) this.#options.onGivenUp(row, why);
    group.rows = [];
  }

  #drop(group: Group): void {
    group.cancelExpiry();
    const at = this.#groups.indexOf(group);
    if (at >= 0) this.#groups.splice(at, 1);
    // Otherwise a replica that was kept free for rows that have left would never serve again.
    if (this.#groups.length === 0) this.#release();
  }

  /** An idle replica that may be risked; a busy one is kept free for when it is idle. */
  #victim(): Lane | undefined {
    const { clock, lanes } = this.#options;
    const healthy = [...lanes.values()].filter((lane) => lane.health.isHealthy && lane.overdue === 0);
    this.#forget();
    const single = this.#isSingle();
    const mayRisk = single
      ? clock.nowMs() >= this.#restUntilMs
      : healthy.length > 1 && this.#endedAtMs.size < MAX_ENDED;
    if (!mayRisk) {
      this.#release();
      return undefined;
    }
    if (this.#reserved === undefined || !healthy.includes(this.#reserved)) {
      this.#release();
      this.#reserved = healthy.reduce<Lane | undefined>(
        (best, lane) => (best === undefined || lane.inFlight < best.inFlight ? lane : best),
        undefined,
      );
      if (this.#reserved !== undefined) this.#reserved.reserved = true;
    }
    return this.#reserved?.isIdle === true ? this.#reserved : undefined;
  }

  #release(): void {
    if (this.#reserved !== undefined) this.#reserved.reserved = false;
    this.#reserved = undefined;
  }

  /** There is one replica, and no other is awaited back. */
  #isSingle(): boolean {
    const [only, another] = this.#options.lanes.keys();
    if (only === undefined || another !== undefined) return false;
    for (const id of this.#endedAtMs.keys()) if (id !== only) return false;
    return true;
  }

  #forget(): void {
    const before = this.#options.clock.nowMs() - AWAITED_MS;
    for (const [id, endedAtMs] of this.#endedAtMs) if (endedAtMs <= before) this.#endedAtMs.delete(id);
  }

  /** Rows whose last waiter has gone leave; who joined meanwhile keeps them. */
  #expire(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const group of [...this.#groups]) {
      const kept: QueuedRow[] = [];
      for (const row of group.rows) {
        if (row.phase !== "SUSPECT") continue;
        if (row.latestMs > nowMs) kept.push(row);
        else this.#options.onGivenUp(row, "there was no time to run it again");
      }
      group.rows = kept;
      if (this.#called?.group === group) continue;
      if (kept.length === 0) this.#drop(group);
      else if (group.expiresAtMs <= nowMs) this.#expireLater(group);
    }
  }

  #expireLater(group: Group): void {
    group.expiresAtMs = group.rows.reduce((latest, { latestMs }) => Math.max(latest, latestMs), -Infinity);
    group.cancelExpiry = this.#options.clock.at(group.expiresAtMs, this.#options.onDue);
  }
}
