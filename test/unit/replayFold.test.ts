import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { newFolding } from "../../src/correction/learnedState.js";
import type { ReplayFolding } from "../../src/correction/learnedState.js";
import type { LoggedObservation } from "../../src/domain/learningPorts.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import { ReplayFold } from "../../src/learning/replayFold.js";
import { FakeClock } from "../support/fakeClock.js";
import { LABELS, logged, MemoryWork, randomRow } from "../support/replayedLog.js";

const POLICIES: readonly PolicySpec[] = [
  { kind: "exp3-ix" },
  { kind: "exp4" },
  { kind: "ensemble" },
  { kind: "thompson" },
  { kind: "linear" },
];

function foldingOf(policy: PolicySpec): ReplayFolding {
  const replay = { afterSeq: 0, untilSeq: Infinity, contextVersions: new Set<number>(), weights: new Map() };
  return newFolding({
    policy,
    loss: { kind: "ZERO_ONE" },
    output: { kind: "LABEL", labels: [...LABELS] },
    replay,
  });
}

function randomLog(seed: number, rows: number, entities: number): LoggedObservation[] {
  const random = seededRandom(seed);
  return Array.from({ length: rows }, (_, i) => logged(i + 1, randomRow(random, entities, random() < 0.3)));
}

/** Every state from its birth to the end with nothing left out of memory. */
function slowly(folding: ReplayFolding, log: readonly LoggedObservation[], voidUntil: ReadonlyMap<string, number>) {
  const population = folding.init();
  const entities = new Map<string, { state: ReturnType<typeof folding.init>; birth: string }>();
  for (const row of log) {
    const lesson = folding.read(row.truth, row.evidence, row);
    if (lesson === undefined) continue;
    if (row.entity !== undefined && row.seq > (voidUntil.get(row.entity) ?? 0)) {
      const made = folding.inherit(population);
      const own = entities.get(row.entity) ?? { state: made, birth: hex(folding.encode(made)) };
      entities.set(row.entity, own);
      folding.observe(own.state, lesson);
    }
    folding.observe(population, lesson);
  }
  const states = new Map([...entities].map(([entity, { state }]) => [entity, hex(folding.encode(state))]));
  const births = new Map([...entities].map(([entity, { birth }]) => [entity, birth]));
  return { states: states.set("", hex(folding.encode(population))), births };
}

function ofDefault(row: LoggedObservation): LoggedObservation {
  return { ...row, evidence: { ...(row.evidence as object), source: "DEFAULT" } };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

async function replayed(
  folding: ReplayFolding,
  work: MemoryWork,
  options: { readonly stateBytes: number; readonly pageRows: number },
): Promise<ReplayFold> {
  const { stateBytes, pageRows } = options;
  const fold = new ReplayFold({ clock: new FakeClock(), folding, version: 9, afterSeq: 0, stateBytes });
  const last = work.log.at(-1)?.seq ?? 0;
  while (fold.progress.seq < last) {
    await fold.fold(work, await work.rows(fold.progress.seq, last, pageRows));
  }
  await fold.flush(work);
  return fold;
}

describe("a replayed log", () => {
  test("gives the states of a slow fold, whatever fits into memory and however it is paged", async () => {
    const anyCase = fc.record({
      policy: fc.constantFrom(...POLICIES),
      seed: fc.nat(1000),
      entities: fc.integer({ min: 0, max: 6 }),
      stateBytes: fc.constantFrom(0, 500, 1e6),
      pageRows: fc.integer({ min: 1, max: 17 }),
    });
    await fc.assert(
      fc.asyncProperty(anyCase, async ({ policy, seed, entities, stateBytes, pageRows }) => {
        const folding = foldingOf(policy);
        const work = new MemoryWork(randomLog(seed, 40, entities));
        await replayed(folding, work, { stateBytes, pageRows });
        const { states, births } = slowly(folding, work.log, new Map());
        const kept = new Map([...work.kept].map(([entity, { state }]) => [entity, hex(state)]));
        expect(kept).toEqual(states);
        for (const [entity, { birth }] of work.kept) if (entity !== "") expect(hex(birth)).toBe(births.get(entity));
      }),
      { numRuns: 60 },
    );
  });

  test("keeps in memory what fits, and reads the rest again when it is observed", async () => {
    const folding = foldingOf({ kind: "ensemble" });
    const log = randomLog(3, 200, 6);
    const roomy = new MemoryWork(log);
    await replayed(folding, roomy, { stateBytes: 1e6, pageRows: 5 });
    expect(roomy.readings).toBe(0);
    const tight = new MemoryWork(log);
    await replayed(folding, tight, { stateBytes: 0, pageRows: 5 });
    expect(tight.readings).toBeGreaterThan(50);
  });

  test("begins anew with an entity that was reset meanwhile, and counts its earlier rows for all alone", async () => {
    const folding = foldingOf({ kind: "ensemble" });
    const work = new MemoryWork(randomLog(5, 60, 2));
    const fold = new ReplayFold({ clock: new FakeClock(), folding, version: 9, afterSeq: 0, stateBytes: 1e6 });
    await fold.fold(work, await work.rows(0, 30, 30));
    work.voidUntil.set("u0", 30);
    await fold.fold(work, await work.rows(30, 60, 30));
    await fold.flush(work);
    const { states } = slowly(folding, work.log, work.voidUntil);
    expect(new Map([...work.kept].map(([entity, { state }]) => [entity, hex(state)]))).toEqual(states);
  });

  test("says what could not be learned and why, and compares the losses where all answers are known", async () => {
    const random = seededRandom(1);
    const log = [
      logged(1, randomRow(random, 2, true)),
      logged(2, randomRow(random, 2, false)),
      { ...logged(3, randomRow(random, 2, false)), evidence: null },
      logged(4, { ...randomRow(random, 2, false), truth: { kind: "REWARD", reward: 1 } }),
      ofDefault(logged(5, { ...randomRow(random, 2, true), truth: { kind: "REWARD", reward: 1 } })),
      ofDefault(logged(6, randomRow(random, 2, false))),
    ];
    const fold = await replayed(foldingOf({ kind: "ensemble" }), new MemoryWork(log), {
      stateBytes: 1e6,
      pageRows: 10,
    });
    expect(fold.progress).toMatchObject({
      rows: 6,
      folded: 2,
      compared: 2,
      skipped: { MEMBERS_MISSING: 1, NO_EVIDENCE: 1, NO_LOSS: 1, DEFAULT_SHOWN: 1 },
    });
  });
});
