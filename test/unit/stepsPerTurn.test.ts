import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { StepsPerTurn } from "../../src/lib/stepsPerTurn.js";
import { FakeClock } from "../support/fakeClock.js";

/** Three a turn at least. */
function handDriven() {
  const clock = new FakeClock();
  const steps = new StepsPerTurn(clock, 3);
  const done: number[] = [];
  const add = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const step = done.length + steps.length;
      steps.add(() => void done.push(step));
    }
  };
  return { clock, steps, done, add };
}

describe("steps per turn", () => {
  test("runs the first of a turn at once, and the others in their order over the next ones", () => {
    const { clock, steps, done, add } = handDriven();
    add(8);
    expect(done).toEqual([0, 1, 2]);
    expect(steps.length).toBe(5);
    clock.endTurn();
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    clock.endTurn();
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test("counts what it ran at a turn's end as that of the next one", () => {
    const { clock, done, add } = handDriven();
    add(5);
    clock.endTurn();
    add(2);
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
    clock.endTurn();
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test("asks for no more turns when nothing waits", () => {
    const { clock, add } = handDriven();
    add(4);
    clock.endTurn();
    expect(clock.turnCallbacks).toBe(1);
    clock.endTurn();
    expect(clock.turnCallbacks).toBe(0);
  });

  test("runs a share of a large crowd each turn, so that the last waits some tens of turns", () => {
    const { clock, steps, done, add } = handDriven();
    add(10_003);
    clock.endTurn();
    expect(done).toHaveLength(3 + 625);
    let turns = 1;
    for (; steps.length > 0; turns++) clock.endTurn();
    expect(turns).toBeLessThan(100);
  });

  test("gives what the work gives, also when it has waited, and what it throws", async () => {
    const { clock, steps } = handDriven();
    expect(steps.run(() => "at once")).toBe("at once");
    expect(() =>
      steps.run(() => {
        throw new Error("at once");
      }),
    ).toThrow("at once");
    void steps.run(() => "third");
    const waiting = steps.run(() => Promise.resolve("later"));
    const failing = steps.run(() => {
      throw new Error("later");
    });
    clock.endTurn();
    expect(await waiting).toBe("later");
    await expect(failing).rejects.toThrow("later");
  });

  test("runs each once and in order, whenever they come", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 30 }), (crowds) => {
        const { clock, done, add } = handDriven();
        for (const crowd of crowds) {
          add(crowd);
          clock.endTurn();
        }
        while (clock.turnCallbacks > 0) clock.endTurn();
        const total = crowds.reduce((sum, crowd) => sum + crowd, 0);
        expect(done).toEqual(Array.from({ length: total }, (_, i) => i));
      }),
    );
  });
});
