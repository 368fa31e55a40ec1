import { describe, expect, test } from "@jest/globals";
import { seededRandom } from "../../bench/simulation/seededRandom.js";
import { newFolding } from "../../src/correction/learnedState.js";
import type { ReplayFolding } from "../../src/correction/learnedState.js";
import type { LoggedObservation, PolicyVersionRecord } from "../../src/domain/learningPorts.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type {
  ReplayedVersion,
  ReplayProgress,
  ReplayRecord,
  ReplayStore,
  ReplayWork,
} from "../../src/domain/replayPorts.js";
import { Replays } from "../../src/learning/replays.js";
import { FakeClock } from "../support/fakeClock.js";
import { LABELS, logged, MemoryWork, randomRow } from "../support/replayedLog.js";

const random = seededRandom(11);

function rows(from: number, count: number, choosing = false): LoggedObservation[] {
  return Array.from({ length: count }, (_, i) => logged(from + i, randomRow(random, 3, choosing)));
}

/** One application's log, which may go on between any two statements; and the one replay of it. */
class MemoryReplays implements ReplayStore {
  readonly log: LoggedObservation[];
  readonly states: MemoryWork;
  /** Happens when the log's end is asked for, once each. */
  readonly meanwhile: (() => void)[] = [];
  record: ReplayRecord | undefined;
  completed: ReplayedVersion | undefined;
  /** Of the log, when it became a version. */
  headAtEnd = 0;

  constructor(log: LoggedObservation[]) {
    this.log = log;
    this.states = new MemoryWork(log);
  }

  get head(): number {
    return this.log.at(-1)?.seq ?? 0;
  }

  heads() {
    this.meanwhile.shift()?.();
    return Promise.resolve(new Map([["app", this.head]]));
  }

  begin(_application: string, progress: ReplayProgress): Promise<ReplayRecord> {
    this.record = { version: 2, status: "RUNNING", progress, failure: undefined, startedAtMs: 0 };
    return Promise.resolve(this.record);
  }

  seqBefore = () => Promise.resolve(0);
  work = (): ReplayWork => this.states;

  tell(_application: string, _version: number, progress: ReplayProgress): Promise<void> {
    if (this.record !== undefined) this.record = { ...this.record, progress };
    return Promise.resolve();
  }

  async complete(
    _application: string,
    version: number,
    replayed: ReplayedVersion,
    finish: (endSeq: number, work: ReplayWork) => Promise<ReplayProgress>,
  ): Promise<PolicyVersionRecord> {
    this.headAtEnd = this.head;
    await this.tell("app", version, await finish(Math.min(this.head, replayed.untilSeq), this.states));
    this.completed = replayed;
    if (this.record !== undefined) this.record = { ...this.record, status: "COMPLETE" };
    const { policy, loss, from } = replayed;
    const origin = { kind: "REPLAYED", from } as const;
    return { version, policy, loss, origin, sinceSeq: this.head, frozen: false, createdAtMs: 0 };
  }

  fail(_application: string, _version: number, failure: string): Promise<void> {
    if (this.record !== undefined) this.record = { ...this.record, status: "FAILED", failure };
    return Promise.resolve();
  }

  read = () => Promise.resolve(this.record);
}

function foldingOf(policy: PolicySpec): ReplayFolding {
  const replay = { afterSeq: 0, untilSeq: Infinity, contextVersions: new Set<number>(), weights: new Map() };
  return newFolding({ policy, loss: { kind: "ZERO_ONE" }, output: { kind: "LABEL", labels: [...LABELS] }, replay });
}

/** Resolves when it has ended, one way or the other. */
async function replay(
  store: MemoryReplays,
  policy: PolicySpec = { kind: "ensemble" },
  { stopAtOnce = false, untilSeq = Infinity } = {},
) {
  const replays = new Replays({
    clock: new FakeClock(),
    store,
    states: store,
    completed: () => Promise.resolve(),
    info: () => undefined,
    warn: () => undefined,
  });
  const started = await replays.start({
    ...{ application: "app", policy, loss: { kind: "ZERO_ONE" }, from: 1, afterSeq: 0, makeCurrent: false },
    beganSeq: store.head,
    untilSeq,
    newFolding: () => foldingOf(policy),
    whyNothing: (skipped, count) => `nothing in ${count}: ${JSON.stringify(skipped)}`,
  });
  if (stopAtOnce) await replays.stop();
  while (store.record?.status === "RUNNING") await new Promise((resolve) => setImmediate(resolve));
  return started;
}

describe("a replay", () => {
  test("learns what was observed while it ran before it is a version", async () => {
    const store = new MemoryReplays(rows(1, 700));
    store.meanwhile.push(
      () => undefined,
      () => void store.log.push(...rows(701, 600)),
      () => void store.log.push(...rows(1301, 90)),
      () => void store.log.push(...rows(1391, 10)),
    );
    await replay(store);
    expect(store.record).toMatchObject({ status: "COMPLETE", progress: { rows: store.head, seq: store.head } });
    const folding = foldingOf({ kind: "ensemble" });
    const population = folding.init();
    for (const row of store.log) {
      const lesson = folding.read(row.truth, row.evidence, row);
      if (lesson !== undefined) folding.observe(population, lesson);
    }
    expect(Buffer.from(store.states.kept.get("")?.state ?? [])).toEqual(Buffer.from(folding.encode(population)));
  });

  test("ends where it was told to, however the log goes on", async () => {
    const store = new MemoryReplays(rows(1, 700));
    store.meanwhile.push(
      () => undefined,
      ...Array.from({ length: 60 }, () => () => void store.log.push(...rows(store.head + 1, 201))),
    );
    await replay(store, { kind: "ensemble" }, { untilSeq: 610 });
    expect(store.record).toMatchObject({ status: "COMPLETE", progress: { rows: 610, seq: 610, endSeq: 610 } });
  });

  test("that could learn nothing fails and says why", async () => {
    const store = new MemoryReplays(rows(1, 20, true));
    await replay(store);
    expect(store.record).toMatchObject({ status: "FAILED", failure: 'nothing in 20: {"MEMBERS_MISSING":20}' });
    expect(store.completed).toBeUndefined();
  });

  test("of a server that stops fails, and leaves no version", async () => {
    const store = new MemoryReplays(rows(1, 2000));
    await replay(store, { kind: "ensemble" }, { stopAtOnce: true });
    expect(store.record).toMatchObject({ status: "FAILED", failure: "the server was stopped; begin again" });
    expect(store.completed).toBeUndefined();
  });

  test("of a log that grows faster than it is folded gives up", async () => {
    const store = new MemoryReplays(rows(1, 10));
    store.meanwhile.push(...Array.from({ length: 60 }, () => () => void store.log.push(...rows(store.head + 1, 201))));
    await replay(store);
    expect(store.record?.failure).toContain("grows faster than it can be folded");
  });
});
