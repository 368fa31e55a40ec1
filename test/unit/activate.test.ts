import { expect, test } from "@jest/globals";
import type { Application } from "../../src/domain/application.js";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import { failure } from "../../src/domain/failure.js";
import type { Failure } from "../../src/domain/failure.js";
import type { NewObservation, StoredObservation } from "../../src/domain/storePorts.js";
import { activate } from "../../src/serving/activate.js";
import type { ActivateDependencies } from "../../src/serving/activate.js";
import { signReceipt } from "../../src/serving/receipt.js";
import { FakeClock } from "../support/fakeClock.js";
import { application, catalogueOf, prediction } from "../support/fakeServing.js";

const KEYS = [{ id: 1, secret: new Uint8Array(32).fill(1) }];
const TTL_MS = 3_600_000;

function setUp(changes: Partial<Application> = {}) {
  const clock = new FakeClock();
  const appended: NewObservation[] = [];
  let stored: StoredObservation | Failure = { kind: "observation", seq: 0, duplicate: true };
  const feedback = { ...DEFAULT_FEEDBACK, deferActivation: true, logPredictions: "EVIDENCE" as const };
  const served = application({
    policy: { kind: "exp3-ix" },
    loss: { kind: "REWARD", min: -1, max: 1 },
    feedback,
    ...changes,
  });
  const deps: ActivateDependencies = {
    clock,
    catalogue: catalogueOf(served),
    observations: {
      append: (observation) => {
        appended.push(observation);
        return Promise.resolve(stored);
      },
    },
    receiptKeys: () => Promise.resolve(KEYS),
    receiptTtlMs: TTL_MS,
    loggedEvidence: () => Promise.resolve(undefined),
  };
  const { receipt } = signReceipt(prediction({ atMs: clock.wallMs() }), KEYS);
  return {
    ...{ clock, appended, receipt },
    storeAnswers: (answer: StoredObservation | Failure) => void (stored = answer),
    ask: (of = receipt) => activate(deps, of),
  };
}

test("an activation says when the prediction was shown, and tells what it counts as where something was told before", async () => {
  const { ask, appended, clock, storeAnswers } = setUp();
  const nothing = { application: "insects", predictionId: "p1", seq: undefined, learnedBy: [] };
  expect(await ask()).toEqual(nothing);
  expect(appended).toMatchObject([
    {
      receiptId: "p1",
      predictedAtMs: clock.wallMs(),
      learnedBy: [3],
      counting: { kind: "ACTIVATION", shownAtMs: clock.wallMs(), rule: { isDeferred: true, min: -1, max: 1 } },
    },
  ]);
  const counted = { standing: "COUNTED", learnedBy: [3], key: "$total" } as const;
  storeAnswers({ kind: "observation", seq: 7, duplicate: false, counted });
  expect(await ask()).toEqual({ ...nothing, seq: 7, learnedBy: [3] });
  storeAnswers({ kind: "observation", seq: 7, duplicate: true, counted });
  expect(await ask()).toEqual(nothing);
});

test("an activation by a forged receipt is not found, and one by an expired receipt names receiptTtl", async () => {
  const { ask, appended, clock, receipt } = setUp();
  expect(await ask(`${receipt}A`)).toMatchObject({ code: "NOT_FOUND", path: ["receipt"] });
  const gone = signReceipt(prediction({ application: "gone", atMs: clock.wallMs() }), KEYS);
  expect(await ask(gone.receipt)).toMatchObject({ code: "NOT_FOUND", message: 'application "gone" does not exist' });
  clock.advance(TTL_MS);
  expect(await ask()).toMatchObject({ predictionId: "p1" });
  clock.advance(1);
  expect(await ask()).toMatchObject({
    code: "BAD_INPUT",
    path: ["receipt"],
    message: expect.stringContaining("receiptTtl (1.0 h)") as unknown,
  });
  expect(appended).toHaveLength(1);
});

test("an activation is refused where predictions count at once", async () => {
  const { ask, appended } = setUp({ feedback: DEFAULT_FEEDBACK });
  expect(await ask()).toMatchObject({
    code: "BAD_INPUT",
    message: expect.stringContaining("deferActivation") as unknown,
  });
  expect(appended).toEqual([]);
});

test("an activation that could not be stored says so", async () => {
  const { ask, storeAnswers } = setUp();
  storeAnswers(failure("STORE_UNAVAILABLE", "no database"));
  expect(await ask()).toMatchObject({ code: "STORE_UNAVAILABLE" });
});
