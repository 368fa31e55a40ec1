import { describe, expect, test } from "@jest/globals";
import type { Prediction } from "../../src/domain/prediction.js";
import { Histogram } from "../../src/lib/histogram.js";
import type { Told } from "../../src/lib/latestValues.js";
import { AnswerFeed } from "../../src/telemetry/answerFeed.js";
import type { ModelFigures } from "../../src/telemetry/figures.js";
import { OperationalEvents } from "../../src/telemetry/operationalEvents.js";
import type { EventSources, OperationalEvent } from "../../src/telemetry/operationalEvents.js";
import { PolicySamples } from "../../src/telemetry/policySamples.js";
import type { PolicyFigures } from "../../src/telemetry/policySamples.js";
import { FakeClock } from "../support/fakeClock.js";

const answer = (id: number, application = "a") => ({ id: String(id), application }) as Prediction;

/** All that is there now; the last one is not waited for. */
async function toldBy<T>(followed: AsyncIterableIterator<Told<T>>): Promise<Told<T>[]> {
  const told: Told<T>[] = [];
  for (;;) {
    const next = await Promise.race([followed.next(), pause()]);
    if (next === undefined || next.done === true) return told;
    told.push(next.value);
  }
}

async function pause(): Promise<undefined> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
  return undefined;
}

describe("answers", () => {
  test("are told to those who follow their application, each so many-th", async () => {
    const [feed, clock] = [new AnswerFeed(), new FakeClock()];
    const [all, third, other] = [1, 3, 1].map((every, i) => feed.follow(clock, i === 2 ? "b" : "a", every));
    for (let id = 1; id <= 7; id++) feed.tell(answer(id));
    const idsOf = async (followed: typeof all) =>
      followed === undefined ? [] : (await toldBy(followed)).map(({ value }) => value.id);
    expect(await idsOf(all)).toEqual(["1", "2", "3", "4", "5", "6", "7"]);
    expect(await idsOf(third)).toEqual(["1", "4", "7"]);
    expect(await idsOf(other)).toEqual([]);
  });

  test("are at most a hundred a second, and those left out are counted", async () => {
    const [feed, clock] = [new AnswerFeed(), new FakeClock()];
    const followed = feed.follow(clock, "a", 1);
    for (let id = 0; id < 250; id++) {
      feed.tell(answer(id));
      // One that reads at once.
      if (id < 100) expect((await followed.next()).value).toEqual({ value: answer(id), dropped: 0 });
    }
    clock.advance(1000);
    feed.tell(answer(250));
    expect((await followed.next()).value).toEqual({ value: answer(250), dropped: 150 });
  });

  test("that a slow reader leaves are the newest 32", async () => {
    const [feed, clock] = [new AnswerFeed(), new FakeClock()];
    const followed = feed.follow(clock, "a", 1);
    for (let id = 0; id < 50; id++) feed.tell(answer(id));
    expect((await followed.next()).value).toEqual({ value: answer(18), dropped: 18 });
  });

  test("end with their application, and leave nothing behind, however often somebody comes and goes", async () => {
    const [feed, clock] = [new AnswerFeed(), new FakeClock()];
    for (let round = 0; round < 10; round++) {
      const followed = Array.from({ length: 1000 }, (_, i) => feed.follow(clock, i % 2 === 0 ? "a" : "b", 1));
      feed.tell(answer(round));
      expect(feed.size).toBe(1000);
      feed.retain(new Set(["b"]));
      expect(feed.size).toBe(500);
      for (const one of followed) await one.return?.();
      expect([feed.size, clock.alarms]).toEqual([0, 0]);
    }
    feed.stop();
    expect((await feed.follow(clock, "a", 1).next()).done).toBe(true);
    expect(feed.size).toBe(0);
  });
});

describe("policies", () => {
  function setUp() {
    const clock = new FakeClock();
    const state: { now: PolicyFigures | undefined; looks: number } = {
      now: { policyVersion: 1, stateSeq: 0, weights: [], recentLoss: undefined },
      looks: 0,
    };
    const samples = new PolicySamples(clock, (name) => {
      state.looks += 1;
      return name === "a" ? state.now : undefined;
    });
    return { clock, state, samples };
  }

  test("are told at once, and then only when they have changed", async () => {
    const { clock, state, samples } = setUp();
    const followed = samples.follow("a", 1000);
    if (followed === undefined || state.now === undefined) throw new Error("not followed");
    expect((await followed.next()).value).toMatchObject({ value: { stateSeq: 0 }, dropped: 0 });
    clock.advance(3000);
    const before = state.now;
    state.now = { ...before, stateSeq: 1 };
    clock.advance(1000);
    state.now = { ...before, stateSeq: 2 };
    clock.advance(1000);
    expect((await followed.next()).value).toMatchObject({ value: { stateSeq: 2 }, dropped: 1 });
    state.now = undefined;
    clock.advance(1000);
    expect((await followed.next()).done).toBe(true);
    expect(samples.follow("b", 1000)).toBeUndefined();
  });

  test("are looked at once an interval whatever the number of those who follow, and never without any", async () => {
    const { clock, state, samples } = setUp();
    const followed = Array.from({ length: 1000 }, () => samples.follow("a", 1000));
    const before = state.looks;
    clock.advance(5000);
    expect(state.looks - before).toBe(5);
    for (const one of followed) await one?.return?.();
    clock.advance(5000);
    expect([state.looks - before, samples.size, clock.alarms]).toEqual([5, 0, 0]);
  });
});

