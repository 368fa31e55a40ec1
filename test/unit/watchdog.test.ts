import { beforeEach, describe, expect, test } from "@jest/globals";
import { Watchdog } from "../../src/store/watchdog.js";
import { FakeClock } from "../support/fakeClock.js";

describe("a watchdog", () => {
  let clock: FakeClock;
  let heard: number;
  let barks: number;
  let watchdog: Watchdog;
  beforeEach(() => {
    clock = new FakeClock();
    heard = 0;
    barks = 0;
    watchdog = new Watchdog({ clock, limitMs: 500, heard: () => heard, bark: () => (barks += 1) });
  });

  test("barks once when nothing was heard for its limit", () => {
    clock.advance(499);
    expect([barks, watchdog.expired]).toEqual([0, false]);
    clock.advance(1);
    expect([barks, watchdog.expired]).toEqual([1, true]);
    clock.advance(5000);
    expect(barks).toBe(1);
  });

  test("does not count what something takes, as long as anything is heard", () => {
    for (let i = 0; i < 10; i++) {
      clock.advance(300);
      heard += 1;
    }
    expect(barks).toBe(0);
    clock.advance(600);
    expect(barks).toBe(1);
  });

  test("does not take a pause of its own process for silence", () => {
    clock.pause(5000);
    expect(barks).toBe(0);
    heard += 1;
    clock.advance(100);
    clock.advance(499);
    expect(barks).toBe(0);
    clock.advance(1);
    expect(barks).toBe(1);
  });

  test("begins anew when it is reset, and is silent once it is stopped", () => {
    clock.advance(400);
    watchdog.reset();
    clock.advance(400);
    expect(barks).toBe(0);
    watchdog.stop();
    clock.advance(1000);
    expect(barks).toBe(0);
  });
});
