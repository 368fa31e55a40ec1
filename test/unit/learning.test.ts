import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { POPULATION } from "../../src/domain/learningPorts.js";
import type { NewObservation } from "../../src/domain/storePorts.js";
import { Learning } from "../../src/learning/learning.js";
import type { StateInUse } from "../../src/learning/learning.js";
import type { StateFolding } from "../../src/learning/heldState.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeLearningStore, keyOf } from "../support/fakeLearningStore.js";
import { hashFolding, hashOf } from "../support/hashFolding.js";

const APPLICATION = "insects";

function observation(label: string, entity: string | undefined, learnedBy: readonly number[] = [1]): NewObservation {
  return {
    application: APPLICATION,
    receiptId: label,
    key: "",
    policyVersion: 1,
    entity,
    predictedAtMs: 0,
    truth: { kind: "LABEL", label },
    evidence: null,
    learnedBy,
    supersedes: undefined,
  };
}

/** Virtual time, real turns of the event loop: readings wait for their end. */
class TurningClock extends FakeClock {
  override turnEnd(callback: () => void): void {
    setImmediate(callback);
  }

  async pass(ms: number): Promise<void> {
    this.advance(ms);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function newServer(store: FakeLearningStore, folding: StateFolding, stateBytes = 1e6) {
  const clock = new TurningClock();
  const learning = new Learning({ clock, store, stateBytes, warn: () => undefined });
  learning.follow([{ name: APPLICATION, policyVersion: 1, foldings: new Map([[1, folding]]) }]);
  await learning.start();
  return { clock, learning };
}

/** The fold by its definition: one state after the other, over the whole log. */
function slowFold(store: FakeLearningStore, folding: StateFolding, entity: string, untilSeq = Infinity): string {
  const population = folding.init();
  let own: ReturnType<StateFolding["init"]> | undefined;
  for (const row of store.log) {
    const lesson = folding.read(row.truth, row.evidence);
    if (lesson === undefined || row.seq > untilSeq) continue;
    if (row.entity === entity) {
      own ??= folding.inherit(population);
      folding.observe(own, lesson);
    }
    folding.observe(population, lesson);
  }
  return hashOf(entity === POPULATION ? population : (own ?? population)).digest;
}

async function stateOf(learning: Learning, entity: string | undefined): Promise<StateInUse> {
  return learning.stateFor(APPLICATION, entity, 1000);
}

describe("learning", () => {
  test("what is kept and what answers are folds over the log, whoever appends, remembers or forgets", async () => {
    const step = fc.record({
      server: fc.nat(1),
      entities: fc.array(fc.option(fc.constantFrom("ann", "bob", "cy"), { nil: undefined }), {
        minLength: 1,
        maxLength: 4,
      }),
      fails: fc.boolean(),
      refreshes: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(0, 9000),
        fc.constantFrom(1, 1e6),
        async (steps, paddingBytes, stateBytes) => {
          const folding = hashFolding({ paddingBytes });
          const store = new FakeLearningStore();
          const servers = [await newServer(store, folding, stateBytes), await newServer(store, folding, stateBytes)];
          let label = 0;
          for (const { server, entities, fails, refreshes } of steps) {
            const { learning } = servers[server] as (typeof servers)[number];
            const group = entities.map((entity) => observation(`${label++}`, entity));
            await store.append(learning, group, fails);
            if (refreshes) await learning.refresh();
          }
          for (const { learning } of servers) {
            await learning.refresh();
            for (const entity of ["ann", "bob", "cy"]) {
              const { held, personalised } = await stateOf(learning, entity);
              const seen = store.log.some((row) => row.entity === entity);
              expect(personalised).toBe(seen);
              expect(hashOf(held.state).digest).toBe(slowFold(store, folding, seen ? entity : POPULATION));
            }
            expect(hashOf((await stateOf(learning, undefined)).held.state).digest).toBe(
              slowFold(store, folding, POPULATION),
            );
            await learning.stop();
          }
          for (const [key, kept] of store.kept) {
            const entity = key.slice(2);
            expect(hashOf(folding.decode(kept.state)).digest).toBe(slowFold(store, folding, entity, kept.seq));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test("an observation counts for the next prediction of its entity on the same server, and only for it", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding());
    await store.append(learning, [observation("a", "ann")]);
    const ann = await stateOf(learning, "ann");
    const bob = await stateOf(learning, "bob");
    expect([ann.personalised, hashOf(ann.held.state).count]).toEqual([true, 1]);
    expect([bob.personalised, hashOf(bob.held.state).count]).toEqual([false, 1]);
    await learning.stop();
  });

  test("a group whose commit fails changes nothing that answers", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding());
    await store.append(learning, [observation("a", "ann")]);
    const digests = async () => {
      const { held, population } = await stateOf(learning, "ann");
      return [hashOf(held.state).digest, hashOf(population.state).digest];
    };
    const before = await digests();
    await store.append(learning, [observation("b", "ann")], true);
    expect(await digests()).toEqual(before);
    await learning.stop();
  });

  test("an entity that nobody has observed is asked for once", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding());
    const before = store.reads.length;
    await stateOf(learning, "zoe");
    await stateOf(learning, "zoe");
    expect(store.reads.length - before).toBe(1);
    await learning.stop();
  });

  test("an entity that was not there is found once another server has learned of it", async () => {
    const store = new FakeLearningStore();
    const one = await newServer(store, hashFolding());
    const two = await newServer(store, hashFolding());
    expect((await stateOf(two.learning, "zoe")).personalised).toBe(false);
    await store.append(one.learning, [observation("a", "zoe")]);
    await two.learning.refresh();
    expect((await stateOf(two.learning, "zoe")).personalised).toBe(true);
    await one.learning.stop();
    await two.learning.stop();
  });

  test("all entities that are missing in one turn are read with one statement", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding());
    const before = store.reads.length;
    await Promise.all(["a", "b", "c", "a"].map((entity) => stateOf(learning, entity)));
    expect(store.reads.slice(before).map((wanted) => wanted.map(({ entity }) => entity))).toEqual([["a", "b", "c"]]);
    await learning.stop();
  });

  test("the population answers when the database does not in time, and the state serves the next query", async () => {
    const store = new FakeLearningStore();
    const first = await newServer(store, hashFolding());
    await store.append(first.learning, [observation("a", "ann")]);
    const { learning, clock } = await newServer(store, hashFolding());
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    const asked = learning.stateFor(APPLICATION, "ann", 2) as Promise<StateInUse>;
    await clock.pass(2);
    expect((await asked).personalised).toBe(false);
    open();
    await clock.pass(1);
    const next = learning.stateFor(APPLICATION, "ann", 2);
    expect(next).not.toBeInstanceOf(Promise);
    expect((next as StateInUse).personalised).toBe(true);
    await first.learning.stop();
    await learning.stop();
  });

  test("with the database gone answers come from what is known, and their age grows", async () => {
    const store = new FakeLearningStore();
    const { learning, clock } = await newServer(store, hashFolding());
    await store.append(learning, [observation("a", "ann")]);
    store.failing = true;
    await clock.pass(3000);
    expect((await stateOf(learning, "ann")).personalised).toBe(true);
    expect((await stateOf(learning, "bob")).personalised).toBe(false);
    expect(learning.ageMs(APPLICATION)).toBeGreaterThanOrEqual(2500);
    store.failing = false;
    await clock.pass(600);
    expect(learning.ageMs(APPLICATION)).toBeLessThanOrEqual(600);
    await learning.stop();
  });

  test("what another server has appended is reached when a query asks for it", async () => {
    const store = new FakeLearningStore();
    const one = await newServer(store, hashFolding());
    const two = await newServer(store, hashFolding());
    await store.append(one.learning, [observation("a", "ann")]);
    const reached = two.learning.reach(APPLICATION, 1, 50);
    await two.clock.pass(50);
    await reached;
    expect(two.learning.knownSeq(APPLICATION)).toBe(1);
    await one.learning.stop();
    await two.learning.stop();
  });

  test("large states are written at birth, every 200 observations, and at stop", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding({ paddingBytes: 9000 }));
    const written: number[] = [];
    for (let i = 0; i < 210; i++) {
      await store.append(learning, [observation(`${i}`, "ann")]);
      written.push(store.kept.get(keyOf({ policyVersion: 1, entity: "ann" }))?.seq ?? 0);
    }
    expect([...new Set(written)]).toEqual([1, 201]);
    await learning.stop();
    expect(store.kept.get(keyOf({ policyVersion: 1, entity: "ann" }))?.seq).toBe(210);
  });

  test("forgets the least recently used beyond its bytes, and finds them again", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding(), 20_000);
    for (let i = 0; i < 200; i++) await store.append(learning, [observation(`${i}`, `e${i}`)]);
    expect(learning.figures.bytes).toBeLessThanOrEqual(20_000);
    expect(learning.figures.entities).toBeLessThan(100);
    expect((await stateOf(learning, "e0")).personalised).toBe(true);
    await learning.stop();
  });
});