function figures(more: Partial<ModelFigures>): ModelFigures {
  const none = { model: "m", version: 1, dropped: 0, retriesRefused: 0, quarantined: 0, replicas: [] };
  return { ...none, ...more } as unknown as ModelFigures;
}

const replica = (endpoint: string, state: string, ejected: number) => ({
  ...{ endpoint, state, ejected, links: 1, batches: 0, rows: 0, overdue: 0, lost: 0, retried: 0 },
  serviceMs: new Histogram(),
});

function policy(more: Partial<PolicyOfEvents>): PolicyOfEvents {
  return { name: "a", policyVersion: 1, drifts: 0, adaptation: "STEADY", stateAgeMs: 0, ...more };
}

type PolicyOfEvents = ReturnType<EventSources["policies"]>[number];

describe("events", () => {
  function setUp() {
    const clock = new FakeClock();
    const now = {
      models: [figures({ replicas: [replica("r", "READY", 0)] })] as readonly ModelFigures[],
      currentVersions: [{ name: "m", currentVersion: 1 }],
      policies: [policy({ stateAgeMs: 600 })],
      looks: 0,
    };
    const events = new OperationalEvents({
      clock,
      models: () => {
        now.looks += 1;
        return now.models;
      },
      currentVersions: () => now.currentVersions,
      policies: () => now.policies,
    });
    return { clock, now, events };
  }
  const bare = ({ value: { at: _at, ...event } }: Told<OperationalEvent>) => event;

  test("are what has changed since it was last looked at", async () => {
    const { clock, now, events } = setUp();
    const followed = events.follow(() => true);
    clock.advance(250);
    now.models = [figures({ dropped: 3, quarantined: 1, replicas: [replica("r", "EJECTED", 1)] })];
    now.currentVersions = [{ name: "m", currentVersion: 2 }];
    now.policies = [policy({ policyVersion: 2, drifts: 2, adaptation: "STALLED", stateAgeMs: 2000 })];
    clock.advance(250);
    now.models = [figures({ dropped: 3, quarantined: 1 })];
    now.policies = [policy({ policyVersion: 2, drifts: 2, adaptation: "STALLED" })];
    clock.advance(250);
    const of = { model: "m", version: 1 };
    expect((await toldBy(followed)).map(bare)).toEqual([
      { kind: "ROWS_DROPPED", ...of, count: 3 },
      { kind: "INPUTS_QUARANTINED", ...of, count: 1 },
      { kind: "REPLICA_STATE", ...of, replica: "r", before: "READY", after: "EJECTED" },
      { kind: "REPLICA_EJECTED", ...of, replica: "r", count: 1 },
      { kind: "CURRENT_VERSION", model: "m", before: "1", after: "2" },
      { kind: "POLICY_VERSION", application: "a", before: "1", after: "2" },
      { kind: "DRIFT", application: "a", count: 2 },
      { kind: "ADAPTATION", application: "a", before: "STEADY", after: "STALLED" },
      { kind: "LEARNING", application: "a", before: "FOLLOWING", after: "STALLED" },
      { kind: "LEARNING", application: "a", before: "STALLED", after: "FOLLOWING" },
      { kind: "REPLICA_STATE", ...of, replica: "r", before: "EJECTED", after: undefined },
    ]);
  });

  test("are told to those who want them, and the newest 256 to one who is slow", async () => {
    const { clock, now, events } = setUp();
    const [dropped, drifts] = [
      events.follow(({ model }) => model === "m"),
      events.follow(({ kind }) => kind === "DRIFT"),
    ];
    for (let i = 1; i <= 300; i++) {
      now.models = [figures({ dropped: i, replicas: [replica("r", "READY", 0)] })];
      clock.advance(250);
    }
    expect((await toldBy(dropped)).map((told) => told.dropped)).toEqual([44, ...Array.from({ length: 255 }, () => 0)]);
    expect(await toldBy(drifts)).toEqual([]);
  });

  test("end for those who follow what is no more, behind the last of them", async () => {
    const { clock, now, events } = setUp();
    let isThere = true;
    const followed = events.follow(
      () => true,
      () => isThere,
    );
    clock.advance(250);
    expect(events.size).toBe(1);
    isThere = false;
    now.currentVersions = [{ name: "m", currentVersion: 2 }];
    clock.advance(250);
    expect(events.size).toBe(0);
    expect((await followed.next()).value).toMatchObject({ value: { kind: "CURRENT_VERSION" } });
    expect((await followed.next()).done).toBe(true);
  });

  test("are looked for once for all who follow, and leave nothing behind", async () => {
    const { clock, now, events } = setUp();
    for (let round = 0; round < 10; round++) {
      const followed = Array.from({ length: 1000 }, () => events.follow(() => true));
      const before = now.looks;
      clock.advance(1000);
      expect([now.looks - before, events.size]).toEqual([4, 1000]);
      for (const one of followed) await one.return?.();
      clock.advance(1000);
      expect([now.looks - before, events.size, clock.alarms]).toEqual([4, 0, 0]);
    }
    events.stop();
    expect((await events.follow(() => true).next()).done).toBe(true);
  });
});
