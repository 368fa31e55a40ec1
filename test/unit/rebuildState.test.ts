import { describe, expect, test } from "@jest/globals";
import { POPULATION } from "../../src/domain/learningPorts.js";
import type {
  FeedbackLog,
  KeptState,
  LoggedObservation,
  LoggedPrior,
  RebuildRefit,
  PolicyVersionRecord,
} from "../../src/domain/learningPorts.js";
import { packFloats } from "../../src/correction/evidence.js";
import { newFolding } from "../../src/correction/learnedState.js";
import type { StateFolding } from "../../src/learning/heldState.js";
import { learnedBy, rebuildState } from "../../src/learning/rebuildState.js";
import type { RebuildDependencies } from "../../src/learning/rebuildState.js";
import { FakeClock } from "../support/fakeClock.js";
import { hashFolding } from "../support/hashFolding.js";

const folding = hashFolding();
const ref = { policyVersion: 1, entity: POPULATION };

function row(seq: number, versions: readonly number[] = [1]): LoggedObservation {
  const truth = { kind: "LABEL", label: String(seq) } as const;
  const about = { receiptId: String(seq), key: "", policyVersion: 1, entity: undefined, evidence: null };
  return { ...about, seq, truth, learnedBy: versions, observedAtMs: 0 };
}

/** The log of one application whose end moves, and the state that is kept of its population. */
class MovingLog implements FeedbackLog {
  readonly #folding: StateFolding;
  readonly birth: Uint8Array;
  refit: RebuildRefit | undefined;
  rows: LoggedObservation[] = [row(1), row(2), row(3)];
  head = 3;
  isPending = true;
  correctedAt = 0;
  replaced: KeptState | undefined;
  priors: LoggedPrior[] = [];
  /** Happens when a replacement is tried, once each. */
  readonly meanwhile: (() => void)[] = [];

  constructor(own: StateFolding = folding) {
    this.#folding = own;
    this.birth = own.encode(own.init());
  }

  async *read(_name: string, { afterSeq, untilSeq = Infinity }: { afterSeq: number; untilSeq?: number }) {
    await Promise.resolve();
    yield this.rows.filter(({ seq }) => seq > afterSeq && seq <= untilSeq);
  }

