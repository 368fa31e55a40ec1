import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { copyOf, heldAfterFold, heldFromKept, newbornState, unfollowed } from "../../src/learning/heldState.js";
import type { HeldState } from "../../src/learning/heldState.js";
import { ABSENT, HeldStates } from "../../src/learning/heldStates.js";
import { newFolding } from "../../src/correction/learnedState.js";
import { hashFolding } from "../support/hashFolding.js";

const folding = hashFolding();
const floatText = (...values: number[]): string => Buffer.from(Float32Array.from(values).buffer).toString("base64url");

interface Entry {
  readonly application: string;
  readonly policyVersion: number;
  readonly entity: string;
  readonly held: HeldState | typeof ABSENT;
}

/** Slow on purpose: one list, the least recently used first, looked through for everything. */
class SlowStates {
  entries: Entry[] = [];

  versionsOf(application: string, entity: string): number[] {
    const own = this.entries.filter((entry) => entry.application === application && entry.entity === entity);
    return own.map(({ policyVersion }) => policyVersion).sort();
  }

  get(asked: Omit<Entry, "held">): Entry["held"] | undefined {
    const found = this.entries.find((entry) => isSame(entry, asked));
    if (found !== undefined) this.entries = [...this.entries.filter((entry) => entry !== found), found];
    return found?.held;
  }

  put(entry: Entry): void {
    this.entries = [...this.entries.filter((other) => !isSame(other, entry)), entry];
  }
}

function isSame(one: Omit<Entry, "held">, other: Omit<Entry, "held">): boolean {
  return keyOf(one) === keyOf(other);
}

function keyOf({ application, policyVersion, entity }: Omit<Entry, "held">): string {
  return `${application} ${policyVersion} ${entity}`;
}

const place = {
  application: fc.constantFrom("one", "one2", "two"),
  policyVersion: fc.integer({ min: 1, max: 12 }),
  entity: fc.constantFrom("ann", "1 ann", "2", "bob two"),
};
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ does: fc.constant("put"), isAbsent: fc.boolean(), ...place }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("get"), ...place }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("forget"), ...place }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("forget application"), ...place }) },
);

