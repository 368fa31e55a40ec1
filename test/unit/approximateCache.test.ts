import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { ApproximateCache } from "../../src/caching/approximateCache.js";
import type { ApproximateCacheOptions, LookupConditions } from "../../src/caching/approximateCache.js";
import { rowVector } from "../../src/caching/rowVector.js";
import type { RowVector } from "../../src/caching/rowVector.js";
import { sameOutput } from "../../src/caching/sameOutput.js";
import type { Row } from "../../src/domain/tensor.js";
import { FakeClock } from "../support/fakeClock.js";

const ALWAYS: LookupConditions = { auditsPaused: false, marginalRowMicroseconds: undefined };
const NO_AUDITS: LookupConditions = { ...ALWAYS, auditsPaused: true };

function vectorOf(dimensions: number): RowVector {
  const vector = rowVector([{ name: "x", datatype: "FP32", shape: [dimensions] }]);
  if (vector.kind === "none") throw new Error(vector.reason);
  return vector;
}

function sameLabel() {
  const rule = sameOutput([{ name: "label", datatype: "INT32", shape: [] }], undefined);
  if (rule.kind === "none") throw new Error(rule.reason);
  return rule.same;
}

function rowOf(...numbers: number[]): Row {
  return [new Uint8Array(Float32Array.from(numbers).buffer)];
}

function label(number: number): Row {
  return [new Uint8Array(Int32Array.of(number).buffer)];
}

function cacheOf(options: Partial<ApproximateCacheOptions> = {}): ApproximateCache {
  return new ApproximateCache({
    vector: vectorOf(2),
    same: sameLabel(),
    distance: "L2",
    errorBudget: 0.05,
    capacityBytes: 2 ** 20,
    random: seededRandom(1),
    clock: new FakeClock(),
    ...options,
  });
}

type Model = (x: number, y: number) => number;

/** Asks for a row as its owner does, and says what came of it. */
function ask(cache: ApproximateCache, model: Model, x: number, y: number, conditions = ALWAYS) {
  const row = rowOf(x, y);
  const lookup = cache.lookup(row, conditions);
  if (lookup.kind !== "HIT") cache.learn(row, lookup, label(model(x, y)));
  return lookup;
}

/** Points around (0, 0), all of one label: enough to be sure of. */
function warmUp(cache: ApproximateCache, model: Model = () => 1, rows = 600): void {
  const random = seededRandom(2);
  for (let i = 0; i < rows; i++) ask(cache, model, random(), random());
}