  dependencies(): RebuildDependencies {
    const kept = { ...ref, seq: 3, birth: this.birth, birthSeq: 0, state: this.birth };
    const reading = { ...ref, kept, anew: false, tail: [], complete: true };
    return {
      clock: new FakeClock(),
      log: this,
      isStopped: () => false,
      store: {
        read: () => Promise.resolve([reading]),
        heads: () => Promise.resolve(new Map([["app", this.head]])),
        pendingRebuilds: () => Promise.resolve(this.isPending ? [ref] : []),
        priors: (_name, _version, afterSeq, untilSeq) =>
          Promise.resolve(this.priors.filter(({ seq }) => seq > afterSeq && seq <= untilSeq)),
        correctedSince: (_name, seq) => Promise.resolve(this.correctedAt > seq),
        replace: (_name, state, refit) => {
          this.refit = refit;
          return Promise.resolve(this.#replace(state));
        },
      },
    };
  }

  rebuild() {
    return rebuildState(this.dependencies(), { application: "app", ref, folding: this.#folding, versions: [] });
  }

  /** What is left of the log now, from the birth. */
  expected(): Uint8Array {
    const state = folding.init();
    for (const { truth, evidence } of this.rows) {
      const lesson = folding.read(truth, evidence);
      if (lesson !== undefined) folding.observe(state, lesson);
    }
    return folding.encode(state);
  }

  #replace(state: KeptState): boolean {
    this.meanwhile.shift()?.();
    if (state.seq !== this.head) return false;
    this.replaced = state;
    return true;
  }
}

describe("a rebuilt state", () => {
  test("is the fold of what is left of the log", async () => {
    const log = new MovingLog();
    log.rows.splice(1, 1);
    expect(await log.rebuild()).toBe("REPLACED");
    expect(log.replaced).toMatchObject({ seq: 3, birthSeq: 0, state: log.expected() });
  });

  test("has what was appended while it was folded", async () => {
    const log = new MovingLog();
    log.meanwhile.push(() => void (log.head = log.rows.push(row(4))));
    expect(await log.rebuild()).toBe("REPLACED");
    expect(log.replaced).toMatchObject({ seq: 4, state: log.expected() });
  });

  test("does not have what was folded and then corrected", async () => {
    const log = new MovingLog();
    log.meanwhile.push(() => {
      log.rows = [row(1), row(3), row(4)];
      log.head = log.correctedAt = 4;
    });
    expect(await log.rebuild()).toBe("REPLACED");
    expect(log.replaced).toMatchObject({ seq: 4, state: log.expected() });
  });

  test("has the priors that were learned, each at its place in the log", async () => {
    const log = new MovingLog();
    log.priors = [{ seq: 2, prior: "two" }];
    log.rows.splice(1, 1);
    expect(await log.rebuild()).toBe("REPLACED");
    const state = folding.init();
    const learn = (label: string) => {
      const lesson = folding.read({ kind: "LABEL", label }, null);
      if (lesson !== undefined) folding.observe(state, lesson);
    };
    learn("1");
    folding.sharedPrior?.adopt(state, "two");
    learn("3");
    expect(log.replaced).toMatchObject({ state: folding.encode(state) });
  });

  test("of features that are nearly dependent is born with more precision, which its birth keeps and the event tells", async () => {
    const linear = newFolding({
      policy: { kind: "linear", featureModel: "factors" },
      loss: { kind: "SQUARED", range: 10 },
      output: { kind: "NUMBER" },
    });
    const rowOf = (seq: number): LoggedObservation => {
      const context = packFloats([2e5 * seq, 2e5 * seq]);
      return {
        ...row(seq),
        truth: { kind: "NUMBER", number: seq },
        evidence: { source: "MODEL", members: [], context },
      };
    };
    const fold = (birth: Uint8Array) => {
      const state = linear.decode(birth);
      for (const { truth, evidence } of log.rows) {
        const lesson = linear.read(truth, evidence);
        if (lesson !== undefined) linear.observe(state, lesson);
      }
      return state;
    };
    const log = new MovingLog(linear);
    log.rows = [rowOf(1), rowOf(2), rowOf(3)];
    expect(linear.conditioning?.isIll(fold(log.birth))).toBe(true);
    expect(await log.rebuild()).toBe("REPLACED");
    const { birth = log.birth, state } = log.replaced ?? {};
    expect(log.refit?.condition).toBeGreaterThan(1e10);
    expect(linear.conditioning?.condition(linear.decode(state as Uint8Array))).toBeLessThan(1e10);
    expect(state).toEqual(linear.encode(fold(birth)));
    expect(linear.conditioning?.isIll(fold(birth))).toBe(false);
  });

  test("is not written again when another server has written it", async () => {
    const log = new MovingLog();
    log.meanwhile.push(() => {
      log.head = 4;
      log.isPending = false;
    });
    expect(await log.rebuild()).toBe("GONE");
    expect(log.replaced).toBeUndefined();
  });

  test("of a fork has what those that it descends from had learned until then", () => {
    const common = { policy: {}, loss: {}, frozen: false, createdAtMs: 0 };
    const versions: PolicyVersionRecord[] = [
      { ...common, version: 1, origin: { kind: "CREATED" }, sinceSeq: 0 },
      { ...common, version: 2, origin: { kind: "FORKED", from: 1 }, sinceSeq: 10 },
      { ...common, version: 3, origin: { kind: "FORKED", from: 2 }, sinceSeq: 20 },
    ];
    const learns = learnedBy(3, versions);
    const given = [row(9, [1]), row(11, [1]), row(19, [2]), row(21, [2]), row(22, [3])];
    expect(given.filter(learns).map(({ seq }) => seq)).toEqual([9, 19, 22]);
  });
});
