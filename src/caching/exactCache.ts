import type { Clock } from "../domain/ports.js";
import type { Row } from "../domain/tensor.js";
import { BytePages, offsetOf } from "./bytePages.js";
import { EntryLog } from "./entryLog.js";
import { EntryRecord, HEAD_BYTES, recordBytes } from "./entryRecord.js";
import { GhostQueue } from "./ghostQueue.js";
import { HashIndex, NONE } from "./hashIndex.js";

/**
 * What an entry costs beside its record at most: its slot in the index (21 bytes where the index has just grown) and
 * its share of the ghost queue (26). Held against the memory of a real cache by `npm run bench -- cache-memory`.
 */
const ENTRY_OVERHEAD_BYTES = 48;
const SMALL_SHARE = 0.1;
/** As many as the main queue's nine tenths would hold. */
const GHOST_SHARE = 0.9;
const MAX_FREQUENCY = 3;
/** Some tenths of a millisecond: a queue of a million entries, all asked for, would take a second to give up one. */
const MAX_STEPS = 1000;
const NO_SCOPE = 0;

/** The entries of one model version in one cache. Lookups go through a scope, so no hit can cross versions. */
export class CacheScope {
  /** Milliseconds for which an entry is an answer; undefined: for ever. May change at any time, for old entries too. */
  ttlMs: number | undefined;
  /** Only for `ExactCache`: what the scope's entries bear, and how many there are. */
  id = NO_SCOPE;
  entryCount = 0;

  constructor(options: { ttlMs?: number } = {}) {
    this.ttlMs = options.ttlMs;
  }
}

/**
 * Exact answers for inputs seen before, bounded in bytes over all scopes (keys and overhead counted), with S3-FIFO
 * eviction: a small queue (10 %) takes newcomers, those asked for again move to the main queue, and a ghost queue
 * of hashes lets one that was evicted too early enter the main queue at once. (Yang et al., SOSP 2023, section 4.)
 *
 * Entries are records in two logs of bytes, one for each queue, found by one index: a million of them are a few
 * typed arrays. What moves from queue to queue is copied, so that no log has gaps. What was cleared or has expired is
 * an entry no more, and its place is freed as eviction meets it.
 */
export class ExactCache {
  readonly #clock: Pick<Clock, "nowMs">;
  #capacityBytes: number;
  readonly #pages = new BytePages();
  readonly #small = new EntryLog(this.#pages, HEAD_BYTES);
  readonly #main = new EntryLog(this.#pages, HEAD_BYTES);
  readonly #index = new HashIndex();
  readonly #ghosts = new GhostQueue();
  readonly #record = new EntryRecord();
  readonly #scopes = new Map<number, CacheScope>();
  #lastScopeId = NO_SCOPE;
  #entryCount = 0;

  constructor(options: { capacityBytes: number; clock: Pick<Clock, "nowMs"> }) {
    this.#capacityBytes = options.capacityBytes;
    this.#clock = options.clock;
  }

