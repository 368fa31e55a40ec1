import { describe, expect, test } from "@jest/globals";
import { ReplicaHealth } from "../../src/batching/replicaHealth.js";

describe("a replica's health", () => {
  function ejected(random = () => 0.5): ReplicaHealth {
    const health = new ReplicaHealth(random);
    expect([1, 2, 3].map(() => health.timedOut(false, 1000))).toEqual([false, false, true]);
    return health;
  }

  test("is ejected at the third batch in a row without a reply, and tried 50 ms later", () => {
    const health = ejected();
    expect([health.isHealthy, health.mayProbe(1049), health.mayProbe(1050)]).toEqual([false, false, true]);
    expect(health.problem).toBe("3 batches in a row had no reply in time; one row will try it");
  });

  test("begins to count anew after a reply", () => {
    const health = new ReplicaHealth(() => 0.5);
    for (let i = 0; i < 10; i++) {
      expect([health.timedOut(false, 0), health.timedOut(false, 0)]).toEqual([false, false]);
      health.replied();
    }
    expect(health.isHealthy).toBe(true);
  });

  test("is tried after twice the time, up to 5 s, whenever a probe had no reply", () => {
    const health = ejected();
    const delays: number[] = [];
    for (let i = 0; i < 10; i++) {
      const nowMs = health.tryAtMs;
      health.probed(nowMs + 20);
      expect(health.mayProbe(nowMs + 10_000)).toBe(false);
      // A batch from before says nothing about the probe.
      expect(health.timedOut(false, nowMs)).toBe(false);
      expect(health.timedOut(true, nowMs)).toBe(true);
      delays.push(health.tryAtMs - nowMs);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000]);
  });

  test("has delays that vary by a fifth, so that many do not come back at once", () => {
    expect([() => 0, () => 0.999].map((random) => Math.round(ejected(random).tryAtMs - 1000))).toEqual([40, 60]);
  });

  test.each(["before", "during"])("is healthy again at a reply %s a probe, and its delays are the shortest", (when) => {
    const health = ejected();
    health.probed(1100);
    health.timedOut(true, 1100);
    if (when === "during") health.probed(1300);
    health.replied();
    expect([health.isHealthy, health.problem]).toEqual([true, undefined]);
    for (let i = 0; i < 3; i++) health.timedOut(false, 2000);
    expect(health.tryAtMs).toBe(2050);
  });
});
