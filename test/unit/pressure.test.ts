import { describe, expect, test } from "@jest/globals";
import { Pressure } from "../../src/serving/pressure.js";
import { FakeClock } from "../support/fakeClock.js";

/** A clock whose alarms can be held up, as by a blocked event loop. */
function setUp() {
  const clock = new FakeClock();
  const state = { memory: 0.1, lateMs: 0 };
  const shares: number[] = [];
  const warnings: string[] = [];
  const pressure = new Pressure({
    clock: {
      nowMs: () => clock.nowMs(),
      wallMs: () => clock.wallMs(),
      turnEnd: (callback) => clock.turnEnd(callback),
      at: (atMs, callback) => clock.at(atMs + state.lateMs, callback),
    },
    memoryShare: () => state.memory,
    limitCache: (share) => void shares.push(share),
    warn: (message) => void warnings.push(message),
  });
  pressure.start();
  /** One sample of that much memory, so late. The alarm for the next one is armed on time. */
  const sample = (memory: number, lateMs = 0) => {
    pressure.stop();
    state.memory = memory;
    state.lateMs = lateMs;
    pressure.start();
    state.lateMs = 0;
    clock.advance(250 + lateMs);
    return pressure.level;
  };
  return { clock, pressure, sample, shares, warnings };
}

describe("pressure", () => {
  test("of memory sheds bulk queries at 90 %, all at 95 %, and ends 3 % below each", () => {
    const { sample } = setUp();
    const shares = [0.1, 0.89, 0.9, 0.94, 0.95, 0.93, 0.92, 0.91, 0.88, 0.87, 0.86, 0.97, 0.5];
    expect(shares.map((share) => sample(share))).toEqual([
      "NORMAL",
      "NORMAL",
      "SHED_BULK",
      "SHED_BULK",
      "SHED_ALL",
      "SHED_ALL",
      "SHED_ALL",
      "SHED_BULK",
      "SHED_BULK",
      "SHED_BULK",
      "NORMAL",
      "SHED_ALL",
      "NORMAL",
    ]);
  });

  test("of memory halves the cache with every sample from 80 % on, down to a sixteenth, and gives it back below 77 %", () => {
    const { sample, shares } = setUp();
    for (const share of [0.79, 0.8, 0.85, 0.8, 0.82, 0.81, 0.78, 0.76, 0.5]) sample(share);
    expect(shares).toEqual([0.5, 0.25, 0.125, 0.0625, 1]);
  });

  test("of the event loop sheds bulk after one late alarm, all only after two in a row", () => {
    const { pressure, sample } = setUp();
    const lates = [99, 100, 0, 500, 0, 200, 200, 160, 0];
    expect(lates.map((lateMs) => sample(0.1, lateMs))).toEqual([
      "NORMAL",
      "SHED_BULK",
      "NORMAL",
      "SHED_BULK",
      "NORMAL",
      "SHED_BULK",
      "SHED_ALL",
      "SHED_BULK",
      "NORMAL",
    ]);
    expect(pressure.stalls).toBe(5);
  });

  test("refuses bulk first, then interactive, and says so once", () => {
    const { pressure, sample, warnings } = setUp();
    const refused = () => (["BULK", "INTERACTIVE"] as const).filter((priority) => pressure.refusal(priority));
    expect(refused()).toEqual([]);
    sample(0.92);
    sample(0.92);
    expect(refused()).toEqual(["BULK"]);
    sample(0.96);
    expect(refused()).toEqual(["BULK", "INTERACTIVE"]);
    sample(0.5);
    expect(refused()).toEqual([]);
    expect(warnings).toEqual([
      "pressure is SHED_BULK: memory 92 %, event loop 0 ms late",
      "pressure is SHED_ALL: memory 96 %, event loop 0 ms late",
      "pressure is NORMAL: memory 50 %, event loop 0 ms late",
    ]);
  });

  test("is not sampled any more after stop", () => {
    const { clock, pressure } = setUp();
    pressure.stop();
    pressure.stop();
    expect(clock.alarms).toBe(0);
  });
});