describe("approximate cache", () => {
  test("answers from a neighbour once it has evidence, and says how far that is", () => {
    const cache = cacheOf();
    warmUp(cache);
    cache.learn(rowOf(5, 5), { kind: "MISS", neighbour: undefined }, label(7));
    const found = cache.lookup(rowOf(5, 5.001), NO_AUDITS);
    if (found.kind !== "HIT") throw new Error(found.kind);
    expect(found.output).toEqual(label(7));
    expect(found.distance).toBeCloseTo(0.001, 5);
    expect(cache.figures.radius).toBeGreaterThan(0.001);
  });

  test("answers nothing before it is calibrated, not even for an equal row", () => {
    const cache = cacheOf();
    for (let i = 0; i < 40; i++) expect(ask(cache, () => 1, 1, 1).kind).toBe("MISS");
    expect(cache.figures).toMatchObject({ hits: 0, radius: undefined });
  });

  test("never answers from beyond the radius, though the nearest that it knows is there", () => {
    const cache = cacheOf();
    warmUp(cache);
    const radius = cache.figures.radius as number;
    const found = cache.lookup(rowOf(1 + 1.01 * radius, 1 + 1.01 * radius), NO_AUDITS);
    expect(found.kind).toBe("MISS");
    const beyond = cache.lookup(rowOf(500, 500), NO_AUDITS);
    expect(beyond).toMatchObject({ kind: "MISS", neighbour: { output: label(1) } });
  });

  test("every hit is within the radius of the moment by the true distance to what it answers with", () => {
    const random = seededRandom(9);
    // The output names the row that it is of, and any is as good as any other.
    const cache = cacheOf({ vector: vectorOf(64), same: () => true });
    const known: Float32Array[] = [];
    let hits = 0;
    for (let i = 0; i < 4000; i++) {
      const base = seededRandom(Math.floor(random() ** 2 * 1500));
      const x = Float32Array.from({ length: 64 }, () => base() + 0.02 * random());
      const row = [new Uint8Array(x.buffer)];
      const { radius } = cache.figures;
      const lookup = cache.lookup(row, NO_AUDITS);
      if (lookup.kind === "HIT") {
        hits += 1;
        const source = known[new DataView((lookup.output[0] as Uint8Array).buffer).getInt32(0, true)] as Float32Array;
        const distance = Math.hypot(...x.map((value, at) => value - (source[at] as number)));
        expect(lookup.distance).toBeCloseTo(distance, 4);
        expect(distance).toBeLessThanOrEqual((radius as number) + 1e-4);
      } else {
        cache.learn(row, lookup, label(known.push(x) - 1));
      }
    }
    expect(hits).toBeGreaterThan(500);
  });

  test("asks the model for a twentieth of its answers, counts who disagreed, and gives the interval", () => {
    const cache = cacheOf();
    warmUp(cache);
    const before = cache.figures;
    const kinds = { HIT: 0, AUDIT: 0, MISS: 0, SKIPPED: 0 };
    const random = seededRandom(3);
    for (let i = 0; i < 4000; i++) kinds[ask(cache, () => 1, random(), random()).kind] += 1;
    expect(kinds.AUDIT / (kinds.HIT + kinds.AUDIT)).toBeCloseTo(0.05, 1);
    expect(kinds.AUDIT).toBeGreaterThan(120);
    const { audits, disagreements, disagreementLow, disagreementHigh } = cache.figures;
    expect(audits - before.audits).toBe(kinds.AUDIT);
    expect([disagreements, disagreementLow]).toEqual([0, 0]);
    expect(disagreementHigh).toBeCloseTo(1 - 0.025 ** (1 / audits), 9);
  });

  test("forgets its entries when its bytes change, as under memory pressure, but not how far it may reach", () => {
    const cache = cacheOf();
    warmUp(cache);
    const { radius, bytes, audits } = cache.figures;
    cache.capacityBytes = 2 ** 16;
    expect(cache.figures).toMatchObject({ entries: 0, bytes: 0, radius, audits });
    expect(ask(cache, () => 1, 0.5, 0.5, NO_AUDITS).kind).toBe("MISS");
    expect(ask(cache, () => 1, 0.5, 0.5, NO_AUDITS).kind).toBe("HIT");
    // Far apart, so that none is an answer for another.
    for (let i = 0; i < 1000; i++) ask(cache, () => 1, 100 * i, 0);
    expect(cache.figures.entries).toBeGreaterThan(10);
    expect(cache.figures.bytes).toBeLessThanOrEqual(2 ** 16);
    cache.capacityBytes = 2 ** 20;
    for (let i = 0; i < 1000; i++) ask(cache, () => 1, 100 * i, 0);
    expect(cache.figures.bytes).toBeGreaterThan(bytes / 2);
  });

  test("audits nothing while audits are paused, and answers on", () => {
    const cache = cacheOf();
    warmUp(cache);
    const { audits } = cache.figures;
    for (let i = 0; i < 300; i++) expect(cache.lookup(rowOf(0.5, 0.5), NO_AUDITS).kind).not.toBe("AUDIT");
    expect(cache.figures.audits).toBe(audits);
  });

  test("stops answering soon after the model has begun to answer otherwise", () => {
    const cache = cacheOf();
    warmUp(cache, () => 1, 3000);
    const random = seededRandom(4);
    let answered = 0;
    for (let i = 0; i < 3000; i++)
      if (ask(cache, () => (random() < 0.5 ? 1 : 2), random(), random()).kind === "HIT") answered += 1;
    expect(answered).toBeLessThan(800);
    expect(cache.figures.radius).toBeUndefined();
  });

  test("keeps the true error near its budget where labels change along a line", () => {
    const model: Model = (x, y) => (x + y > 1 ? 1 : 0);
    for (const errorBudget of [0.02, 0.05]) {
      const cache = cacheOf({ errorBudget });
      const random = seededRandom(5);
      let hits = 0;
      let wrong = 0;
      for (let i = 0; i < 20_000; i++) {
        const [x, y] = [random(), random()];
        const found = ask(cache, model, x, y);
        if (found.kind !== "HIT") continue;
        hits += 1;
        if (!sameLabel()(found.output, label(model(x, y)))) wrong += 1;
      }
      expect(hits).toBeGreaterThan(5000);
      expect(wrong / hits).toBeLessThan(errorBudget);
    }
  });

  test("keeps copies, not the caller's buffers", () => {
    const cache = cacheOf();
    warmUp(cache);
    const output = label(7);
    cache.learn(rowOf(5, 5), { kind: "MISS", neighbour: undefined }, output);
    (output[0] as Uint8Array)[0] = 99;
    expect(cache.lookup(rowOf(5, 5), NO_AUDITS)).toMatchObject({ kind: "HIT", output: label(7) });
  });

  test("stays within its bytes, and forgets what was not the answer before what was", () => {
    const cache = cacheOf({ capacityBytes: 100_000 });
    warmUp(cache);
    cache.learn(rowOf(1000, 1000), { kind: "MISS", neighbour: undefined }, label(1));
    for (let i = 0; i < 2000; i++) {
      cache.learn(rowOf(2000 + 50 * i, 0), { kind: "MISS", neighbour: undefined }, label(1));
      expect(cache.lookup(rowOf(1000, 1000), NO_AUDITS)).toMatchObject({ kind: "HIT" });
      expect(cache.figures.bytes).toBeLessThanOrEqual(100_000);
    }
    expect(cache.figures.entries).toBeGreaterThan(50);
    expect(cache.lookup(rowOf(2000, 0), NO_AUDITS).kind).toBe("MISS");
  });

  test("keeps nothing larger than itself", () => {
    const cache = cacheOf({ capacityBytes: 2000 });
    cache.learn(rowOf(1, 1), { kind: "MISS", neighbour: undefined }, [new Uint8Array(3000)]);
    expect(cache.figures).toMatchObject({ entries: 0 });
    const none = cacheOf({ capacityBytes: 0 });
    none.learn(rowOf(1, 1), { kind: "MISS", neighbour: undefined }, label(1));
    expect(none.figures).toMatchObject({ entries: 0, bytes: 0 });
  });

  test("replaces the output of an equal row instead of keeping it twice", () => {
    const cache = cacheOf();
    for (let i = 0; i < 5; i++) ask(cache, () => i, 1, 1);
    expect(cache.figures.entries).toBe(1);
    expect(cache.lookup(rowOf(1, 1), ALWAYS)).toMatchObject({ neighbour: { output: label(4), distance: 0 } });
  });

  test("neither keeps nor answers what is not finite", () => {
    const cache = cacheOf();
    warmUp(cache);
    const { entries } = cache.figures;
    expect(ask(cache, () => 1, NaN, 0)).toEqual({ kind: "MISS", neighbour: undefined });
    expect(cache.figures.entries).toBe(entries);
  });

  test("takes the angle for bags of words and L2 for other numbers, unless told", () => {
    const dimensions = 10;
    const words = cacheOf({ vector: vectorOf(dimensions), distance: "AUTO" });
    const dense = cacheOf({ vector: vectorOf(dimensions), distance: "AUTO" });
    const random = seededRandom(6);
    for (let i = 0; i < 64; i++) {
      expect(words.figures.distance).toBeUndefined();
      const word = Array.from({ length: dimensions }, (_, at) => (at === i % dimensions ? 1 : 0));
      words.learn(rowOf(...word), words.lookup(rowOf(...word), ALWAYS), label(1));
      const numbers = Array.from({ length: dimensions }, random);
      dense.learn(rowOf(...numbers), dense.lookup(rowOf(...numbers), ALWAYS), label(1));
    }
    expect([words.figures.distance, dense.figures.distance]).toEqual(["ANGLE", "L2"]);
  });

  test("skips look-ups that cost more than they save, counts them, and tries one now and then", () => {
    const clock = new FakeClock();
    const nowMs = clock.nowMs.bind(clock);
    // Every look-up takes 100 us.
    let calls = 0;
    clock.nowMs = () => nowMs() + 0.1 * (calls += 1);
    const cache = cacheOf({ clock });
    warmUp(cache, () => 1, 11_000);
    const dear = { auditsPaused: false, marginalRowMicroseconds: 1000 };
    const cheap = { auditsPaused: false, marginalRowMicroseconds: 10 };
    for (let i = 0; i < 1000; i++) expect(ask(cache, () => 1, 0.5, 0.5, dear).kind).not.toBe("SKIPPED");
    for (let i = 0; i < 1000; i++) ask(cache, () => 1, 0.5, 0.5, cheap);
    expect(cache.figures.skipped).toBeGreaterThan(950);
    expect(cache.figures.skipped).toBeLessThan(1000);
    expect(cache.figures.lookupMicroseconds).toBeCloseTo(100, 0);
  });

  test("refuses a budget that is no share", () => {
    for (const errorBudget of [0, 1, NaN])
      expect(() => cacheOf({ errorBudget })).toThrow(`errorBudget (${errorBudget}) must be above 0 and below 1`);
  });
});
