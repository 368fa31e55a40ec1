import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Adaptation } from "../../src/correction/adaptation.js";
import type { Adapted } from "../../src/correction/adaptation.js";
import { EntityTurns } from "../../src/correction/entityTurns.js";
import { ByteReader } from "../../src/lib/byteCursor.js";

const RISE = { meanBefore: 0.1, meanAfter: 0.5 };

interface Step {
  readonly loss: number;
  readonly entity?: string;
  readonly change?: { readonly meanBefore: number; readonly meanAfter: number };
}

/** What is told, and after how many steps. */
function run(adaptation: Adaptation, steps: Iterable<Step>): (Adapted & { readonly step: number })[] {
  const told: (Adapted & { readonly step: number })[] = [];
  let step = 0;
  for (const { loss, entity, change } of steps) {
    step += 1;
    const adapted = adaptation.update(loss, entity, change);
    if (adapted !== undefined) told.push({ ...adapted, step });
  }
  return told;
}

/** Users in turn. Of each the loss is what it has at that many examples. */
function* inTurns(users: number, turns: number, lossAt: (examples: number) => number): Generator<Step> {
  for (let turn = 0; turn < turns; turn++) {
    for (let user = 0; user < users; user++) yield { loss: lossAt(turn), entity: `user-${user}` };
  }
}

describe("what a change is made up for", () => {
  test("is not asked before answers have become worse, nor when they become better", () => {
    const adaptation = new Adaptation();
    const better = { loss: 0.9, change: { meanBefore: 0.9, meanAfter: 0.5 } };
    expect(run(adaptation, [better, ...inTurns(10, 200, () => 0.9)])).toEqual([]);
    expect(adaptation.state).toBe("STEADY");
    expect(adaptation.encode()).toHaveLength(1);
  });

  test("stalls when users' losses stay high after their twenty examples: told once, with the losses", () => {
    const adaptation = new Adaptation();
    adaptation.update(0.5, "user-0", RISE);
    expect(adaptation.state).toBe("ADAPTING");
    const told = run(
      adaptation,
      inTurns(100, 60, (examples) => (examples < 20 ? 0.5 : 0.375)),
    );
    // Twenty turns of 100 users; in the next one user-0 has had one more, and two blocks of 200.
    expect(told).toEqual([
      {
        ...{ adaptation: "STALLED", meanBefore: 0.1, meanAtChange: 0.5, meanNow: 0.375 },
        ...{ observations: 2400, step: 2399 },
      },
    ]);
    expect(adaptation.state).toBe("STALLED");
  });

  test("is recovery when the later examples are two thirds of the way back, however bad the first twenty were", () => {
    const adaptation = new Adaptation();
    adaptation.update(0.5, "user-0", RISE);
    expect(
      run(
        adaptation,
        inTurns(100, 60, (examples) => (examples < 20 ? 1 : 0.1875)),
      ),
    ).toEqual([]);
    expect(adaptation.state).toBe("STEADY");
  });

  test("is recovery too within one and a half times the loss before, and not above", () => {
    const small = { meanBefore: 0.5, meanAfter: 0.625 };
    for (const [loss, state] of [
      [0.75, "STEADY"],
      [0.8125, "STALLED"],
    ] as const) {
      const adaptation = new Adaptation();
      adaptation.update(0.5, undefined, small);
      run(
        adaptation,
        inTurns(50, 40, () => loss),
      );
      expect(adaptation.state).toBe(state);
    }
  });

  test("that stalled is told to have ended when the loss is back", () => {
    const adaptation = new Adaptation();
    adaptation.update(0.5, undefined, RISE);
    const told = run(adaptation, [...inTurns(100, 30, () => 0.5), ...inTurns(100, 4, () => 0.125)]);
    expect(told.map((one) => [one.adaptation, one.meanNow])).toEqual([
      ["STALLED", 0.5],
      ["STEADY", 0.125],
    ]);
    expect(adaptation.state).toBe("STEADY");
  });

  test("a single block says nothing, whether too high or not", () => {
    const adaptation = new Adaptation();
    adaptation.update(0.5, undefined, RISE);
    const blocks = (...losses: readonly number[]): unknown[] =>
      losses.flatMap((loss) =>
        run(
          adaptation,
          inTurns(1, 200, () => loss),
        ).map((one) => one.adaptation),
      );
    run(
      adaptation,
      inTurns(1, 20, () => 1),
    );
    expect([blocks(0.5, 0.125, 0.5, 0.125), adaptation.state]).toEqual([[], "ADAPTING"]);
    expect([blocks(0.5, 0.5), adaptation.state]).toEqual([["STALLED"], "STALLED"]);
    expect([blocks(0.125, 0.5, 0.125), adaptation.state]).toEqual([[], "STALLED"]);
    expect([blocks(0.125), adaptation.state]).toEqual([["STEADY"], "STEADY"]);
  });

  test("a further change lets users learn anew, and is compared with what was before the first", () => {
    const adaptation = new Adaptation();
    adaptation.update(0.5, undefined, RISE);
    run(
      adaptation,
      inTurns(100, 23, () => 0.5),
    );
    adaptation.update(0.5, undefined, { meanBefore: 0.5, meanAfter: 0.75 });
    const told = run(
      adaptation,
      inTurns(100, 60, () => 0.5),
    );
    expect(told).toMatchObject([{ adaptation: "STALLED", meanBefore: 0.1, meanAtChange: 0.75, observations: 2401 }]);
  });

  test("without users, or of users who come a few times only, is asked of all answers", () => {
    const alone = new Adaptation();
    alone.update(0.5, undefined, RISE);
    const losses = Array.from({ length: 500 }, () => ({ loss: 0.5 }));
    expect(run(alone, losses)).toMatchObject([{ adaptation: "STALLED", observations: 420 }]);
    const passing = new Adaptation();
    passing.update(0.5, "nobody", RISE);
    const visits = Array.from({ length: 6000 }, (_, i) => ({ loss: 0.5, entity: `visitor-${i >> 1}` }));
    expect(run(passing, visits)).toMatchObject([{ adaptation: "STALLED", observations: 5400 }]);
  });

  test("is the same as by counting every user's turns, as long as they are few", () => {
    const step = fc.record({
      loss: fc.constantFrom(0, 0.25, 0.5, 1),
      entity: fc.constantFrom("a", "b", "c", undefined),
    });
    const blocks = fc.array(fc.record({ step, times: fc.integer({ min: 1, max: 300 }) }), { maxLength: 12 });
    fc.assert(
      fc.property(blocks, (given) => {
        const steps = given.flatMap((one) => Array.from({ length: one.times }, () => one.step as Step));
        const adaptation = new Adaptation();
        adaptation.update(0.5, "z", RISE);
        const told = run(adaptation, steps).map((one) => [one.adaptation, one.meanNow, one.observations]);
        expect(told).toEqual(byCounting(steps));
      }),
      { numRuns: 200 },
    );
  });

  test("is kept in bytes: stored and read at any place it goes on alike, in a bounded size", () => {
    const steps = [
      ...inTurns(300, 24, () => 0.5),
      { loss: 0.5, change: { meanBefore: 0.5, meanAfter: 0.75 } },
      ...inTurns(100, 25, () => 0.75),
      ...inTurns(100, 8, () => 0.0625),
    ];
    const straight = new Adaptation();
    straight.update(0.5, undefined, RISE);
    const expected = run(straight, steps);
    expect(expected.map((one) => one.adaptation)).toEqual(["STALLED", "STEADY"]);
    for (const at of [0, 1, 3000, 7000, 7200, 7201, 9600, 9800]) {
      const first = new Adaptation();
      first.update(0.5, undefined, RISE);
      const before = run(first, steps.slice(0, at));
      const bytes = first.encode();
      expect(bytes.length).toBeLessThan(800);
      const second = Adaptation.decode(bytes);
      expect(second.encode()).toEqual(bytes);
      expect(second.state).toBe(first.state);
      const after = run(second, steps.slice(at)).map((one) => ({ ...one, step: one.step + at }));
      expect([...before, ...after]).toEqual(expected);
    }
  });

  test("never holds what is no number, and is read from nothing but its own bytes", () => {
    const adaptation = new Adaptation();
    adaptation.update(0.5, undefined, RISE);
    const bytes = adaptation.encode();
    for (const bad of [NaN, Infinity, -Infinity]) expect(adaptation.update(bad, undefined, undefined)).toBeUndefined();
    expect(adaptation.encode()).toEqual(bytes);
    expect(() => Adaptation.decode(bytes.slice(0, -1))).toThrow("too few");
    expect(() => Adaptation.decode(Uint8Array.from([...bytes, 0]))).toThrow("too many");
    const poisoned = bytes.slice();
    new DataView(poisoned.buffer).setFloat64(1, NaN, true);
    expect(() => Adaptation.decode(poisoned)).toThrow("finite");
  });
});

