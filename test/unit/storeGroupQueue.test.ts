import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { GroupQueue } from "../../src/store/groupQueue.js";

interface Gate {
  readonly key: string;
  readonly items: readonly number[];
  open(refuseBehind?: string): void;
}

/** A queue whose turns end and whose commits finish by hand. */
function handDriven(limits: { maxPending?: number; maxGroup?: number } = {}) {
  const turns: (() => void)[] = [];
  const gates: Gate[] = [];
  const queue = new GroupQueue<number, string>({
    maxPending: limits.maxPending ?? 100,
    maxGroup: limits.maxGroup ?? 100,
    turnEnd: (callback) => void turns.push(callback),
    commit: (key, items) =>
      new Promise((resolve) => {
        const results = items.map((item) => `${key}${item}`);
        gates.push({ key, items, open: (refuseBehind) => resolve({ results, refuseBehind }) });
      }),
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  const endTurn = async () => {
    for (const turn of turns.splice(0)) turn();
    await settle();
  };
  const add = (key: string, item: number) => queue.add(key, item) ?? Promise.reject(new Error("full"));
  return { queue, add, gates, endTurn, settle };
}

describe("group queue", () => {
  test("commits what came in one turn together, and what came meanwhile in the next group", async () => {
    const { queue, add, gates, endTurn, settle } = handDriven();
    const first = [add("a", 1), add("a", 2)];
    await endTurn();
    const second = [add("a", 3), add("a", 4)];
    await endTurn();
    expect(gates.map((gate) => gate.items)).toEqual([[1, 2]]);
    gates[0]?.open();
    expect(await Promise.all(first)).toEqual(["a1", "a2"]);
    await settle();
    expect(gates.map((gate) => gate.items)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    gates[1]?.open();
    expect(await Promise.all(second)).toEqual(["a3", "a4"]);
    expect(queue.pending).toBe(0);
  });

  test("lets keys commit side by side", async () => {
    const { queue, gates, endTurn } = handDriven();
    void queue.add("a", 1);
    void queue.add("b", 2);
    await endTurn();
    expect(gates.map((gate) => gate.key)).toEqual(["a", "b"]);
  });

  test("refuses beyond its bound until there is room", async () => {
    const { queue, gates, endTurn } = handDriven({ maxPending: 1 });
    const taken = queue.add("a", 1);
    expect(queue.add("b", 2)).toBeUndefined();
    await endTurn();
    gates[0]?.open();
    await taken;
    expect(queue.add("b", 2)).toBeDefined();
  });

  test("refuses those behind a group when told to, and takes later ones again", async () => {
    const { queue, gates, endTurn } = handDriven();
    void queue.add("a", 1);
    await endTurn();
    const behind = queue.add("a", 2);
    gates[0]?.open("gone");
    expect(await behind).toBe("gone");
    void queue.add("a", 3);
    await endTurn();
    expect(gates[1]?.items).toEqual([3]);
  });

  test("answers a large group over several turns, while the next one is under way", async () => {
    const { queue, add, gates, endTurn, settle } = handDriven();
    const answered: string[] = [];
    for (let item = 0; item < 20; item++) void add("a", item).then((result) => answered.push(result));
    await endTurn();
    const behind = add("a", 20);
    gates[0]?.open();
    await settle();
    expect(answered).toEqual(["a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"]);
    expect(gates[1]?.items).toEqual([20]);
    const drained = queue.drain();
    gates[1]?.open();
    await endTurn();
    expect(answered).toHaveLength(16);
    await endTurn();
    expect(answered).toHaveLength(20);
    expect(await behind).toBe("a20");
    await drained;
  });

  test("gives each item its own result, once, in groups no larger than allowed, in order", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, keys, maxGroup) => {
          const committed = new Map<string, number[]>();
          const queue = new GroupQueue<number, string>({
            maxPending: 100,
            maxGroup,
            turnEnd: (callback) => void scheduler.schedule(Promise.resolve()).then(callback),
            commit: async (key, items) => {
              expect(items.length).toBeLessThanOrEqual(maxGroup);
              await scheduler.schedule(Promise.resolve());
              committed.set(key, [...(committed.get(key) ?? []), ...items]);
              return { results: items.map((item) => `${key}${item}`) };
            },
          });
          const results = Promise.all(keys.map(async (key, index) => queue.add(key, index)));
          const drained = queue.drain();
          await scheduler.waitFor(Promise.all([results, drained]));
          expect(await results).toEqual(keys.map((key, index) => `${key}${index}`));
          for (const items of committed.values()) expect(items).toEqual([...items].sort((a, b) => a - b));
          expect(queue.pending).toBe(0);
        },
      ),
    );
  });
});
