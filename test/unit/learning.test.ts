import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { POPULATION } from "../../src/domain/learningPorts.js";
import type { Learning } from "../../src/learning/learning.js";
import type { StateInUse } from "../../src/learning/learning.js";
import type { StateFolding } from "../../src/learning/heldState.js";
import { FakeLearningStore } from "../support/fakeLearningStore.js";
import { hashFolding, hashOf } from "../support/hashFolding.js";
import { APPLICATION, newServer, observation } from "../support/learningServer.js";

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
          const servers = [
            await newServer(store, folding, { stateBytes }),
            await newServer(store, folding, { stateBytes }),
          ];
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

  test("what is known is not read for a group while nobody else appends", async () => {
    const store = new FakeLearningStore();
    const folding = hashFolding({});
    const [{ learning: one }, { learning: two }] = [await newServer(store, folding), await newServer(store, folding)];
    const readFor = async (learning: Learning, label: string, entity: string): Promise<string[]> => {
      await store.append(learning, [observation(label, entity)]);
      return (store.groupReads.at(-1) ?? []).map((asked) => asked.entity);
    };
    expect(await readFor(one, "a", "ann")).toEqual([POPULATION, "ann"]);
    expect(await readFor(one, "b", "ann")).toEqual([]);
    expect(await readFor(one, "c", "bob")).toEqual(["bob"]);
    await store.append(two, [observation("d", "ann")]);
    expect(await readFor(one, "e", "ann")).toEqual([POPULATION, "ann"]);
    // Others append: all is asked for at once, until they do no more.
    expect(await readFor(one, "f", "ann")).toEqual([POPULATION, "ann"]);
    await one.refresh();
    expect(await readFor(one, "h", "ann")).toEqual([POPULATION, "ann"]);
    expect(await readFor(one, "i", "ann")).toEqual([]);
    expect(hashOf((await stateOf(one, "ann")).held.state).digest).toBe(slowFold(store, folding, "ann"));
  });

  test("what others have changed while it was read is read again before it is folded into", async () => {
    const store = new FakeLearningStore();
    const folding = hashFolding({});
    const [{ learning: two }, { learning: one }] = [await newServer(store, folding), await newServer(store, folding)];
    await store.append(two, [observation("a", "ann")]);
    await one.refresh();
    let release = (): void => undefined;
    store.gate = new Promise((resolve) => (release = resolve));
    const before = store.reads.length;
    const reading = one.inspect(APPLICATION, { policyVersion: 1, entity: "ann" });
    while (store.reads.length === before) await new Promise(setImmediate);
    store.gate = Promise.resolve();
    await store.append(two, [observation("b", "ann")]);
    await one.refresh();
    release();
    await reading;
    await store.append(one, [observation("c", undefined)]);
    await store.append(one, [observation("d", "ann")]);
    expect(hashOf((await stateOf(one, "ann")).held.state).digest).toBe(slowFold(store, folding, "ann"));
  });

  test("what others have changed before a commit was heard of is read again before it is folded into", async () => {
    const store = new FakeLearningStore();
    const folding = hashFolding({});
    const [{ learning: one }, { learning: two }] = [await newServer(store, folding), await newServer(store, folding)];
    await store.append(one, [observation("a", "ann")], false, async () => {
      await store.append(two, [observation("b", "ann")]);
      await one.refresh();
    });
    await store.append(one, [observation("c", undefined)]);
    await store.append(one, [observation("d", "ann")]);
    expect(hashOf((await stateOf(one, "ann")).held.state).digest).toBe(slowFold(store, folding, "ann"));
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

  test("what a group brings to light is an event of the server that appended it, and of none that follows", async () => {
    const drift = { detector: "ADWIN", model: undefined, meanBefore: 0.1, meanAfter: 0.9 } as const;
    // Large, so that what the other server has folded is not kept as a whole, and is folded here once more.
    const folding = hashFolding({ paddingBytes: 9000, drifts: (count) => (count % 3 === 0 ? [drift] : []) });
    const store = new FakeLearningStore();
    const servers = [await newServer(store, folding), await newServer(store, folding)];
    const turns = ["ann", undefined, "ann", "ann", "bob", undefined, "ann"] as const;
    for (const [i, entity] of turns.entries()) {
      const { learning } = servers[i % 2] as (typeof servers)[number];
      await store.append(learning, [observation(`${i}`, entity)], true);
      await store.append(learning, [observation(`${i}`, entity)]);
    }
    expect(store.events.map(({ groupSeq, content }) => [groupSeq, content])).toMatchObject([
      [3, { of: "APPLICATION", observationSeq: 3 }],
      [4, { of: "ENTITY", entity: "ann", observationSeq: 4, meanLossBefore: 0.1, meanLossAfter: 0.9 }],
      [6, { of: "APPLICATION", observationSeq: 6 }],
    ]);
    const told = servers.map(({ learning }) => learning.figuresOf(APPLICATION, 0.9)?.drifts);
    expect(told).toEqual([
      { APPLICATION: 1, MODEL: 0, ENTITY: 0 },
      { APPLICATION: 1, MODEL: 0, ENTITY: 1 },
    ]);
    for (const { learning } of servers) await learning.stop();
  });

  test("of many entities whose losses change in one group ten are named, and the others counted", async () => {
    const drift = { detector: "PAGE_HINKLEY", model: undefined, meanBefore: 0, meanAfter: 1 } as const;
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding({ drifts: (count) => (count === 1 ? [drift] : []) }));
    await store.append(
      learning,
      Array.from({ length: 30 }, (_, i) => observation(`${i}`, `e${i}`)),
    );
    expect(store.events.map(({ content }) => (content as { of: string }).of)).toEqual([
      "APPLICATION",
      ...Array.from({ length: 10 }, () => "ENTITY"),
      "ENTITIES",
    ]);
    expect(store.events.at(-1)?.content).toMatchObject({ count: 20 });
    await learning.stop();
  });

  test.each([
    ["small", 0],
    ["large", 9000],
  ])(
    "a prior is part of the population's fold at its place in the log, whoever follows: %s states",
    async (_size, paddingBytes) => {
      const folding = hashFolding({ paddingBytes });
      const store = new FakeLearningStore();
      const [one, two] = [await newServer(store, folding), await newServer(store, folding)];
      await store.append(one.learning, [observation("a", "ann")]);
      await two.learning.refresh();
      store.appendPrior("first");
      await store.append(one.learning, [observation("b", "bob")]);
      store.appendPrior("second");
      const late = await newServer(store, folding);
      const expected = folding.init();
      const learn = (label: string) => {
        const lesson = folding.read({ kind: "LABEL", label }, null);
        if (lesson !== undefined) folding.observe(expected, lesson);
      };
      learn("a");
      folding.sharedPrior?.adopt(expected, "first");
      const born = folding.inherit(expected);
      learn("b");
      folding.sharedPrior?.adopt(expected, "second");
      for (const { learning } of [one, two, late]) {
        await learning.refresh();
        expect(hashOf((await stateOf(learning, undefined)).held.state)).toEqual(hashOf(expected));
        const bob = await learning.inspect(APPLICATION, { policyVersion: 1, entity: "bob" });
        expect(folding.decode(bob?.birth as Uint8Array)).toEqual(folding.decode(folding.encode(born)));
        await learning.stop();
      }
    },
  );

  test("of many large states that are due by time, a group writes those that have waited longest, and few", async () => {
    const store = new FakeLearningStore();
    const { learning, clock } = await newServer(store, hashFolding({ paddingBytes: 9000 }));
    const names = Array.from({ length: 20 }, (_, i) => `e${i}`);
    const tellAll = (round: number) =>
      store.append(
        learning,
        names.map((name) => observation(`${round} ${name}`, name)),
      );
    const writtenAt = (): Map<string, number> => new Map([...store.kept].map(([key, { seq }]) => [key, seq]));
    await tellAll(1);
    await clock.pass(6000);
    const before = writtenAt();
    await tellAll(2);
    const again = [...writtenAt()].filter(([key, seq]) => seq > (before.get(key) ?? 0)).map(([key]) => key);
    expect(again.length).toBeGreaterThan(0);
    expect(again.length).toBeLessThan(6);
    const between = writtenAt();
    await tellAll(3);
    const next = [...writtenAt()].filter(([key, seq]) => seq > (between.get(key) ?? 0)).map(([key]) => key);
    expect(next.filter((key) => again.includes(key))).toEqual([]);
    await learning.stop();
  });

  test("forgets the least recently used beyond its bytes, and finds them again", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding(), { stateBytes: 20_000 });
    for (let i = 0; i < 200; i++) await store.append(learning, [observation(`${i}`, `e${i}`)]);
    expect(learning.figures.bytes).toBeLessThanOrEqual(20_000);
    expect(learning.figures.entities).toBeLessThan(100);
    expect((await stateOf(learning, "e0")).personalised).toBe(true);
    await learning.stop();
  });
});
