import { describe, expect, test } from "@jest/globals";
import { Suspects } from "../../src/batching/suspects.js";
import { contentDigest } from "../../src/lib/contentDigest.js";
import { rowOf } from "../support/fakeReplica.js";

const TEN_MINUTES_MS = 600_000;

describe("suspect inputs", () => {
  test("are known by their content, for ten minutes, until they are answered", () => {
    const suspects = new Suspects();
    expect(suspects.isEmpty).toBe(true);
    suspects.add(rowOf(1), 0);
    suspects.add(rowOf(2), 1);
    expect(suspects.look(rowOf(1), 2)).toEqual({ suspect: true, quarantinedMs: 0 });
    suspects.clear(rowOf(1));
    expect(suspects.look(rowOf(1), 2)).toEqual({ suspect: false, quarantinedMs: 0 });
    expect(suspects.look(rowOf(2), TEN_MINUTES_MS).suspect).toBe(true);
    expect(suspects.look(rowOf(2), TEN_MINUTES_MS + 1).suspect).toBe(false);
    expect(suspects.isEmpty).toBe(true);
  });

  test("are quarantined at the second replica that ended with them alone, from then on for ten minutes", () => {
    const suspects = new Suspects();
    suspects.add(rowOf(1), 0);
    expect([suspects.endedAlone(rowOf(1), 10), suspects.endedAlone(rowOf(1), 20)]).toEqual([false, true]);
    expect(suspects.look(rowOf(1), 120)).toEqual({ suspect: true, quarantinedMs: TEN_MINUTES_MS - 100 });
    suspects.clear(rowOf(1));
    expect(suspects.look(rowOf(1), 120).quarantinedMs).toBeGreaterThan(0);
    expect(suspects.look(rowOf(1), TEN_MINUTES_MS + 20)).toEqual({ suspect: false, quarantinedMs: 0 });
    // It has served its time.
    expect(suspects.endedAlone(rowOf(1), TEN_MINUTES_MS + 30)).toBe(false);
  });

  test("are at most a thousand of each kind, the latest ones", () => {
    const suspects = new Suspects();
    for (let number = 0; number < 1001; number++) {
      suspects.endedAlone(rowOf(number), number);
      suspects.endedAlone(rowOf(number), number);
    }
    for (let number = 0; number < 1001; number++) suspects.add(rowOf(-1 - number), number);
    const known = (numbers: number[]) => numbers.map((number) => suspects.look(rowOf(number), 2000).suspect);
    expect(known([0, 1, 1000, -1, -2, -1001])).toEqual([false, true, true, false, true, true]);
  });

  test("with the same bytes parted otherwise are others", () => {
    const [a, b] = [new Uint8Array([1, 2]), new Uint8Array([3])];
    const whole = new Uint8Array([1, 2, 3]);
    const digests = [[a, b], [b, a], [whole], [whole, new Uint8Array()]].map(contentDigest);
    expect(new Set(digests).size).toBe(4);
    expect(contentDigest([whole])).toBe(contentDigest([Uint8Array.from(whole)]));
  });
});
