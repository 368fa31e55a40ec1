/**
 * One side of the `cache-memory` scenario, in a process of its own, so that its memory is nobody else's:
 * `node --expose-gc dist/bench/cacheMemoryRun.js cache|map ENTRIES`. Prints its `CacheFigures` as JSON.
 */
import { CacheScope, ExactCache } from "../src/caching/exactCache.js";
import { rowHash } from "../src/caching/rowKey.js";

export interface CacheFigures {
  readonly entries: number;
  /** What the cache may hold at most; of the map, what the cache may. */
  readonly boundBytes: number;
  /** Grown by, after garbage collection: the heap with all buffers, and the process. */
  readonly usedBytes: number;
  readonly rssBytes: number;
  readonly lookUpNs: number;
  readonly insertNs: number;
  /** The longest of all insertions, garbage collection included. */
  readonly longestInsertMs: number;
}

const INPUT_BYTES = 16;
const OUTPUT_BYTES = 8;
/** 64 of record, 48 beside it. */
const ENTRY_BYTES = 112;
const LOOK_UPS = 500_000;
const ROUNDS = 5;
const WARM_UP = { entries: 1000, insertions: 300_000 };

interface Side {
  readonly insert: (input: Uint8Array, output: Uint8Array) => void;
  readonly has: (input: Uint8Array) => boolean;
  readonly size: () => number;
}

function cacheSide(entries: number): Side {
  const cache = new ExactCache({ capacityBytes: entries * ENTRY_BYTES, clock: performanceClock });
  const scope = new CacheScope();
  return {
    insert: (input, output) => cache.set(scope, rowHash([input]), [input], [output]),
    has: (input) => {
      const row = [input];
      return cache.get(scope, rowHash(row), row)?.[0]?.length === OUTPUT_BYTES;
    },
    size: () => cache.entryCount,
  };
}

const performanceClock = { nowMs: () => performance.now() };

/** What one would write at first: strings as keys. Half of what is in it leaves at a time, which costs it least. */
function mapSide(entries: number): Side {
  const map = new Map<string, Uint8Array>();
  const keyOf = (input: Uint8Array) => Buffer.from(input.buffer).toString("latin1");
  return {
    insert: (input, output) => {
      if (map.size === entries) leaveHalf(map);
      map.set(keyOf(input), output.slice());
    },
    has: (input) => map.get(keyOf(input))?.length === OUTPUT_BYTES,
    size: () => map.size,
  };
}

function leaveHalf(map: Map<string, unknown>): void {
  let left = map.size / 2;
  for (const key of map.keys()) {
    if (left-- <= 0) return;
    map.delete(key);
  }
}

function run(side: "cache" | "map", entries: number): CacheFigures {
  const input = new Uint8Array(INPUT_BYTES);
  const output = new Uint8Array(OUTPUT_BYTES);
  const words = new Uint32Array(input.buffer);
  const inputOf = (number: number): Uint8Array => {
    words[0] = Math.imul(number, 0x9e3779b1);
    words[1] = number;
    return input;
  };
  const newSide = side === "cache" ? cacheSide : mapSide;
  // Compiled code and the young generation are there before: they are no entries' memory.
  fill(newSide(WARM_UP.entries), inputOf, WARM_UP.insertions);
  const before = memory();
  const subject = newSide(entries);
  const longest = { ms: 0 };
  const insertAll = (from: number, to: number): void => {
    for (let i = from; i < to; i++) {
      const at = performance.now();
      subject.insert(inputOf(i), output);
      longest.ms = Math.max(longest.ms, performance.now() - at);
    }
  };
  insertAll(0, entries);
  const lookUpNs = medianNs(() => lookUp(subject, inputOf, entries));
  // As many again push the others out, the popular ones into the main queue: all that the cache can hold is in use.
  const startedMs = performance.now();
  insertAll(entries, 2 * entries);
  const insertNs = ((performance.now() - startedMs) / entries) * 1e6;
  const after = memory();
  return {
    entries: subject.size(),
    boundBytes: entries * ENTRY_BYTES,
    usedBytes: after.used - before.used,
    rssBytes: after.rss - before.rss,
    lookUpNs,
    insertNs,
    longestInsertMs: longest.ms,
  };
}

function fill(subject: Side, inputOf: (number: number) => Uint8Array, insertions: number): void {
  for (let i = 0; i < insertions; i++) {
    subject.insert(inputOf(i), new Uint8Array(OUTPUT_BYTES));
    subject.has(inputOf(i));
  }
}

/** In an order that no cache of the processor foresees. */
function lookUp(subject: Side, inputOf: (number: number) => Uint8Array, entries: number): void {
  for (let i = 0, state = 1; i < LOOK_UPS; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    if (!subject.has(inputOf((state >>> 4) % entries))) throw new Error("an entry is missing");
  }
}

function medianNs(round: () => void): number {
  round();
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startedMs = performance.now();
    round();
    return ((performance.now() - startedMs) / LOOK_UPS) * 1e6;
  });
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1] as number;
}

function memory(): { used: number; rss: number } {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { used: heapUsed + arrayBuffers, rss };
}

const [side, entries] = process.argv.slice(2);
if (side === "cache" || side === "map") console.log(JSON.stringify(run(side, Number(entries))));
