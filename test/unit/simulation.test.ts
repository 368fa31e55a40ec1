import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { Run } from "../../bench/simulation/simulate.js";
import type { Simulation } from "../../bench/simulation/simulate.js";
import type { Service, SimulatedReplica } from "../../bench/simulation/simulatedReplica.js";
import { Aimd } from "../../src/batching/aimd.js";
import { FixedSize } from "../../src/batching/fixed.js";
import type { NewController } from "../../src/batching/lane.js";
import { ModelSize } from "../../src/batching/modelSize.js";
import { QuantileSize } from "../../src/batching/quantileSize.js";

const SEEDS = 500;
const NOISY: Service = { fixedMs: 4, rowMs: 0.25, sigma: 0.08, stallShare: 0.01 };
/** Batches of 84 rows take half of an objective of 50 ms. */
const CAPACITY = 3360;

const CONTROLLERS: readonly NewController[] = [
  () => new Aimd(),
  () => new QuantileSize(256),
  (model) => new ModelSize(model, 256),
  () => new FixedSize(32),
];

const THREE_AT_HALF: Simulation = {
  seed: 7,
  newController: () => new Aimd({ maxBatchRows: 32 }),
  replicas: [NOISY, NOISY, NOISY],
  sloMs: [50],
  ratePerSecond: 3000,
  seconds: 6,
  warmUpSeconds: 1,
};

/** Each seed draws which faults are on. */
function drawn(seed: number): Simulation {
  const random = seededRandom(seed);
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const replicas = Array.from({ length: pick([1, 1, 2, 4]) }, () => ({
    fixedMs: pick([0.5, 4, 12]),
    rowMs: pick([0.05, 0.25, 1]),
    sigma: pick([0, 0.08, 0.4]),
    stallShare: pick([0, 0.01, 0.1]),
    tileRows: pick([1, 1, 32]),
    wayMs: pick([0, 0, 2]),
  }));
  const limits = { maxBatchDelayMs: pick([0, 0, 1, 5, "AUTO" as const]), prefetchMs: pick([0, 0, 2, 20]) };
  const bulk = pick([undefined, { ratePerSecond: pick([100, 3000]), deadlineMs: pick([100, 500, 5000]) }]);
  const burst = pick([undefined, undefined, { queries: 20, overMs: 1 }]);
  const atMs = 100 + 300 * random();
  const end = {
    atMs: 100 + 300 * random(),
    run: (all: readonly { end(restartMs: number): void }[]) => all.at(-1)?.end(pick([20, 100, 1000])),
  };
  const stall = (untilMs: number) => ({
    atMs,
    run: ([replica]: readonly { stalledUntilMs: number }[]) => void (replica && (replica.stalledUntilMs = untilMs)),
  });
  return {
    seed,
    newController: pick(CONTROLLERS),
    replicas,
    limits: { ...limits, maxBatchBytes: pick([Infinity, 80]) },
    maxReplyRows: pick([Infinity, Infinity, 20]),
    sloMs: pick([[5], [50], [20, 100]]),
    ratePerSecond: pick([100, 1000, 6000]) / (burst?.queries ?? 1),
    ...(bulk === undefined ? {} : { bulk }),
    ...(burst === undefined ? {} : { burst }),
    seconds: 0.6,
    warmUpSeconds: 0,
    events: [...(random() < 0.5 ? [stall(atMs + 200)] : []), ...(random() < 0.5 ? [end] : [])],
  };
}

