import { describe, expect, test } from "@jest/globals";
import type { KeptState, StateRef, StateStore } from "../../src/domain/learningPorts.js";
import { RebuildStates } from "../../src/learning/rebuildStates.js";
import { FakeClock } from "../support/fakeClock.js";
import { hashFolding } from "../support/hashFolding.js";

const folding = hashFolding();
const birth = folding.encode(folding.init());

/** States of applications that wait, an empty log, and what was asked. */
function setUp(waiting: Readonly<Record<string, readonly StateRef[]>>) {
  const clock = new FakeClock();
  const pending = new Map(Object.entries(waiting).map(([name, refs]) => [name, [...refs]]));
  const replaced: string[] = [];
  const warnings: string[] = [];
  const looked: string[] = [];
  const faults = { fails: false };
  let gate: Promise<void> = Promise.resolve();
  const store: Pick<StateStore, "read" | "heads" | "replace" | "correctedSince" | "pendingRebuilds" | "priors"> = {
    read: (_name, [wanted]) => {
      const kept: KeptState = { ...(wanted as StateRef), seq: 1, birthSeq: 0, birth, state: birth };
      return Promise.resolve([{ ...(wanted as StateRef), kept, anew: false, tail: [], complete: true }]);
    },
    heads: () => Promise.resolve(new Map()),
    priors: () => Promise.resolve([]),
    correctedSince: () => Promise.resolve(false),
    async pendingRebuilds(name) {
      looked.push(name);
      await gate;
      if (faults.fails) throw new Error("no database");
      return [...(pending.get(name) ?? [])];
    },
    replace(name, { policyVersion, entity }) {
      replaced.push(`${name} ${policyVersion} ${entity}`);
      pending.set(
        name,
        (pending.get(name) ?? []).filter((one) => one.entity !== entity),
      );
      return Promise.resolve(true);
    },
  };
  const rebuilding = new RebuildStates({
    clock,
    store: store as StateStore,
    log: { async *read() {} },
    administration: { policyVersions: () => Promise.resolve([]) },
    applications: () =>
      [...pending.keys()].map((name) => ({ name, policyVersion: 1, foldings: new Map([[1, folding]]) })),
    info: () => undefined,
    warn: (message) => warnings.push(message),
  });
  const settle = async () => {
    for (let i = 0; i < 200; i++) await Promise.resolve();
  };
  return {
    ...{ clock, pending, replaced, warnings, looked, faults, rebuilding, settle },
    hold: (): (() => void) => {
      let open = (): void => undefined;
      gate = new Promise((resolve) => (open = resolve));
      return open;
    },
  };
}

const ref = (entity: string, policyVersion = 1): StateRef => ({ policyVersion, entity });

describe("states that wait for a rebuild", () => {
  test("are rebuilt at the start, one application after the other, and counted until then", async () => {
    const { rebuilding, replaced, settle, hold } = setUp({ one: [ref(""), ref("ann")], two: [ref("bob")] });
    const open = hold();
    rebuilding.start();
    await settle();
    expect(replaced).toEqual([]);
    open();
    await settle();
    expect(replaced).toEqual(["one 1 ", "one 1 ann", "two 1 bob"]);
    expect([rebuilding.pending("one"), rebuilding.pending("two"), rebuilding.pending("none")]).toEqual([0, 0, 0]);
    await rebuilding.stop();
  });

  test("of a version that is gone wait on, and are counted", async () => {
    const { rebuilding, replaced, settle } = setUp({ one: [ref("ann", 7), ref("bob")] });
    rebuilding.start();
    await settle();
    expect(replaced).toEqual(["one 1 bob"]);
    expect(rebuilding.pending("one")).toBe(1);
    await rebuilding.stop();
  });

  test("are looked for once more after what is under way, however often it is asked meanwhile", async () => {
    const { rebuilding, looked, settle, hold } = setUp({ one: [] });
    const open = hold();
    rebuilding.soon();
    for (let i = 0; i < 5; i++) rebuilding.soon();
    open();
    await settle();
    expect(looked).toEqual(["one", "one"]);
    await rebuilding.stop();
  });

  test("that other servers left are found by the heartbeat", async () => {
    const { rebuilding, clock, pending, replaced, settle } = setUp({ one: [] });
    rebuilding.start();
    await settle();
    pending.set("one", [ref("ann")]);
    clock.advance(10_000);
    await settle();
    expect(replaced).toEqual(["one 1 ann"]);
    await rebuilding.stop();
  });

  test("are left for later while the database is away, with one warning", async () => {
    const { rebuilding, clock, faults, replaced, warnings, settle } = setUp({ one: [ref("ann")] });
    faults.fails = true;
    rebuilding.start();
    await settle();
    clock.advance(10_000);
    await settle();
    expect(warnings).toEqual([expect.stringContaining("no database")]);
    faults.fails = false;
    clock.advance(10_000);
    await settle();
    expect(replaced).toEqual(["one 1 ann"]);
    await rebuilding.stop();
  });

  test("are left to others by a server that stops, which waits for what is under way", async () => {
    const { rebuilding, clock, looked, replaced, settle, hold } = setUp({ one: [ref("ann")] });
    const open = hold();
    rebuilding.start();
    let stopped = false;
    const stopping = rebuilding.stop().then(() => (stopped = true));
    await settle();
    expect(stopped).toBe(false);
    open();
    await stopping;
    expect(replaced).toEqual([]);
    rebuilding.soon();
    clock.advance(60_000);
    await settle();
    expect(looked).toEqual(["one"]);
    expect(clock.alarms).toBe(0);
  });
});
