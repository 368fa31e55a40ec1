import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CacheScope, ExactCache } from "../../src/caching/exactCache.js";
import { rowOf } from "../support/fakeReplica.js";
import { SlowS3Fifo, textOf } from "../support/fakeS3Fifo.js";

/** Room for about 30 small entries, 3 of them in the small queue. */
const CAPACITY = 20_000;

/** Popular keys are asked for often, so that entries are promoted, reinserted and remembered as ghosts. */
const key = fc.oneof(fc.nat(5), fc.nat(40), fc.nat(200));
const lookup = fc.record({ do: fc.constant("lookup" as const), scope: fc.constantFrom("a", "b"), key });
const clear = fc.record({ do: fc.constant("clear" as const), scope: fc.constantFrom("a", "b"), key: fc.constant(0) });
const steps = fc.array(fc.oneof({ weight: 300, arbitrary: lookup }, { weight: 1, arbitrary: clear }), {
  minLength: 100,
  maxLength: 1500,
  size: "max",
});

/** Entries of several sizes, a few of which are above what the cache takes. */
const bytesOf = (number: number) => (number % 13 === 0 ? 1500 : 4 + (number % 7) * 60);

describe("exact cache", () => {
  test("keeps and gives up what S3-FIFO does, within its capacity, and answers with what was kept for the row", () => {
    let evictedAtLeastOnce = false;
    fc.assert(
      fc.property(steps, (lookups) => {
        const cache = new ExactCache({ capacityBytes: CAPACITY });
        const oracle = new SlowS3Fifo(CAPACITY);
        const scopes = { a: new CacheScope(), b: new CacheScope() };
        let kept = 0;
        for (const { do: what, scope, key: number } of lookups) {
          if (what === "clear") {
            cache.clear(scopes[scope]);
            oracle.clear(scope);
            continue;
          }
          // Hashes collide on purpose: 150 of them for 200 keys.
          const hash = number % 150;
          const row = rowOf(number, bytesOf(number));
          const found = cache.get(scopes[scope], hash, row);
          expect(found && textOf(found)).toBe(oracle.get(scope, hash, row));
          if (found === undefined) {
            const output = rowOf(scope === "a" ? number : -number, 8);
            cache.set(scopes[scope], hash, row, output);
            oracle.set(scope, hash, row, output);
            kept += 1;
          }
          expect(cache.bytes).toBe(oracle.bytes);
          expect(cache.entryCount).toBe(oracle.entryCount);
          expect(cache.bytes).toBeLessThanOrEqual(CAPACITY);
        }
        evictedAtLeastOnce ||= kept > cache.entryCount + 10;
      }),
      { numRuns: 25 },
    );
    expect(evictedAtLeastOnce).toBe(true);
  });

  test("has room for rows only up to its small queue, and for none without capacity", () => {
    const cache = new ExactCache({ capacityBytes: 10_000 });
    const scope = new CacheScope();
    cache.set(scope, 1, rowOf(1, 400), rowOf(1));
    expect(cache.get(scope, 1, rowOf(1, 400))).toBeUndefined();
    cache.set(scope, 1, rowOf(1, 300), rowOf(1));
    expect(cache.get(scope, 1, rowOf(1, 300))).toEqual(rowOf(1));
    const none = new ExactCache({ capacityBytes: 0 });
    none.set(scope, 2, rowOf(2), rowOf(2));
    expect([none.bytes, none.entryCount]).toEqual([0, 0]);
  });

  test("never gives another scope's output", () => {
    const cache = new ExactCache({ capacityBytes: 1e6 });
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
        const cache = new ExactCache({ capacityBytes: 1e6 });
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

  test("keeps copies, not the caller's buffers", () => {
    const cache = new ExactCache({ capacityBytes: 1e6 });
    const scope = new CacheScope();
    const message = new Uint8Array(100_000);
    const [input, output] = [message.subarray(10, 14), message.subarray(20, 24)];
    output[0] = 9;
    cache.set(scope, 1, [input], [output]);
    message.fill(255);
    const found = cache.get(scope, 1, rowOf(0))?.[0];
    expect(found && [...found]).toEqual([9, 0, 0, 0]);
    expect(found?.buffer.byteLength).toBe(4);
  });

  test("forgets all of a cleared scope and nothing of another, and takes its rows anew", () => {
    const cache = new ExactCache({ capacityBytes: 1e6 });
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
    const cache = new ExactCache({ capacityBytes: CAPACITY });
    const [first, second] = [new CacheScope(), new CacheScope()];
    for (let i = 0; i < 30; i++) cache.set(first, i, rowOf(i), rowOf(i));
    cache.clear(first);
    for (let i = 0; i < 30; i++) cache.set(second, i, rowOf(i), rowOf(i));
    expect(cache.entryCount).toBe(30);
    expect(cache.bytes).toBeLessThanOrEqual(CAPACITY);
  });
});
