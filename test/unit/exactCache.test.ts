import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CacheScope, ExactCache } from "../../src/caching/exactCache.js";
import { FakeClock } from "../support/fakeClock.js";
import { rowOf } from "../support/fakeReplica.js";
import { SlowS3Fifo, textOf } from "../support/fakeS3Fifo.js";

/** Room for about 60 entries, 6 of them in the small queue. */
const CAPACITY = 10_000;

const cacheOf = (capacityBytes: number, clock = new FakeClock()) => new ExactCache({ capacityBytes, clock });

/** Popular keys are asked for often, so that entries are promoted, reinserted and remembered as ghosts. */
const key = fc.oneof(fc.nat(10), fc.nat(80), fc.nat(400));
const scope = fc.constantFrom("a" as const, "b" as const);
const lookup = fc.record({ do: fc.constant("lookup" as const), scope, number: key });
const clear = fc.record({ do: fc.constant("clear" as const), scope, number: fc.constant(0) });
const wait = fc.record({ do: fc.constant("wait" as const), scope, number: fc.nat(3000) });
const ttl = fc.record({ do: fc.constant("ttl" as const), scope, number: fc.oneof(fc.constant(0), fc.nat(10_000)) });
const resize = fc.record({ do: fc.constant("resize" as const), scope, number: fc.integer({ min: 3000, max: 12_000 }) });
const steps = fc.array(
  fc.oneof(
    { weight: 600, arbitrary: lookup },
    { weight: 2, arbitrary: fc.oneof(clear, ttl, resize) },
    { weight: 20, arbitrary: wait },
  ),
  { minLength: 300, maxLength: 1000, size: "max" },
);

/** Entries of several sizes, a few of which are above what the cache takes. */
const bytesOf = (number: number) => (number % 13 === 0 ? 1000 : 4 + (number % 7) * 21);

/** The cache and its oracle, told the same. */
function twins() {
  const clock = new FakeClock();
  const cache = cacheOf(CAPACITY, clock);
  const oracle = new SlowS3Fifo(CAPACITY);
  const scopes = { a: new CacheScope(), b: new CacheScope() };
  let kept = 0;
  const look = (name: "a" | "b", number: number) => {
    // Hashes collide on purpose: 300 of them for 400 keys.
    const hash = number % 300;
    const row = rowOf(number, bytesOf(number));
    const found = cache.get(scopes[name], hash, row);
    expect(found && textOf(found)).toBe(oracle.get(name, hash, row));
    if (found !== undefined) return;
    const output = rowOf(name === "a" ? number : -number, 8);
    cache.set(scopes[name], hash, row, output);
    oracle.set(name, hash, row, output);
    kept += 1;
  };
  const step = ({ do: what, scope: name, number }: { do: string; scope: "a" | "b"; number: number }) => {
    oracle.nowMs = clock.nowMs();
    if (what === "lookup") look(name, number);
    else if (what === "wait") clock.advance(number);
    else if (what === "clear") {
      cache.clear(scopes[name]);
      oracle.clear(name);
    } else if (what === "ttl") {
      scopes[name].ttlMs = number === 0 ? undefined : number;
      oracle.ttlMs.set(name, number === 0 ? Infinity : number);
    } else {
      cache.capacityBytes = number;
      oracle.capacity = number;
      oracle.shrink(0);
    }
  };
  return { cache, oracle, step, evicted: () => kept > cache.entryCount + 10 };
}

