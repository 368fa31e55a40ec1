import { describe, expect, test } from "@jest/globals";
import { noAnswer, within } from "../../src/lib/within.js";
import { FakeClock } from "../support/fakeClock.js";

/** Work that the test ends. */
function gate<T>() {
  let open: (value: T) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { work, open, fail };
}

describe("work that is given a time", () => {
  test("comes to what it comes to in that time, and leaves no alarm", async () => {
    const clock = new FakeClock();
    const { work, open } = gate<string>();
    const outcome = within(clock, 100, work, () => "late");
    clock.advance(99);
    open("done");
    expect(await outcome).toBe("done");
    expect(clock.alarms).toBe(0);
  });

  test("fails as it fails, and leaves no alarm", async () => {
    const clock = new FakeClock();
    const { work, fail } = gate<string>();
    const outcome = within(clock, 100, work, () => "late");
    fail(new Error("broken"));
    await expect(outcome).rejects.toThrow("broken");
    expect(clock.alarms).toBe(0);
  });

  test("is not waited for any longer, and what becomes of it then is nobody's", async () => {
    const clock = new FakeClock();
    const { work, fail } = gate<string>();
    const outcome = within(clock, 100, work, () => "late");
    clock.advance(100);
    expect(await outcome).toBe("late");
    fail(new Error("unheeded"));
    await expect(work).rejects.toThrow("unheeded");
  });

  test("is an error where it was to answer", async () => {
    const clock = new FakeClock();
    const outcome = within(clock, 250, gate().work, noAnswer(250));
    clock.advance(250);
    await expect(outcome).rejects.toThrow("no answer within 250 ms");
  });
});
