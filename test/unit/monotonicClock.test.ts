import { describe, expect, test } from "@jest/globals";
import { MonotonicClock } from "../../src/lib/monotonicClock.js";

describe("monotonic clock", () => {
  test("fires alarms in the order of their times, none early, whatever the order they were set in", async () => {
    const lates: number[] = [];
    const clock = new MonotonicClock((lateMs) => lates.push(lateMs));
    const startMs = clock.nowMs();
    const fired: number[] = [];
    await new Promise<void>((resolve) => {
      for (const afterMs of [9, 3, 12, 1, 6]) {
        clock.at(startMs + afterMs, () => {
          expect(clock.nowMs()).toBeGreaterThanOrEqual(startMs + afterMs);
          fired.push(afterMs);
          if (afterMs === 12) resolve();
        });
      }
    });
    expect(fired).toEqual([1, 3, 6, 9, 12]);
    expect(lates.length).toBeGreaterThanOrEqual(1);
    expect(Math.min(...lates)).toBeGreaterThanOrEqual(0);
  });

  test("tells of one pause once, as late as its first alarm was, and nothing of alarms that were set too late", async () => {
    const lates: number[] = [];
    const clock = new MonotonicClock((lateMs) => lates.push(lateMs));
    const startMs = clock.nowMs();
    const last = new Promise<void>((resolve) => {
      for (let i = 1; i <= 10; i++) clock.at(startMs + i, i === 10 ? resolve : () => undefined);
    });
    const untilMs = clock.nowMs() + 30;
    while (clock.nowMs() < untilMs) {
      // The event loop is held up.
    }
    await last;
    expect(lates).toHaveLength(1);
    expect(lates[0]).toBeGreaterThanOrEqual(28);
    await new Promise<void>((resolve) => void clock.at(clock.nowMs() - 10_000, resolve));
    expect(lates).toHaveLength(2);
    expect(lates[1]).toBeLessThan(5_000);
  });

  test("does not fire an alarm that was called off, and fires those behind it", async () => {
    const clock = new MonotonicClock();
    const startMs = clock.nowMs();
    const fired: string[] = [];
    const cancel = clock.at(startMs + 1, () => fired.push("called off"));
    const last = new Promise<void>((resolve) => {
      clock.at(startMs + 4, () => {
        fired.push("kept");
        resolve();
      });
    });
    cancel();
    cancel();
    await last;
    expect(fired).toEqual(["kept"]);
  });

  test("takes an alarm set by an alarm, also one in the past", async () => {
    const clock = new MonotonicClock();
    await new Promise<void>((resolve) => {
      clock.at(clock.nowMs() + 1, () => clock.at(clock.nowMs() - 100, resolve));
    });
  });

  test("ends the turn after all promises that are settled in it", async () => {
    const clock = new MonotonicClock();
    const order: string[] = [];
    const ended = new Promise<void>((resolve) => {
      clock.turnEnd(() => {
        order.push("turn end");
        resolve();
      });
    });
    void Promise.resolve()
      .then(() => order.push("first"))
      .then(() => order.push("second"));
    await ended;
    expect(order).toEqual(["first", "second", "turn end"]);
  });
});
