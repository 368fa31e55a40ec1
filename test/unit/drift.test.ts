import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Adwin } from "../../src/correction/adwin.js";
import { PageHinkley } from "../../src/correction/pageHinkley.js";
import { seededRandom } from "../../bench/simulation/seededRandom.js";

/** Made by river 0.26 and test/oracles/drift.py. */
const STREAMS = JSON.parse(readFileSync(new URL("../oracles/drift.json", import.meta.url), "utf8")) as Record<
  string,
  { values: string; pageHinkley: number[]; adwin: number[] }
>;
const valuesOf = (stream: string) => [...(STREAMS[stream]?.values ?? "")].map(Number);

interface Detector {
  update(value: number): boolean;
}

const firedAt = (detector: Detector, values: readonly number[]) =>
  values.flatMap((value, place) => (detector.update(value) ? [place] : []));

describe("drift as river finds it", () => {
  test("in the example of its documentation: Page-Hinkley at 1006, ADWIN at 1023", () => {
    expect(firedAt(new PageHinkley(), valuesOf("documented"))).toEqual([1006]);
    expect(firedAt(new Adwin(), valuesOf("documented"))).toEqual([1023]);
  });

  test.each(Object.keys(STREAMS))("%s: Page-Hinkley at the same places, ADWIN within one look of 32", (stream) => {
    const expected = STREAMS[stream] as (typeof STREAMS)[string];
    expect(firedAt(new PageHinkley(), valuesOf(stream))).toEqual(expected.pageHinkley);
    const adwin = firedAt(new Adwin(), valuesOf(stream));
    expect(adwin.length).toBe(expected.adwin.length);
    // River leaves the newest bucket of each size out of the older side of a cut; the paper does not.
    adwin.forEach((place, i) => expect(Math.abs(place - (expected.adwin[i] as number))).toBeLessThanOrEqual(32));
  });
});

test.each([
  ["Page-Hinkley", new PageHinkley()],
  ["ADWIN", new Adwin()],
] as const)("%s tells the means before and after the change, whichever way it went", (_name, detector) => {
  expect(detector.lastChange).toBeUndefined();
  const changes = [0.25, 0.75, 0.25].flatMap((mean, part) =>
    Array.from({ length: 400 }, (_, i) => detector.update(mean + (i % 2 === 0 ? 0.125 : -0.125)))
      .flatMap((fired) => (fired ? [detector.lastChange] : []))
      .map((change) => ({ part, change })),
  );
  expect(changes.map(({ part }) => part)).toEqual([1, 2]);
  const [up, down] = changes.map(({ change }) => change);
  expect(up?.meanBefore).toBeCloseTo(0.25, 1);
  expect(up?.meanAfter).toBeCloseTo(0.75, 1);
  expect(down?.meanBefore).toBeCloseTo(0.75, 1);
  expect(down?.meanAfter).toBeCloseTo(0.25, 1);
});

describe("ADWIN", () => {
  test("keeps the exact mean of its window in O(log n) buckets", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 400 }), (values) => {
        const adwin = new Adwin();
        let since = 0;
        values.forEach((value, i) => {
          if (adwin.update(value)) since = i + 1;
          const window = values.slice(since, i + 1);
          expect(adwin.width).toBe(window.length);
          if (window.length === 0) expect(adwin.mean).toBeUndefined();
          else expect(adwin.mean).toBeCloseTo(window.reduce((a, b) => a + b, 0) / window.length, 9);
        });
        expect(adwin.encode().length).toBeLessThan(1000);
      }),
      { numRuns: 100 },
    );
  });

  test("hardly ever fires by chance: at most once in ten streams of 5,000", () => {
    let fired = 0;
    for (let seed = 0; seed < 10; seed++) {
      const random = seededRandom(seed);
      fired += firedAt(
        new Adwin(),
        Array.from({ length: 5000 }, () => (random() < 0.2 ? 1 : 0)),
      ).length;
    }
    expect(fired).toBeLessThanOrEqual(1);
  });
});

describe.each([
  ["ADWIN", () => new Adwin(), (bytes: Uint8Array) => Adwin.decode(bytes)],
  ["Page-Hinkley", () => new PageHinkley(), (bytes: Uint8Array) => PageHinkley.decode(bytes)],
] as const)("the state of %s", (_name, make, decode) => {
  test("is the same bytes when stored and read in between, also across a change", () => {
    const random = seededRandom(4);
    const values = Array.from({ length: 3000 }, (_, t) => (random() < (t < 1500 ? 0.1 : 0.7) ? 1 : 0));
    for (const at of [0, 1, 500, 1600, 2999]) {
      const straight = make();
      let stored: Detector & { encode(): Uint8Array } = make();
      values.forEach((value, t) => {
        if (t === at) stored = decode(stored.encode());
        expect(stored.update(value)).toBe(straight.update(value));
      });
      expect(stored.encode()).toEqual(straight.encode());
    }
  });

  test("never holds what is no number, and is read from nothing but its own bytes", () => {
    const one = make();
    for (const bad of [NaN, Infinity, -Infinity]) expect(one.update(bad)).toBe(false);
    expect(one.encode()).toEqual(make().encode());
    for (let i = 0; i < 50; i++) one.update(i % 2);
    const bytes = one.encode();
    expect(() => decode(bytes.slice(0, -1))).toThrow("too few");
    expect(() => decode(Uint8Array.from([...bytes, 0]))).toThrow("too many");
    const poisoned = bytes.slice();
    new DataView(poisoned.buffer).setFloat64(bytes.length - 8, NaN, true);
    expect(() => decode(poisoned)).toThrow("finite");
  });
});