describe("the batcher in simulation", () => {
  test(`keeps its invariants at every step over ${SEEDS} seeds`, async () => {
    const dispatches: Record<string, number> = {};
    let bulkGood = 0;
    const totals = { late: 0, refused: 0, dropped: 0, failed: 0, overdue: 0, ejected: 0, retried: 0 };
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await new Run(drawn(seed)).run();
      expect({ seed, breach: outcome.breach }).toEqual({ seed, breach: undefined });
      for (const key of Object.keys(totals) as (keyof typeof totals)[]) totals[key] += outcome[key];
      for (const [reason, count] of Object.entries(outcome.dispatches)) {
        dispatches[reason] = (dispatches[reason] ?? 0) + count;
      }
      bulkGood += outcome.bulk.good;
    }
    // None of the ways out went untried.
    expect(Math.min(...Object.values(totals), bulkGood)).toBeGreaterThan(100);
    for (const reason of ["FULL", "BUDGET", "TURN_END", "DELAY"]) expect(dispatches[reason]).toBeGreaterThan(100);
  });

  test("is the same for the same seed, and another for another", async () => {
    const once = await new Run(drawn(11)).run();
    expect(await new Run(drawn(11)).run()).toEqual(once);
    expect(await new Run({ ...drawn(11), seed: 12 }).run()).not.toEqual(once);
  });

  test.each([0.8, 1.2, 10])("keeps goodput near capacity under AIMD at %d times the load", async (load) => {
    const simulation = { seed: 5, newController: () => new Aimd(), replicas: [NOISY], sloMs: [50], warmUpSeconds: 3 };
    const outcome = await new Run({ ...simulation, ratePerSecond: load * CAPACITY, seconds: 8 }).run();
    expect(outcome.goodPerSecond).toBeGreaterThan(0.87 * Math.min(outcome.arrivedPerSecond, CAPACITY));
  });

  test.each([
    ["AIMD", () => new Aimd()],
    ["the latency model", (model) => new ModelSize(model, 256)],
  ] satisfies [string, NewController][])(
    "puts rows together under %s though a single one takes half of the objective",
    async (_name, newController) => {
      const outcome = await new Run({
        seed: 5,
        newController,
        replicas: [{ fixedMs: 10, rowMs: 0.05, sigma: 0.05, stallShare: 0.01 }],
        sloMs: [20],
        ratePerSecond: 1000,
        seconds: 8,
        warmUpSeconds: 3,
      }).run();
      expect(outcome).toMatchObject({ breach: undefined });
      // In batches of one row at most a tenth could be answered.
      expect(outcome.goodPerSecond).toBeGreaterThan(0.5 * outcome.arrivedPerSecond);
    },
  );

  test("answers 99 of 100 in time when one of three replicas hangs, and ejects it", async () => {
    const outcome = await new Run({
      ...THREE_AT_HALF,
      events: [{ atMs: 2000, run: ([, hung]) => void (hung && (hung.stalledUntilMs = 30_000)) }],
    }).run();
    expect(outcome).toMatchObject({ breach: undefined });
    expect(outcome.ejected).toBeGreaterThan(0);
    expect(outcome.ejected).toBeLessThan(10);
    expect(outcome.goodPerSecond).toBeGreaterThan(0.99 * outcome.arrivedPerSecond);
  });

  test("answers 99 of 100 in time when one of three replicas ends and comes back, again and again", async () => {
    const run = ([, mortal]: readonly SimulatedReplica[]): void => mortal?.end(300);
    const outcome = await new Run({
      ...THREE_AT_HALF,
      events: [2000, 3000, 4000, 5000].map((atMs) => ({ atMs, run })),
    }).run();
    expect(outcome).toMatchObject({ breach: undefined });
    expect(outcome.goodPerSecond).toBeGreaterThan(0.99 * outcome.arrivedPerSecond);
  });

  test("gives a replica that is ten times as slow no more than its share, and still a row a second", async () => {
    const slow = { ...NOISY, fixedMs: 10 * NOISY.fixedMs, rowMs: 10 * NOISY.rowMs };
    const healthy = await new Run({ ...THREE_AT_HALF, replicas: [NOISY, NOISY] }).run();
    const outcome = await new Run({ ...THREE_AT_HALF, replicas: [NOISY, slow, NOISY] }).run();
    const [, slowRows = 0] = outcome.rowsByReplica;
    const rows = outcome.rowsByReplica.reduce((sum, more) => sum + more, 0);
    expect(slowRows / rows).toBeLessThan(0.1 / 2.1);
    expect(slowRows).toBeGreaterThanOrEqual(5);
    expect(outcome.p99Ms).toBeLessThan(1.2 * healthy.p99Ms);
    expect(outcome.goodPerSecond).toBeGreaterThan(0.99 * outcome.arrivedPerSecond);
  });

  test("is back at its goodput within half a second of a stall of five", async () => {
    const outcome = await new Run({
      seed: 5,
      newController: () => new Aimd(),
      replicas: [NOISY],
      sloMs: [50],
      ratePerSecond: 0.8 * CAPACITY,
      seconds: 13,
      warmUpSeconds: 0,
      events: [{ atMs: 5000, run: ([replica]) => void (replica && (replica.stalledUntilMs = 10_000)) }],
    }).run();
    const rate = (from: number, to: number) =>
      outcome.goodByTenth.slice(from * 10, to * 10).reduce((sum, good) => sum + good, 0) / (to - from);
    expect(rate(10, 10.5)).toBeGreaterThan(0.9 * rate(2, 5));
    expect(rate(10.5, 13)).toBeGreaterThan(0.95 * rate(2, 5));
  });
});
