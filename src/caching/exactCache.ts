import type { Row } from "../domain/tensor.js";
import { Deque } from "../lib/deque.js";
import { copyRow, rowByteLength, rowsEqual } from "./rowKey.js";

/**
 * What an entry costs beside its bytes: the entry, two rows of typed-array views, their buffers, the map slot.
 * Measured on V8 by filling a cache with 100,000 small rows and reading the heap and external memory.
 */
const ENTRY_OVERHEAD_BYTES = 640;
const SMALL_SHARE = 0.1;
const MAX_FREQUENCY = 3;

interface Entry {
  readonly hash: number;
  readonly scope: CacheScope;
  readonly input: Row;
  readonly output: Row;
  readonly bytes: number;
  frequency: number;
  removed: boolean;
}

/** The entries of one model version. Lookups go through a scope, so no hit can cross versions. */
export class CacheScope {
  /** Only for `ExactCache`. */
  readonly entries = new Map<number, Entry>();
}

/**
 * Exact answers for inputs seen before, bounded in bytes over all scopes (keys and overhead counted), with S3-FIFO
 * eviction: a small queue (10 %) takes newcomers, those asked for again move to the main queue, and a ghost queue
 * of hashes lets one that was evicted too early enter the main queue at once. (Yang et al., SOSP 2023, section 4.)
 */
export class ExactCache {
  readonly #capacityBytes: number;
  readonly #small = new Deque<Entry>();
  readonly #main = new Deque<Entry>();
  readonly #ghost = new Map<number, CacheScope>();
  #smallBytes = 0;
  #mainBytes = 0;
  #entryCount = 0;

  constructor(options: { capacityBytes: number }) {
    this.#capacityBytes = options.capacityBytes;
  }

  get bytes(): number {
    return this.#smallBytes + this.#mainBytes;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  get(scope: CacheScope, hash: number, input: Row): Row | undefined {
    const entry = scope.entries.get(hash);
    if (entry === undefined || !rowsEqual(entry.input, input)) return undefined;
    if (entry.frequency < MAX_FREQUENCY) entry.frequency += 1;
    return entry.output;
  }

  /** Keeps copies. A row larger than the small queue is not kept: it would empty the cache for one hit. */
  set(scope: CacheScope, hash: number, input: Row, output: Row): void {
    if (scope.entries.has(hash)) return;
    const bytes = rowByteLength(input) + rowByteLength(output) + ENTRY_OVERHEAD_BYTES;
    if (bytes > this.#capacityBytes * SMALL_SHARE) return;
    while (this.bytes + bytes > this.#capacityBytes) this.#evict();
    const entry: Entry = {
      hash,
      scope,
      input: copyRow(input),
      output: copyRow(output),
      bytes,
      frequency: 0,
      removed: false,
    };
    scope.entries.set(hash, entry);
    this.#entryCount += 1;
    if (this.#ghost.get(hash) === scope) {
      this.#ghost.delete(hash);
      this.#pushMain(entry);
    } else {
      this.#small.push(entry);
      this.#smallBytes += bytes;
    }
  }

  /** Forgets all entries of a scope; their places in the queues are freed as eviction meets them. */
  clear(scope: CacheScope): void {
    for (const entry of scope.entries.values()) {
      entry.removed = true;
      this.#entryCount -= 1;
    }
    scope.entries.clear();
  }

  #evict(): void {
    if (this.#smallBytes > this.#capacityBytes * SMALL_SHARE || this.#main.size === 0) this.#evictFromSmall();
    else this.#evictFromMain();
  }

  #evictFromSmall(): void {
    const entry = this.#small.shift();
    if (entry === undefined) return;
    this.#smallBytes -= entry.bytes;
    if (entry.removed) return;
    if (entry.frequency > 0) {
      entry.frequency = 0;
      this.#pushMain(entry);
      return;
    }
    this.#forget(entry);
    this.#remember(entry);
  }

  #evictFromMain(): void {
    const entry = this.#main.shift();
    if (entry === undefined) return;
    if (!entry.removed && entry.frequency > 0) {
      entry.frequency -= 1;
      this.#main.push(entry);
      return;
    }
    this.#mainBytes -= entry.bytes;
    if (!entry.removed) this.#forget(entry);
  }

  #pushMain(entry: Entry): void {
    this.#main.push(entry);
    this.#mainBytes += entry.bytes;
  }

  #forget(entry: Entry): void {
    entry.removed = true;
    entry.scope.entries.delete(entry.hash);
    this.#entryCount -= 1;
  }

  /** The ghost queue holds as many hashes as the main queue has entries: a Map keeps their order of entry. */
  #remember(entry: Entry): void {
    this.#ghost.set(entry.hash, entry.scope);
    const bound = Math.max(16, this.#main.size);
    for (const oldest of this.#ghost.keys()) {
      if (this.#ghost.size <= bound) break;
      this.#ghost.delete(oldest);
    }
  }
}
