import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { mortalReplicas } from "../support/mortalReplicas.js";

const MINUTE_MS = 60_000;

describe("an input that ends replicas", () => {
  test("is found by halving, while every other row is answered and the last healthy replica is never risked", async () => {
    let isolated = 0;
    const cases = fc.record({
      replicas: fc.integer({ min: 3, max: 5 }),
      rows: fc.integer({ min: 1, max: 80 }),
      at: fc.nat(79),
      concurrency: fc.integer({ min: 1, max: 3 }),
      maxBatchRows: fc.integer({ min: 1, max: 64 }),
      restartMs: fc.integer({ min: 20, max: 400 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ rows, at, ...options }) => {
        const poison = at % rows;
        const run = mortalReplicas({ ...options, poison: [poison] });
        for (let number = 0; number < rows; number++) run.submit(number, 20_000);
        await run.pass(20_001);
        for (let number = 0; number < rows; number++) {
          if (number !== poison) expect([number, run.outcomes.get(number)]).toEqual([number, ["answered"]]);
        }
        expect(run.outcomes.get(poison)).toEqual([expect.stringMatching(/^(POISON|MODEL_ERROR)$/)]);
        const first = run.ended.find((numbers) => numbers.includes(poison)) as number[];
        const withPoison = run.sent.filter((numbers) => numbers.includes(poison)).length - 1;
        expect(withPoison).toBeLessThanOrEqual(Math.ceil(Math.log2(first.length)) + 1);
        expect(run.fewestLive()).toBeGreaterThan(0);
        expect(run.batcher.queuedRows).toBe(0);
        if (first.length > 1) isolated += 1;
        // It comes again and again: soon it is refused.
        for (let i = 0; i < 3; i++) {
          run.submit(poison, 5000);
          await run.pass(5001);
        }
        expect(run.outcomes.get(poison)?.at(-1)).toBe("POISON");
        const { length } = run.sent;
        run.submit(poison);
        await run.pass(1);
        expect(run.sent).toHaveLength(length);
        expect(run.fewestLive()).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
    expect(isolated).toBeGreaterThan(50);
  });

  test("does not keep a replica from others when its time is up before the replica was free for it", async () => {
    const { submit, pass, outcomes } = mortalReplicas({ replicas: 1, poison: [9], serviceMs: 50 });
    submit(1);
    submit(9);
    await pass(3000);
    expect(outcomes.get(1)).toEqual(["MODEL_ERROR"]);
    submit(2);
    await pass(10);
    // It was with the replica when that ended, and waits until it can be alone on it.
    submit(1, 20);
    await pass(100);
    expect([outcomes.get(1), outcomes.get(2)]).toEqual([["MODEL_ERROR", "MODEL_ERROR"], ["answered"]]);
    submit(3);
    await pass(100);
    expect(outcomes.get(3)).toEqual(["answered"]);
  });

  test("is refused for ten minutes, and then tried again", async () => {
    const { submit, pass, outcomes, sent } = mortalReplicas({ replicas: 3, poison: [7] });
    submit(7);
    await pass(1000);
    expect(outcomes.get(7)).toEqual(["POISON"]);
    const { length } = sent;
    await pass(9 * MINUTE_MS);
    submit(7);
    await pass(10);
    expect([sent.length, outcomes.get(7)?.length]).toEqual([length, 2]);
    await pass(MINUTE_MS);
    submit(7);
    await pass(1000);
    expect(sent.length).toBeGreaterThan(length);
  });

  test("ends the last healthy replica of two at most once", async () => {
    const { submit, pass, fewestLive, ended } = mortalReplicas({ replicas: 2, poison: [1, 2, 3, 4, 5] });
    submit(1);
    await pass(1000);
    expect([fewestLive(), ended]).toEqual([0, [[1], [1]]]);
    // Others like it: the first replica's end is enough.
    for (const number of [2, 3, 4, 5]) {
      submit(number, 100);
      await pass(1000);
    }
    expect(ended.slice(2)).toEqual([[2], [3], [4], [5]]);
  });

  test("costs a single replica its batch; its rows are run alone afterwards, and it itself once a second at most", async () => {
    const { submit, pass, outcomes, sent, ended } = mortalReplicas({ replicas: 1, poison: [2, 3], restartMs: 50 });
    for (const number of [1, 2, 3]) submit(number);
    await pass(40);
    expect([...outcomes.values()]).toEqual([["MODEL_ERROR"], ["MODEL_ERROR"], ["MODEL_ERROR"]]);
    await pass(20);
    for (const number of [2, 3, 1, 4]) submit(number, 3000);
    await pass(100);
    expect(sent[1]).toEqual([2]);
    expect(ended).toEqual([[1, 2, 3], [2]]);
    submit(3, 3000);
    await pass(800);
    // What nobody suspects does not wait.
    submit(9);
    await pass(10);
    expect(outcomes.get(9)).toEqual(["answered"]);
    expect(ended).toHaveLength(2);
    await pass(200);
    expect(ended.slice(2)).toEqual([[3]]);
    await pass(1000);
    submit(1);
    await pass(10);
    expect(outcomes.get(1)?.at(-1)).toBe("answered");
  });

  test("is not a row that was beside another batch each time that a replica ended", async () => {
    const run = mortalReplicas({ replicas: 2, maxBatchRows: 1, concurrency: 2, serviceMs: 10 });
    const { submit, pass, outcomes, end, sent, metrics } = run;
    for (const number of [1, 2, 3, 4]) submit(number);
    await pass(5);
    end("r0");
    await pass(10);
    expect(sent).toEqual([[1], [2], [3], [4], [1], [3]]);
    end("r1");
    await pass(10);
    expect([1, 2, 3, 4].map((number) => outcomes.get(number))).toEqual([
      ["MODEL_ERROR"],
      ["answered"],
      ["MODEL_ERROR"],
      ["answered"],
    ]);
    expect(metrics.quarantined).toBe(0);
  });

  test("is not what a network is that breaks: rows that were lost are answered when they come again", async () => {
    const { submit, pass, outcomes, live, end, metrics } = mortalReplicas({ replicas: 3, serviceMs: 10 });
    for (let round = 0; round < 4; round++) {
      for (let number = 0; number < 60; number++) submit(number, 1000);
      await pass(5);
      for (const id of [...live.keys()]) end(id);
      await pass(3000);
      for (let number = 0; number < 60; number++) submit(number, 10_000);
      await pass(10_001);
      for (let number = 0; number < 60; number++) expect(outcomes.get(number)?.at(-1)).toBe("answered");
    }
    expect(metrics.quarantined).toBe(0);
  });
});
