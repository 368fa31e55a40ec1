import { expect, test } from "@jest/globals";
import type { Application } from "../../src/domain/application.js";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import { failure } from "../../src/domain/failure.js";
import type { Failure } from "../../src/domain/failure.js";
import type { DueRange, LoggedPrediction, SettledBatch } from "../../src/domain/predictionLogPorts.js";
import type { NewObservation, StoredObservation } from "../../src/domain/storePorts.js";
import type { ServedApplication } from "../../src/serving/catalogue.js";
import { RewardWaits } from "../../src/serving/rewardWaits.js";
import { FakeClock } from "../support/fakeClock.js";

const WAIT_MS = 60_000;

/** Waiting predictions and a feedback log in memory, with what was asked of them. */
function rig(names: readonly string[] = ["shop"]) {
  const clock = new FakeClock();
  const waits = new Map<string, number>();
  const rounds: number[] = [];
  const counted: string[] = [];
  const warnings: string[] = [];
  const given = {
    elsewhere: "",
    pressed: false,
    unreachable: false,
    outcome: (_: NewObservation): Failure | undefined => undefined,
  };
  const settle = async (
    application: string,
    { untilMs, limit }: DueRange,
    work: (due: readonly LoggedPrediction[]) => Promise<readonly string[]>,
  ): Promise<SettledBatch | undefined> => {
    if (application === names[0]) rounds.push(clock.nowMs());
    if (application === given.elsewhere) return undefined;
    if (given.unreachable) throw new Error("no database");
    const due = [...waits].filter(([, fromMs]) => fromMs <= untilMs).slice(0, limit);
    for (const id of due.length === 0
      ? []
      : await work(due.map(([each, fromMs]) => prediction(application, each, fromMs)))) {
      waits.delete(id);
    }
    return { due: due.length, nextFromMs: waits.size === 0 ? undefined : Math.min(...waits.values()) };
  };
  const append = (observation: NewObservation): Promise<StoredObservation | Failure> => {
    const failed = given.outcome(observation);
    if (failed !== undefined) return Promise.resolve(failed);
    counted.push(observation.receiptId);
    const as = { standing: "COUNTED", learnedBy: [1], key: "$default" } as const;
    return Promise.resolve({ kind: "observation", seq: counted.length, duplicate: false, counted: as });
  };
  let defaults = 0;
  const job = new RewardWaits({
    clock,
    waiting: { settle },
    observations: { append },
    applications: () => names.map(served),
    isPressed: () => given.pressed,
    countedDefault: () => (defaults += 1),
    warn: (message) => warnings.push(message),
  });
  return { clock, waits, rounds, counted, warnings, given, job, defaults: () => defaults };
}

function served(name: string): ServedApplication {
  const feedback = { ...DEFAULT_FEEDBACK, rewardWaitMs: WAIT_MS, defaultReward: 0, logPredictions: "EVIDENCE" };
  const application = { name, policyVersion: 1, loss: { kind: "REWARD", min: 0, max: 1 }, feedback };
  return {
    application: application as unknown as Application,
    learningVersions: new Set([1]),
    featuresLearned: new Map(),
  } as unknown as ServedApplication;
}

function prediction(application: string, id: string, waitsFromMs: number): LoggedPrediction {
  const common = { application, id, predictedAtMs: waitsFromMs, policyVersion: 1, entity: undefined, source: "MODEL" };
  return { ...common, evidence: { source: "MODEL", members: [] }, input: undefined, shownAtMs: undefined, waitsFromMs };
}

/** Lets everything happen that no alarm has to come for. */
async function settled(): Promise<void> {
  for (let i = 0; i < 400; i++) await Promise.resolve();
}

async function pass(clock: FakeClock, ms: number, stepMs = 10): Promise<void> {
  for (let passed = 0; passed < ms; passed += stepMs) {
    clock.advance(Math.min(stepMs, ms - passed));
    await settled();
  }
}

test("counts what has waited long enough at its time, and looks at the database no more often than that", async () => {
  const { clock, waits, rounds, counted, job, defaults } = rig();
  waits.set("a", clock.wallMs());
  waits.set("b", clock.wallMs() + 5000);
  job.start();
  await pass(clock, WAIT_MS - 10, 1000);
  expect(counted).toEqual([]);
  await pass(clock, 1000);
  expect(counted).toEqual(["a"]);
  await pass(clock, 5000);
  expect(counted).toEqual(["a", "b"]);
  expect(defaults()).toBe(2);
  expect(rounds.length).toBeLessThanOrEqual(10);
  await job.stop();
});

