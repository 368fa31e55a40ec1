/** One request of a trace. */
export interface Request {
  readonly key: string | number;
  readonly bytes: number;
}

interface Kept {
  readonly bytes: number;
  hits: number;
}

type Policy = "FIFO" | "LRU" | "CLOCK";

/**
 * Misses of the three oldest policies on a trace. A Map in its order of insertion is the queue: LRU moves what was
 * asked for to its end, CLOCK (one bit) gives it a second round when its turn comes.
 */
export function misses(policy: Policy, trace: readonly Request[], capacityBytes: number): number {
  const queue = new Map<Request["key"], Kept>();
  let used = 0;
  let count = 0;
  for (const { key, bytes } of trace) {
    const known = queue.get(key);
    if (known !== undefined) {
      known.hits = 1;
      if (policy === "LRU") moveToEnd(queue, key, known);
      continue;
    }
    count += 1;
    if (bytes > capacityBytes) continue;
    while (used + bytes > capacityBytes) used -= evictOne(queue, policy);
    queue.set(key, { bytes, hits: 0 });
    used += bytes;
  }
  return count;
}

function evictOne(queue: Map<Request["key"], Kept>, policy: Policy): number {
  for (const [key, kept] of queue) {
    if (policy === "CLOCK" && kept.hits > 0) {
      kept.hits = 0;
      moveToEnd(queue, key, kept);
      continue;
    }
    queue.delete(key);
    return kept.bytes;
  }
  throw new Error("nothing to evict");
}

function moveToEnd(queue: Map<Request["key"], Kept>, key: Request["key"], kept: Kept): void {
  queue.delete(key);
  queue.set(key, kept);
}

/** The least misses that any policy can have for entries of one size (Belady 1966). `capacity` in entries. */
export function fewestMisses(keys: readonly Request["key"][], capacity: number): number {
  const next = new Array<number>(keys.length);
  const seen = new Map<Request["key"], number>();
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] as Request["key"];
    next[i] = seen.get(key) ?? Infinity;
    seen.set(key, i);
  }
  const kept = new Map<Request["key"], number>();
  let count = 0;
  keys.forEach((key, i) => {
    if (!kept.has(key)) {
      count += 1;
      if (kept.size === capacity) kept.delete(lastNeeded(kept));
    }
    kept.set(key, next[i] as number);
  });
  return count;
}

function lastNeeded(kept: ReadonlyMap<Request["key"], number>): Request["key"] {
  return [...kept].reduce((last, one) => (one[1] > last[1] ? one : last))[0];
}
