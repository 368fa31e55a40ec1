import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Backoff } from "../../src/lib/backoff.js";
import { IntQueue } from "../../src/lib/intQueue.js";
import { nearest, suggest } from "../../src/lib/suggest.js";

describe("queue of integers", () => {
  test("does what an array does", () => {
    const runs = fc.array(fc.record({ push: fc.nat(3000), shift: fc.nat(3000) }), { maxLength: 8 });
    fc.assert(
      fc.property(runs, (all) => {
        const queue = new IntQueue();
        const oracle: number[] = [];
        let next = -1000;
        for (const { push, shift } of all) {
          for (let i = 0; i < push; i++, next++) {
            queue.push(next);
            oracle.push(next);
          }
          for (let i = 0; i < shift; i++) if (queue.shift() !== oracle.shift()) throw new Error(`shift ${i}`);
          expect(queue.length).toBe(oracle.length);
        }
        expect(Array.from(oracle, () => queue.shift())).toEqual(oracle);
      }),
    );
  });
});

describe("backoff", () => {
  test("doubles from the first to the longest delay", () => {
    const backoff = new Backoff({ firstMs: 50, maxMs: 500 }, () => 0.5);
    expect(Array.from({ length: 6 }, () => Math.round(backoff.next()))).toEqual([50, 100, 200, 400, 500, 500]);
    expect(backoff.failures).toBe(6);
    backoff.reset();
    expect(Math.round(backoff.next())).toBe(50);
  });

  test("jitters by 20 % either way and no more, after any number of failures", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        fc.integer({ min: 0, max: 2000 }),
        (draw, before) => {
          const backoff = new Backoff({ firstMs: 50, maxMs: 5000 }, () => draw);
          for (let i = 0; i < before; i++) backoff.next();
          const plainMs = before > 6 ? 5000 : Math.min(5000, 50 * 2 ** before);
          expect(backoff.next() / plainMs).toBeCloseTo(0.8 + 0.4 * draw, 9);
        },
      ),
    );
  });
});

describe("suggest", () => {
  const known = ["port", "host", "dataDir"];

  test("names the nearest of the known names", () => {
    expect(suggest("prot", ["host", "port"])).toBe("; did you mean port?");
    expect(nearest("prot", ["host", "port"])).toBe("; did you mean port?");
    expect(nearest("colour", ["host", "port"])).toBe("");
    expect(suggest("DATADIR", known)).toBe("; did you mean dataDir?");
    expect(suggest("datadri", known)).toBe("; did you mean dataDir?");
  });

  test("lists the known names when none is near", () => {
    expect(suggest("colour", known)).toBe("; known: port, host, dataDir");
    expect(suggest("x", [])).toBe("; known: ");
  });
});