test("comes for a prediction of its own when its wait is over", async () => {
  const { clock, waits, counted, job } = rig();
  job.start();
  await pass(clock, 100);
  waits.set("a", clock.wallMs() - WAIT_MS + 800);
  job.expect(800);
  await pass(clock, 790);
  expect(counted).toEqual([]);
  await pass(clock, 20);
  expect(counted).toEqual(["a"]);
  await job.stop();
});

test("looks five times a second at most, however many waits end", async () => {
  const { clock, waits, rounds, counted, job } = rig();
  for (let i = 1; i <= 100; i++) waits.set(`p${i}`, clock.wallMs() - WAIT_MS + 20 * i);
  job.start();
  await pass(clock, 2300);
  expect(counted).toHaveLength(100);
  expect(rounds.length).toBeLessThanOrEqual(12);
  await job.stop();
});

test("goes through a backlog in batches, and leaves the log to others for as long as one took", async () => {
  const { clock, waits, counted, job, given } = rig();
  for (let i = 0; i < 250; i++) waits.set(`p${i}`, clock.wallMs() - WAIT_MS);
  const asked: number[] = [];
  // The first of each batch takes 30 ms.
  given.outcome = () => {
    if (counted.length % 100 === 0) clock.advance(30);
    asked.push(clock.nowMs());
    return undefined;
  };
  job.start();
  await pass(clock, 10);
  expect(counted).toHaveLength(100);
  await pass(clock, 20);
  expect(counted).toHaveLength(100);
  await pass(clock, 10);
  expect(counted).toHaveLength(200);
  await pass(clock, 200);
  expect(counted).toHaveLength(250);
  await job.stop();
});

test("tries again a second after the database could not be had, and says so once", async () => {
  const { clock, waits, rounds, counted, warnings, given, job } = rig();
  waits.set("a", clock.wallMs() - WAIT_MS);
  given.unreachable = true;
  job.start();
  await pass(clock, 3500, 100);
  expect(rounds.length).toBeGreaterThanOrEqual(3);
  expect(rounds.length).toBeLessThanOrEqual(5);
  expect(warnings).toHaveLength(1);
  given.unreachable = false;
  await pass(clock, 1000, 100);
  expect(counted).toEqual(["a"]);
  await job.stop();
});

test("keeps waiting what could not be stored, and lets go of what never can", async () => {
  const { clock, waits, warnings, given, job } = rig();
  for (const id of ["away", "gone", "bad", "fine"]) waits.set(id, clock.wallMs() - WAIT_MS);
  given.outcome = ({ receiptId }) => {
    if (receiptId === "away") return failure("STORE_UNAVAILABLE", "no");
    if (receiptId === "gone") return failure("NOT_FOUND", "deleted");
    return receiptId === "bad" ? failure("BAD_INPUT", "refused") : undefined;
  };
  job.start();
  await pass(clock, 50);
  expect([...waits.keys()]).toEqual(["away"]);
  expect(warnings).toEqual([expect.stringContaining("refused")]);
  given.outcome = () => undefined;
  await pass(clock, 1500);
  expect(waits.size).toBe(0);
  await job.stop();
});

test("waits while the process is short of memory or time", async () => {
  const { clock, waits, rounds, counted, given, job } = rig();
  waits.set("a", clock.wallMs() - WAIT_MS);
  given.pressed = true;
  job.start();
  await pass(clock, 3000, 100);
  expect(rounds).toEqual([]);
  given.pressed = false;
  await pass(clock, 1000, 100);
  expect(counted).toEqual(["a"]);
  await job.stop();
});

test("one application's turn that another server has keeps no other from its own", async () => {
  const { clock, waits, counted, given, job } = rig(["shop", "news"]);
  given.elsewhere = "shop";
  waits.set("a", clock.wallMs() - WAIT_MS);
  job.start();
  await pass(clock, 50);
  expect(counted).toEqual(["a"]);
  await job.stop();
});

test("does nothing more once it is stopped, which may be asked twice", async () => {
  const { clock, waits, rounds, job } = rig();
  job.start();
  await pass(clock, 50);
  const before = rounds.length;
  await Promise.all([job.stop(), job.stop()]);
  waits.set("a", clock.wallMs() - WAIT_MS);
  job.expect(0);
  await pass(clock, 20_000, 1000);
  expect(rounds).toHaveLength(before);
  expect(clock.alarms).toBe(0);
});
