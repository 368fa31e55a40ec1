import { describe, expect, test } from "@jest/globals";
import { SharedSamples } from "../../src/lib/sharedSamples.js";
import type { Told } from "../../src/lib/latestValues.js";
import { FakeClock } from "../support/fakeClock.js";

/** Samples that are the intervals they are of, and what is taken when. */
function setUp() {
  const clock = new FakeClock(0);
  const samples = new SharedSamples<readonly [number, number]>(clock);
  const taken: string[] = [];
  let made = 0;
  let answer = (interval: number): readonly [number, number] | undefined => [clock.nowMs(), interval];
  const follow = (what: string, intervalMs: number) =>
    samples.follow(what, intervalMs, () => {
      made += 1;
      return {
        sample: (interval) => {
          taken.push(`${what} at ${clock.nowMs()}`);
          return answer(interval);
        },
      };
    });
  /** What an iterator has by now. */
  const now = async (from: AsyncIterableIterator<Told<readonly [number, number]>>) => {
    let result: unknown = "nothing yet";
    void from.next().then(({ done, value }) => (result = done === true ? "end" : [...value.value, value.dropped]));
    for (let i = 0; i < 5; i++) await Promise.resolve();
    return result;
  };
  return { clock, samples, taken, made: () => made, follow, now, answerWith: (next: typeof answer) => (answer = next) };
}

describe("shared samples", () => {
  test("are taken once an interval whatever the number of those who follow", async () => {
    const { clock, samples, taken, made, follow, now } = setUp();
    const all = Array.from({ length: 50 }, () => follow("a", 100));
    for (const each of all) expect(await now(each)).toEqual([0, 0, 0]);
    clock.advance(100);
    for (const each of all) expect(await now(each)).toEqual([100, 100, 0]);
    expect(taken).toEqual(["a at 0", "a at 100"]);
    expect([made(), samples.size, clock.alarms]).toEqual([1, 1, 1]);
  });

  test("are the last one at once for who comes later, and of each interval apart", async () => {
    const { clock, taken, follow, now } = setUp();
    const [first, other] = [follow("a", 100), follow("a", 70)];
    clock.advance(130);
    const late = follow("a", 100);
    expect(await now(late)).toEqual([100, 100, 0]);
    expect(await now(first)).toEqual([100, 100, 1]);
    expect(await now(other)).toEqual([70, 70, 1]);
    expect(taken).toEqual(["a at 0", "a at 0", "a at 70", "a at 100"]);
  });

  test("do not queue up: the latest wins, and says how many were dropped", async () => {
    const { clock, follow, now } = setUp();
    const [slow, quick] = [follow("a", 100), follow("a", 100)];
    await now(slow);
    for (let i = 0; i < 5; i++) {
      await now(quick);
      clock.advance(100);
    }
    expect(await now(slow)).toEqual([500, 100, 4]);
    clock.advance(100);
    expect(await now(slow)).toEqual([600, 100, 0]);
  });

  test("are not told again while they stay the same", async () => {
    const { clock, follow, now, answerWith } = setUp();
    const same = [7, 7] as const;
    answerWith(() => same);
    const one = follow("a", 100);
    expect(await now(one)).toEqual([7, 7, 0]);
    clock.advance(1000);
    expect(await now(one)).toBe("nothing yet");
  });

  test("end for all when there is nothing to look at any more", async () => {
    const { clock, samples, follow, now, answerWith } = setUp();
    const all = [follow("a", 100), follow("a", 100)];
    for (const each of all) await now(each);
    answerWith(() => undefined);
    clock.advance(100);
    for (const each of all) expect(await now(each)).toBe("end");
    expect([samples.size, clock.alarms]).toEqual([0, 0]);
  });

  test("are tried again after one that failed, and never two at a time", async () => {
    const clock = new FakeClock(0);
    const samples = new SharedSamples<string>(clock);
    let settle: ((value: string) => void) | undefined;
    let asked = 0;
    const sample = () => {
      asked += 1;
      return asked === 1 ? Promise.reject(new Error("no database")) : new Promise<string>((done) => (settle = done));
    };
    const one = samples.follow("a", 100, () => ({ sample }));
    const told = one.next();
    const settled = async () => {
      for (let i = 0; i < 5; i++) await Promise.resolve();
    };
    await settled();
    clock.advance(100);
    clock.advance(1000);
    await settled();
    clock.advance(1000);
    expect(asked).toBe(2);
    settle?.("there");
    expect(await told).toEqual({ done: false, value: { value: "there", dropped: 0 } });
    await one.return?.();
    await settled();
    expect([samples.size, clock.alarms]).toEqual([0, 0]);
  });

  test("leave nothing behind, ten times a thousand who come and go", async () => {
    const { clock, samples, follow, now } = setUp();
    for (let round = 0; round < 10; round++) {
      const all = Array.from({ length: 1000 }, (_, i) => follow(`app ${i % 7}`, 100 + (i % 3)));
      const waiting = all.filter((_, i) => i % 2 === 0).map((each) => now(each).then(() => now(each)));
      clock.advance(150);
      for (const each of all) await each.return?.();
      await Promise.all(waiting);
      expect([samples.size, clock.alarms]).toEqual([0, 0]);
    }
  });

  test("end for all who follow when it stops, and for who comes after", async () => {
    const { clock, samples, follow, now } = setUp();
    const one = follow("a", 100);
    await now(one);
    samples.stop();
    expect(await now(one)).toBe("end");
    const late = follow("a", 100);
    expect(await now(late)).not.toBe("nothing yet");
    expect(await now(late)).toBe("end");
    expect([samples.size, clock.alarms]).toEqual([0, 0]);
  });
});