  get bytes(): number {
    return costOf(this.#small) + costOf(this.#main);
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** A smaller capacity evicts at once, as far as one `shrink` goes. */
  set capacityBytes(bytes: number) {
    this.#capacityBytes = bytes;
    this.shrink();
  }

  /** Evicts what is above the capacity, in at most a thousand steps; true: call again in another turn for the rest. */
  shrink(): boolean {
    return !this.#makeRoom(0);
  }

  /** `hash` as `rowHash` gives it. The output is the caller's own. */
  get(scope: CacheScope, hash: number, input: Row): Row | undefined {
    if (scope.entryCount === 0) return undefined;
    const record = this.#record;
    if (this.#find(scope, tagOf(scope, hash), restOf(hash)) === undefined) return undefined;
    if (!record.hasInput(input)) return undefined;
    if (record.frequency < MAX_FREQUENCY) record.frequency += 1;
    return record.readOutput();
  }

  /**
   * Keeps copies. Not kept: a row larger than the small queue, which would empty the cache for one hit; a row whose
   * hash another one of the scope has; one for which a thousand steps of eviction have not made room.
   */
  set(scope: CacheScope, hash: number, input: Row, output: Row): void {
    if (scope.id === NO_SCOPE) this.#open(scope);
    const tag = tagOf(scope, hash);
    const rest = restOf(hash);
    if (this.#find(scope, tag, rest) !== undefined) return;
    const bytes = recordBytes(input, output);
    const cost = bytes + ENTRY_OVERHEAD_BYTES;
    if (cost > this.#capacityBytes * SMALL_SHARE || !this.#makeRoom(cost)) return;
    const log = this.#ghosts.take(tag) ? this.#main : this.#small;
    const address = log.append(bytes);
    this.#show(address);
    this.#record.writeHead(tag, rest, scope.id, bytes, this.#clock.nowMs());
    this.#record.writeParts(input, output);
    this.#index.insert(tag, address);
    this.#count(scope, 1);
  }

  /** Forgets all entries of a scope, which can be used on. */
  clear(scope: CacheScope): void {
    this.#count(scope, -scope.entryCount);
    this.#scopes.delete(scope.id);
    scope.id = NO_SCOPE;
  }

  /** The id is new each time, so that records from before a `clear` belong to nobody. */
  #open(scope: CacheScope): void {
    this.#lastScopeId += 1;
    scope.id = this.#lastScopeId;
    this.#scopes.set(scope.id, scope);
  }

  /** Shows the scope's entry of that key and gives its address. One that has expired is forgotten instead. */
  #find(scope: CacheScope, tag: number, rest: number): number | undefined {
    const table = this.#index.tableOf(tag);
    for (let slot = table.first(tag); slot !== NONE; slot = table.next(tag, slot)) {
      const address = table.valueAt(slot);
      this.#show(address);
      if (!this.#record.isOf(scope.id, rest)) continue;
      if (!this.#hasExpired(scope)) return address;
      table.remove(tag, address);
      this.#record.scopeId = NO_SCOPE;
      this.#count(scope, -1);
      return undefined;
    }
    return undefined;
  }

  #show(address: number): void {
    this.#record.moveTo(this.#pages.of(address), offsetOf(address));
  }

  /** Reads the clock only for scopes whose entries expire. */
  #hasExpired({ ttlMs }: CacheScope): boolean {
    return ttlMs !== undefined && this.#clock.nowMs() - this.#record.storedMs >= ttlMs;
  }

  #makeRoom(cost: number): boolean {
    for (let steps = 0; this.bytes + cost > this.#capacityBytes; steps++) {
      if (steps === MAX_STEPS || this.bytes === 0) return false;
      this.#step();
    }
    return true;
  }

  /** The oldest of one queue leaves it: for the main queue if it was asked for, for good if not. */
  #step(): void {
    const fromSmall = costOf(this.#small) > this.#capacityBytes * SMALL_SHARE || this.#main.count === 0;
    const log = fromSmall ? this.#small : this.#main;
    const address = log.headAddress;
    this.#show(address);
    const { tag, bytes, frequency, scopeId } = this.#record;
    const scope = this.#scopes.get(scopeId);
    const lives = scope !== undefined && !this.#hasExpired(scope);
    if (lives && frequency > 0) {
      this.#moveToMain(tag, address, bytes, fromSmall ? 0 : frequency - 1);
      log.shift(bytes);
      return;
    }
    log.shift(bytes);
    if (scopeId !== NO_SCOPE) this.#index.remove(tag, address);
    if (scope !== undefined) this.#count(scope, -1);
    if (lives && fromSmall) this.#ghosts.remember(tag, GHOST_SHARE * (this.#small.count + this.#main.count));
  }

  #moveToMain(tag: number, from: number, bytes: number, frequency: number): void {
    const to = this.#main.append(bytes);
    this.#record.copyTo(this.#pages.of(to), offsetOf(to));
    this.#record.frequency = frequency;
    this.#index.replace(tag, from, to);
  }

  #count(scope: CacheScope, change: number): void {
    scope.entryCount += change;
    this.#entryCount += change;
  }
}

function costOf(log: EntryLog): number {
  return log.bytes + log.count * ENTRY_OVERHEAD_BYTES;
}

/** The lower 32 bits of the hash, spread anew for each scope: the same row under several versions is usual. */
function tagOf(scope: CacheScope, hash: number): number {
  return hash ^ Math.imul(scope.id, 0x9e3779b1);
}

function restOf(hash: number): number {
  return Math.floor(hash / 2 ** 32) | 0;
}
