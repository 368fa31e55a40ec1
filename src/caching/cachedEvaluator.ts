import type { Cancel, PendingRow, RowEvaluator, RowOutcome, RowQuery, RowQueue, Settle } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";
import type { ApproximateAnswers } from "./approximateAnswers.js";
import type { ApproximateLookup } from "./approximateCache.js";
import { CacheScope } from "./exactCache.js";
import type { ExactCache } from "./exactCache.js";
import { rowHash, rowsEqual } from "./rowKey.js";

export interface CacheCounters {
  hits: number;
  approximateHits: number;
  misses: number;
  joined: number;
}

/** One row in flight and all who wait for it. */
interface Flight {
  readonly row: Row;
  readonly hash: number;
  /** Where its answer is kept: nobody looks there any more after an invalidation. */
  readonly scope: CacheScope;
  /** What was found near it, for the approximate cache to learn from. */
  readonly near: ApproximateLookup | undefined;
  /** Undefined where a waiter has left. */
  readonly waiters: (Settle | undefined)[];
  waiting: number;
  pending: PendingRow | undefined;
}

const nothingToCancel: Cancel = () => undefined;

/**
 * The caching layer of one model version: exact cache, then a near answer, then the same row in flight, then a miss. An answer that
 * comes after every waiter has left still fills the cache. Failures reject all waiters once and are not kept.
 */
export class CachedEvaluator implements RowEvaluator {
  readonly counters: CacheCounters = { hits: 0, approximateHits: 0, misses: 0, joined: 0 };
  readonly #cache: ExactCache;
  #scope = new CacheScope();
  readonly #queue: RowQueue;
  #approximate: ApproximateAnswers | undefined;
  readonly #onAnswered: (row: Row) => void;
  readonly #flights = new Map<number, Flight>();

  /** `onAnswered` is told each row that the model has answered. */
  constructor(cache: ExactCache, queue: RowQueue, onAnswered: (row: Row) => void = () => undefined) {
    this.#cache = cache;
    this.#queue = queue;
    this.#onAnswered = onAnswered;
  }

  /** Age in milliseconds at which an answer is forgotten, also of those that are there already. */
  set ttlMs(ttlMs: number) {
    this.#scope.ttlMs = ttlMs;
  }

  /** Undefined: only the very input's output is an answer. A new one has everything to learn. */
  get approximate(): ApproximateAnswers | undefined {
    return this.#approximate;
  }

  set approximate(answers: ApproximateAnswers | undefined) {
    this.#approximate = answers;
  }

  /** From now on nothing computed for an earlier question is an answer; those who wait already still get theirs. */
  invalidate(): void {
    const { ttlMs } = this.#scope;
    this.#cache.clear(this.#scope);
    this.#scope = new CacheScope();
    this.#scope.ttlMs = ttlMs;
    this.#flights.clear();
  }

  evaluate(query: RowQuery, settle: Settle): Cancel {
    const { row } = query;
    const hash = rowHash(row);
    const output = this.#cache.get(this.#scope, hash, row);
    if (output !== undefined) {
      this.counters.hits += 1;
      settle({ kind: "output", output, source: "CACHE", distance: undefined, trace: undefined });
      return nothingToCancel;
    }
    const near = this.#approximate?.lookup(row);
    if (near?.kind === "HIT") {
      this.counters.approximateHits += 1;
      settle({ kind: "output", output: near.output, source: "APPROXIMATE", distance: near.distance, trace: undefined });
      return nothingToCancel;
    }
    const flight = this.#flights.get(hash);
    if (flight !== undefined && rowsEqual(flight.row, row)) {
      this.counters.joined += 1;
      flight.pending?.extend(query);
      return this.#join(flight, settle);
    }
    this.counters.misses += 1;
    const refused = near === undefined ? this.#queue.refuseAlike(query) : undefined;
    if (refused !== undefined) {
      settle(refused);
      return nothingToCancel;
    }
    return this.#launch(query, hash, near, settle);
  }

  /** Two unequal rows with one hash fly apart: only the first can be joined. */
  #launch(query: RowQuery, hash: number, near: ApproximateLookup | undefined, settle: Settle): Cancel {
    const flight: Flight = {
      row: query.row,
      hash,
      scope: this.#scope,
      near,
      // With it in place: a list that grows from none has room for seventeen.
      waiters: [settle],
      waiting: 1,
      pending: undefined,
    };
    if (!this.#flights.has(hash)) this.#flights.set(hash, flight);
    flight.pending = this.#queue.submit(query, (outcome) => this.#land(flight, outcome));
    return this.#leave(flight, 0);
  }

  #join(flight: Flight, settle: Settle): Cancel {
    flight.waiting += 1;
    return this.#leave(flight, flight.waiters.push(settle) - 1);
  }

  #leave(flight: Flight, at: number): Cancel {
    return () => {
      if (flight.waiters[at] === undefined) return;
      flight.waiters[at] = undefined;
      flight.waiting -= 1;
      if (flight.waiting === 0) this.#abandon(flight);
    };
  }

  #abandon(flight: Flight): void {
    if (flight.pending?.abandon() === true) this.#remove(flight);
  }

  #remove(flight: Flight): void {
    if (this.#flights.get(flight.hash) === flight) this.#flights.delete(flight.hash);
  }

  #land(flight: Flight, outcome: RowOutcome): void {
    this.#remove(flight);
    if (outcome.kind === "output") this.#onAnswered(flight.row);
    const usable = outcome.kind === "output" && flight.scope === this.#scope;
    if (usable) this.#cache.set(flight.scope, flight.hash, flight.row, outcome.output);
    if (flight.near !== undefined && flight.scope === this.#scope) {
      this.#approximate?.settled(flight.row, flight.near, outcome);
    }
    const { waiters } = flight;
    const joined = waiters.length > 1 ? joinedOutcome(outcome) : outcome;
    for (let i = 0; i < waiters.length; i++) {
      const settle = waiters[i];
      waiters[i] = undefined;
      settle?.(i === 0 ? outcome : joined);
    }
  }
}

/** The same outcome, for those who did not ask first. */
function joinedOutcome(outcome: RowOutcome): RowOutcome {
  if (outcome.kind === "failed" || outcome.trace === undefined) return outcome;
  return { ...outcome, trace: { ...outcome.trace, joined: true } };
}
