import { describe, expect, test } from "@jest/globals";
import { Run } from "../../bench/simulation/simulate.js";
import type { Simulation } from "../../bench/simulation/simulate.js";
import type { Service } from "../../bench/simulation/simulatedReplica.js";
import { Aimd } from "../../src/batching/aimd.js";

const NOISY: Service = { fixedMs: 4, rowMs: 0.25, sigma: 0.08, stallShare: 0.01 };
/** Batches of 84 rows take half of an objective of 50 ms. */
const CAPACITY = 3360;
const COMMON: Simulation = {
  seed: 3,
  newController: () => new Aimd(),
  replicas: [NOISY],
  sloMs: [50],
  ratePerSecond: CAPACITY / 2,
  seconds: 12,
  warmUpSeconds: 4,
};

async function good(changes: Partial<Simulation>) {
  const outcome = await new Run({ ...COMMON, ...changes }).run();
  expect(outcome.breach).toBeUndefined();
  return outcome;
}

describe("priorities in simulation", () => {
  const bulk = { ratePerSecond: 6000, deadlineMs: 4000 };

  test("leave interactive queries nearly what they have without bulk, and give bulk the rest of the capacity", async () => {
    const alone = await good({});
    const beside = await good({ bulk });
    expect(beside.goodPerSecond).toBeGreaterThan(0.93 * alone.goodPerSecond);
    const bulkPerSecond = beside.bulk.good / 8;
    expect(bulkPerSecond + beside.goodPerSecond).toBeGreaterThan(0.9 * CAPACITY);
  });

  test("let bulk go on under ten times the load, for a tenth of interactive goodput", async () => {
    const alone = await good({ ratePerSecond: 10 * CAPACITY });
    const beside = await good({ ratePerSecond: 10 * CAPACITY, bulk });
    expect(beside.goodPerSecond).toBeGreaterThan(0.85 * alone.goodPerSecond);
    expect(beside.bulk.good / 8).toBeGreaterThan(0.05 * CAPACITY);
  });
});

describe("fill wait in simulation", () => {
  const bursts = { burst: { queries: 20, overMs: 2 }, ratePerSecond: 10, seconds: 30, warmUpSeconds: 15 };

  test("pays with AUTO where queries come in bursts and each batch is dear, and is found out", async () => {
    const replicas = [{ ...NOISY, fixedMs: 15, rowMs: 0.05 }];
    const [off, auto] = [
      await good({ ...bursts, replicas }),
      await good({ ...bursts, replicas, limits: { maxBatchDelayMs: "AUTO" } }),
    ];
    expect(auto.waits).toBe(true);
    expect(auto.meanMs).toBeLessThan(0.9 * off.meanMs);
    expect(auto.dispatches["DELAY"]).toBeGreaterThan(50);
  });

  test("is left off by AUTO where it only makes queries wait", async () => {
    const replicas = [{ ...NOISY, fixedMs: 1, rowMs: 0.02 }];
    const changes = { replicas, ratePerSecond: 1500 };
    const [off, auto] = [await good(changes), await good({ ...changes, limits: { maxBatchDelayMs: "AUTO" } })];
    const always = await good({ ...changes, limits: { maxBatchDelayMs: 2 } });
    expect(auto.waits).toBe(false);
    expect(always.meanMs).toBeGreaterThan(1.2 * off.meanMs);
    expect(auto.meanMs).toBeLessThan(1.1 * off.meanMs);
  });
});

describe("prefetch in simulation", () => {
  test("wins under overload where batches are long on their way, and loses where they are not", async () => {
    const overload = { ratePerSecond: 2 * CAPACITY };
    const far = { ...overload, replicas: [{ ...NOISY, wayMs: 2 }] };
    const [off, ahead] = [await good(far), await good({ ...far, limits: { prefetchMs: 5 } })];
    expect(ahead.goodPerSecond).toBeGreaterThan(1.03 * off.goodPerSecond);
    const [near, lost] = [await good(overload), await good({ ...overload, limits: { prefetchMs: 20 } })];
    expect(lost.goodPerSecond).toBeLessThan(0.97 * near.goodPerSecond);
  });
});