describe("held states", () => {
  test("what is held of an entity is what a search through all would find, whatever was put, forgotten or had to leave", () => {
    const held = newbornState(folding, folding.init(), 0, 0);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(10_000, 1e9), (steps, capacityBytes) => {
        const states = new HeldStates(capacityBytes);
        const slow = new SlowStates();
        for (const { does, ...asked } of steps) {
          const { application } = asked;
          if (does === "put") {
            const entry = "isAbsent" in asked && asked.isAbsent === true ? ABSENT : held;
            const before = slow.entries.find((other) => isSame(other, asked));
            states.put(application, asked, entry);
            if (entry !== ABSENT || before === undefined || before.held === ABSENT) slow.put({ ...asked, held: entry });
            while (slow.entries.length > states.size) slow.entries.shift();
          } else if (does === "get") {
            expect(states.get(application, asked)).toBe(slow.get(asked));
          } else if (does === "forget") {
            states.forget(application, asked);
            slow.entries = slow.entries.filter((entry) => !isSame(entry, asked));
          } else {
            states.forgetApplication(application);
            slow.entries = slow.entries.filter((entry) => entry.application !== application);
          }
          expect(states.size).toBe(slow.entries.length);
          expect([...states.versionsOf(application, asked.entity)].sort()).toEqual(
            slow.versionsOf(application, asked.entity),
          );
          expect([...states.entries()].map((entry) => keyOf({ application: entry.application, ...entry.ref }))).toEqual(
            slow.entries.filter((entry) => entry.held !== ABSENT).map(keyOf),
          );
          if (states.size > 1) expect(states.bytes).toBeLessThanOrEqual(capacityBytes);
        }
      }),
    );
  });

  test("a state that was read takes no more memory than its bytes, whatever they were cut from", () => {
    const encoded = folding.encode(folding.init());
    const slab = Buffer.alloc(8192);
    const cut = (from: number): Uint8Array => {
      slab.set(encoded, from);
      return slab.subarray(from, from + encoded.length);
    };
    const kept = { policyVersion: 1, entity: "ann", seq: 2, birthSeq: 1, birth: cut(0), state: cut(4096) };
    const held = heldFromKept(folding, kept, 0);
    const unlearned = heldFromKept(folding, { ...kept, state: kept.birth }, 0);
    slab.fill(0xff);
    for (const { birth, encoded: own } of [held, unlearned]) {
      expect(own).toEqual(new Uint8Array(encoded));
      expect(birth).toEqual(new Uint8Array(encoded));
      expect([own?.buffer.byteLength, birth.buffer.byteLength]).toEqual([encoded.length, encoded.length]);
    }
    expect(unlearned.encoded).toBe(unlearned.birth);
  });

  test("what a regression has beside its encoding counts too, of each model that has one", () => {
    const NUMBER = { kind: "NUMBER" } as const;
    const loss = { kind: "SQUARED", range: 1 } as const;
    const kinds = [{ kind: "linear" }, { kind: "squarecb", contextTensor: "x" }] as const;
    for (const policy of kinds) {
      const folding = newFolding({ policy, loss, output: NUMBER });
      const population = folding.init();
      const answered = ["a", "b", "c"].map((model) => ({ model, values: floatText(0.3) }));
      const evidence = { source: "ENSEMBLE", members: answered, context: floatText(1, 2, 3) };
      const lesson = folding.read({ kind: "NUMBER", number: 0.5 }, evidence);
      if (lesson === undefined) throw new Error("nothing to learn from");
      folding.observe(population, lesson);
      const entity = folding.inherit(population);
      const { bytes, encoded = new Uint8Array() } = newbornState(folding, entity, 0, 0);
      // Of four features each: linear has one regression, squarecb one for each model.
      const regressions = policy.kind === "linear" ? 1 : 3;
      expect(bytes - encoded.length).toBeGreaterThan(regressions * (1300 + 4 * 8));
      expect(bytes - encoded.length).toBeLessThan(regressions * (2000 + 4 * 8));
    }
  });

  /** `decoded`: how often its folding has decoded something. */
  function foldedState() {
    const ofBytes = newFolding({
      policy: { kind: "ensemble" },
      loss: { kind: "ZERO_ONE" },
      output: { kind: "LABEL", labels: ["a", "b"] },
    });
    let decoded = 0;
    const counting = Object.create(ofBytes, {
      decode: { value: (bytes: Uint8Array) => ((decoded += 1), ofBytes.decode(bytes)) },
      unencodedBytes: { value: () => 0 },
    }) as typeof ofBytes;
    const state = ofBytes.inherit(ofBytes.init());
    const encoded = ofBytes.encode(state);
    const standing = { seq: 5, birth: encoded, birthSeq: 1, unkept: 2, keptAtMs: 3, isFollowed: true };
    const held = heldAfterFold(counting, state, encoded, standing, false);
    return { ofBytes, counting, state, encoded, standing, held, decoded: () => decoded };
  }

  test("a small state that was folded is decoded when somebody looks at it, once, and is then what was folded", () => {
    const { ofBytes, counting, state, encoded, standing, held, decoded } = foldedState();
    expect(held).toMatchObject({ ...standing, encoded, bytes: encoded.length });
    expect(decoded()).toBe(0);
    expect(ofBytes.encode(held.state)).toEqual(encoded);
    expect(held.state).toBe(held.state);
    expect(decoded()).toBe(1);
    expect(heldAfterFold(counting, state, encoded, standing, true).state).toBe(state);
    expect(unfollowed(held)).toEqual({
      ...standing,
      state: held.state,
      encoded,
      bytes: encoded.length,
      isFollowed: false,
    });
  });

  test("a copy of it to fold into is decoded once, and is nobody else's", () => {
    const { ofBytes, counting, encoded, held, decoded } = foldedState();
    const copy = copyOf(counting, held);
    expect(decoded()).toBe(1);
    expect(ofBytes.encode(copy)).toEqual(encoded);
    expect(held.state).not.toBe(copy);
  });

  test("a decoded state counts with its objects, not with its bytes alone", () => {
    const held = newbornState(folding, folding.init(), 0, 0);
    const states = new HeldStates(1e9);
    for (let i = 0; i < 1000; i++) states.put("one", { policyVersion: 1, entity: `user-${i}` }, held);
    // As measured, the bytes themselves left out: 2,000 (Thompson sampling) to 3,800 (ridge regression).
    expect(states.bytes / 1000).toBeGreaterThan(2000 + held.bytes);
    for (let i = 0; i < 1000; i++) states.put("one", { policyVersion: 1, entity: `nobody-${i}` }, ABSENT);
    expect(states.bytes / 1000).toBeLessThan(2000 + 3 * held.bytes + 1500);
  });
});