/** The rule, with a count for each user and no bound. */
function byCounting(steps: readonly Step[]): unknown[] {
  const turns = new Map([["z", 1]]);
  const told: unknown[] = [];
  let judged: number[] = [];
  const verdicts: boolean[] = [];
  let state = "ADAPTING";
  for (const [i, { loss, entity = "" }] of steps.entries()) {
    const seen = turns.get(entity) ?? 0;
    turns.set(entity, seen + 1);
    if (seen < 20 || state === "STEADY") continue;
    judged.push(loss);
    if (judged.length < 200) continue;
    const mean = judged.reduce((a, b) => a + b, 0) / 200;
    judged = [];
    verdicts.push(mean > 0.1 + 0.4 / 3);
    const [last, ...earlier] = [...verdicts].reverse();
    if (earlier[0] !== last) continue;
    const next = last === true ? "STALLED" : "STEADY";
    if (next !== state && (next === "STALLED" || state === "STALLED")) told.push([next, mean, i + 2]);
    state = next;
  }
  return told;
}

describe("turns of entities", () => {
  test("are counted of the same 128 of many in whatever order they come, and of none wrongly", () => {
    const names = Array.from({ length: 2000 }, (_, i) => `entity-${i}`);
    const counted = [names, [...names].reverse()].map((order) => {
      const turns = new EntityTurns();
      const early = Array.from({ length: 20 }, () => order.filter((name) => turns.next(name)));
      expect(early.flat()).toEqual([]);
      expect(turns.encode().length).toBeLessThan(700);
      return order.filter((name) => turns.next(name)).sort();
    });
    expect(counted[0]).toHaveLength(128);
    expect(counted[1]).toEqual(counted[0]);
  });

  test("of more entities than are ever kept are refused", () => {
    const bytes = new EntityTurns().encode();
    bytes[8] = 129;
    expect(() => EntityTurns.read(new ByteReader(bytes))).toThrow("at most 128");
  });
});