describe("exact cache", () => {
  test("keeps and gives up what S3-FIFO does, within its capacity, and answers with what was kept for the row", () => {
    let evictedAtLeastOnce = false;
    fc.assert(
      fc.property(steps, (all) => {
        const { cache, oracle, step, evicted } = twins();
        for (const one of all) {
          step(one);
          expect(cache.bytes).toBe(oracle.bytes);
          expect(cache.entryCount).toBe(oracle.entryCount);
          expect(cache.bytes).toBeLessThanOrEqual(cache.capacityBytes);
        }
        evictedAtLeastOnce ||= evicted();
      }),
      { numRuns: 25, endOnFailure: true },
    );
    expect(evictedAtLeastOnce).toBe(true);
  });

  test("has room for rows only up to its small queue, and for none without capacity", () => {
    const cache = cacheOf(10_000);
    const scope = new CacheScope();
    cache.set(scope, 1, rowOf(1, 910), rowOf(1));
    expect(cache.get(scope, 1, rowOf(1, 910))).toBeUndefined();
    cache.set(scope, 1, rowOf(1, 890), rowOf(1));
    expect(cache.get(scope, 1, rowOf(1, 890))).toEqual(rowOf(1));
    const none = cacheOf(0);
    none.set(scope, 2, rowOf(2), rowOf(2));
    expect([none.bytes, none.entryCount]).toEqual([0, 0]);
  });

  test("never gives another scope's output", () => {
    const cache = cacheOf(1e6);
    const [first, second] = [new CacheScope(), new CacheScope()];
    cache.set(first, 1, rowOf(5), rowOf(50));
    expect(cache.get(second, 1, rowOf(5))).toBeUndefined();
    cache.set(second, 1, rowOf(5), rowOf(51));
    expect(cache.get(first, 1, rowOf(5))).toEqual(rowOf(50));
    expect(cache.get(second, 1, rowOf(5))).toEqual(rowOf(51));
  });

  test("never gives the output of another row with the same hash", () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const parts = fc.array(bytes, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(parts, parts, fc.nat(899), (kept, asked, at) => {
        const cache = cacheOf(1e6);
        const scope = new CacheScope();
        cache.set(scope, 7, kept, rowOf(1));
        const different = textOf(kept) !== textOf(asked);
        expect(cache.get(scope, 7, asked) === undefined).toBe(different);
        // As near as can be: one bit of one byte differs.
        const nearly = kept.map((part) => part.slice());
        const part = nearly[at % nearly.length] as Uint8Array;
        fc.pre(part.length > 0);
        part[at % part.length] = (part[at % part.length] as number) ^ 1;
        expect(cache.get(scope, 7, nearly)).toBeUndefined();
        cache.set(scope, 7, nearly, rowOf(2));
        expect(cache.get(scope, 7, kept)).toEqual(rowOf(1));
      }),
    );
  });

  test("keeps copies, not the caller's buffers, and gives copies out", () => {
    const cache = cacheOf(1e6);
    const scope = new CacheScope();
    const message = new Uint8Array(100_000);
    const [input, output] = [message.subarray(10, 14), message.subarray(20, 24)];
    output[0] = 9;
    cache.set(scope, 1, [input], [output]);
    message.fill(255);
    for (let i = 0; i < 2; i++) {
      const found = cache.get(scope, 1, rowOf(0))?.[0];
      expect(found && [...found]).toEqual([9, 0, 0, 0]);
      expect(found?.buffer.byteLength).toBe(4);
      found?.fill(7);
    }
  });

  test("gives outputs out that stay as they are when their entries make room for others", () => {
    const cache = cacheOf(CAPACITY);
    const scope = new CacheScope();
    cache.set(scope, 0, rowOf(0), rowOf(10));
    const held = cache.get(scope, 0, rowOf(0));
    for (let i = 1; i < 20_000; i++) {
      cache.set(scope, i, rowOf(i), rowOf(i));
      cache.get(scope, i, rowOf(i));
    }
    expect(cache.get(scope, 0, rowOf(0))).toBeUndefined();
    expect(held).toEqual(rowOf(10));
  });

  test("tells hashes apart that differ in their upper bits alone", () => {
    const cache = cacheOf(1e6);
    const scope = new CacheScope();
    const hashes = Array.from({ length: 20 }, (_, i) => 5 + i * 2 ** 32);
    hashes.forEach((hash, i) => cache.set(scope, hash, rowOf(i), rowOf(-i)));
    hashes.forEach((hash, i) => expect(cache.get(scope, hash, rowOf(i))).toEqual(rowOf(-i)));
    expect(cache.get(scope, 2 ** 52 + 5, rowOf(0))).toBeUndefined();
  });

  test("keeps rows of many pages, tensor by tensor", () => {
    const cache = cacheOf(16e6);
    const scope = new CacheScope();
    const tensors = fc.array(fc.oneof(fc.nat(40), fc.nat(300), fc.nat(200_000)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(tensors, tensors, fc.nat(255), (inputs, outputs, seed) => {
        const fill = (length: number, at: number) => Buffer.alloc(length, Buffer.from([seed, at, 3, 5, 7, 11, 13]));
        const [input, output] = [inputs.map(fill), outputs.map((length, at) => fill(length, at + 9))];
        cache.clear(scope);
        cache.set(scope, 1, input, output);
        const found = cache.get(scope, 1, input) ?? [];
        expect(found.map((part) => part.length)).toEqual(outputs);
        expect(found.every((part, i) => Buffer.compare(part, output[i] as Buffer) === 0)).toBe(true);
        const last = input.at(-1) as Buffer;
        fc.pre(last.length > 0);
        last[last.length - 1] = (last.at(-1) as number) ^ 1;
        expect(cache.get(scope, 1, input)).toBeUndefined();
      }),
      { numRuns: 50, endOnFailure: true },
    );
  });

  test("forgets all of a cleared scope and nothing of another, and takes its rows anew", () => {
    const cache = cacheOf(1e6);
    const [first, second] = [new CacheScope(), new CacheScope()];
    for (let i = 0; i < 10; i++) {
      cache.set(first, i, rowOf(i), rowOf(i));
      cache.set(second, i, rowOf(i), rowOf(-i));
    }
    cache.clear(first);
    expect(cache.entryCount).toBe(10);
    for (let i = 0; i < 10; i++) {
      expect(cache.get(first, i, rowOf(i))).toBeUndefined();
      expect(cache.get(second, i, rowOf(i))).toEqual(rowOf(-i));
    }
    cache.set(first, 3, rowOf(3), rowOf(33));
    expect(cache.get(first, 3, rowOf(3))).toEqual(rowOf(33));
  });

  test("frees the places of cleared entries as it needs them", () => {
    const cache = cacheOf(CAPACITY);
    const [first, second] = [new CacheScope(), new CacheScope()];
    const room = Math.floor(CAPACITY / 96);
    for (let i = 0; i < room; i++) {
      cache.set(first, i, rowOf(i), rowOf(i));
      cache.get(first, i, rowOf(i));
    }
    expect(cache.bytes).toBe(room * 96);
    cache.clear(first);
    expect(cache.entryCount).toBe(0);
    for (let i = 0; i < room; i++) cache.set(second, i, rowOf(i), rowOf(i));
    expect(cache.entryCount).toBe(room);
    expect(cache.bytes).toBe(room * 96);
  });

  describe("with a time to live", () => {
    test("answers until it is over, and takes the row anew", () => {
      const clock = new FakeClock();
      const cache = cacheOf(CAPACITY, clock);
      const scope = new CacheScope({ ttlMs: 500 });
      cache.set(scope, 1, rowOf(1), rowOf(10));
      clock.advance(499);
      expect(cache.get(scope, 1, rowOf(1))).toEqual(rowOf(10));
      clock.advance(1);
      expect(cache.get(scope, 1, rowOf(1))).toBeUndefined();
      expect(cache.entryCount).toBe(0);
      cache.set(scope, 1, rowOf(1), rowOf(11));
      expect(cache.get(scope, 1, rowOf(1))).toEqual(rowOf(11));
    });

    test("replaces what has expired though nobody asked for it", () => {
      const clock = new FakeClock();
      const cache = cacheOf(CAPACITY, clock);
      const scope = new CacheScope({ ttlMs: 500 });
      cache.set(scope, 1, rowOf(1), rowOf(10));
      clock.advance(500);
      cache.set(scope, 1, rowOf(1), rowOf(11));
      expect([cache.entryCount, cache.get(scope, 1, rowOf(1))]).toEqual([1, rowOf(11)]);
    });

    test("goes by the present one, also for entries from before, and after uptimes of years", () => {
      const clock = new FakeClock(9e11 + 0.75);
      const cache = cacheOf(CAPACITY, clock);
      const scope = new CacheScope();
      cache.set(scope, 1, rowOf(1), rowOf(10));
      clock.advance(10_000);
      expect(cache.get(scope, 1, rowOf(1))).toEqual(rowOf(10));
      scope.ttlMs = 20_000;
      expect(cache.get(scope, 1, rowOf(1))).toEqual(rowOf(10));
      scope.ttlMs = 5000;
      expect(cache.get(scope, 1, rowOf(1))).toBeUndefined();
    });

    test("frees the place of what has expired first, however often it was asked for", () => {
      const clock = new FakeClock();
      const cache = cacheOf(CAPACITY, clock);
      const [mortal, lasting] = [new CacheScope({ ttlMs: 500 }), new CacheScope()];
      for (let i = 0; i < 100; i++) {
        cache.set(mortal, i, rowOf(i), rowOf(i));
        for (let j = 0; j < 3; j++) cache.get(mortal, i, rowOf(i));
      }
      clock.advance(500);
      for (let i = 0; i < 100; i++) cache.set(lasting, i, rowOf(i), rowOf(i));
      for (let i = 0; i < 100; i++) expect(cache.get(lasting, i, rowOf(i))).toEqual(rowOf(i));
      expect(mortal.entryCount).toBeLessThan(15);
    });
  });

  describe("whose capacity shrinks", () => {
    const full = () => {
      const cache = cacheOf(1e6);
      const scope = new CacheScope();
      for (let i = 0; i < 10_000; i++) {
        cache.set(scope, i, rowOf(i), rowOf(i));
        for (let j = 0; j < 3; j++) cache.get(scope, i, rowOf(i));
      }
      return { cache, scope };
    };

    test("evicts at once, a thousand steps at a time, down to the new one", () => {
      const { cache, scope } = full();
      const before = cache.bytes;
      cache.capacityBytes = 100_000;
      expect(cache.bytes).toBeGreaterThanOrEqual(before - 1000 * 96);
      let calls = 1;
      while (cache.shrink()) calls += 1;
      // An entry that was asked for three times and more is looked at five times at most.
      expect(calls).toBeLessThanOrEqual(Math.ceil((5 * before) / 96 / 1000));
      expect(cache.bytes).toBeLessThanOrEqual(100_000);
      expect(cache.entryCount).toBe(scope.entryCount);
      expect(cache.entryCount).toBeGreaterThan(1000);
      expect(cache.shrink()).toBe(false);
    });

    test("takes no row meanwhile that would need more steps, and never grows", () => {
      const { cache, scope } = full();
      cache.capacityBytes = 10_000;
      for (let i = 0, bytes = cache.bytes; cache.bytes > 10_000; i++) {
        cache.set(scope, 1e6 + i, rowOf(i), rowOf(i));
        expect(cache.bytes).toBeLessThanOrEqual(bytes);
        bytes = cache.bytes;
        expect(i).toBeLessThan(100);
      }
      cache.set(scope, 5e6, rowOf(5), rowOf(5));
      expect(cache.get(scope, 5e6, rowOf(5))).toEqual(rowOf(5));
    });

    test("gives up everything at 0", () => {
      const { cache } = full();
      cache.capacityBytes = 0;
      while (cache.shrink());
      expect([cache.bytes, cache.entryCount]).toEqual([0, 0]);
    });
  });

  test("holds a million tiny entries in 112 bytes each", () => {
    const cache = cacheOf(112e6);
    const scope = new CacheScope();
    const input = new Uint8Array(16);
    const output = new Uint8Array(8);
    const row = (i: number) => {
      new DataView(input.buffer).setUint32(4, i);
      return [input];
    };
    for (let i = 0; i < 1e6; i++) cache.set(scope, Math.imul(i, 0x9e3779b1) >>> 0, row(i), [output]);
    expect([cache.entryCount, cache.bytes]).toEqual([1e6, 112e6]);
    for (let i = 0; i < 1e6; i += 997) expect(cache.get(scope, Math.imul(i, 0x9e3779b1) >>> 0, row(i))).toBeDefined();
    cache.set(scope, 2 ** 51, row(1e6), [output]);
    expect([cache.entryCount, cache.bytes]).toEqual([1e6, 112e6]);
  });
});
