import type { Failure } from "../../src/domain/failure.js";
import type { NewObservation, StoredObservation, Truth } from "../../src/domain/storePorts.js";
import type { StoredEvidence } from "../../src/correction/evidence.js";
import { defaultLoss } from "../../src/domain/application.js";
import type { Application, OutputSpec } from "../../src/domain/application.js";
import { StepsPerTurn } from "../../src/lib/stepsPerTurn.js";
import { FeedbackGuard } from "../../src/serving/feedbackGuard.js";
import { observe } from "../../src/serving/observe.js";
import type { GivenTruth } from "../../src/serving/truth.js";
import type { ObserveDependencies, ObserveRequest } from "../../src/serving/observe.js";
import type { PredictRequest } from "../../src/serving/predict.js";
import { signReceipt } from "../../src/serving/receipt.js";
import { ServingMetrics } from "../../src/telemetry/servingMetrics.js";
import { FakeClock } from "./fakeClock.js";
import { application, catalogueOf, LABELS, prediction } from "./fakeServing.js";

export const KEYS = [{ id: 1, secret: new Uint8Array(32).fill(1) }];
export const TTL_MS = 3_600_000;
export const ANT: Truth = { kind: "LABEL", label: "ant" };

/** Predicted now, observed now. */
export function observing(
  output: OutputSpec = { kind: "LABEL", labels: LABELS },
  changes: Partial<Application> = {},
  featuresLearned: ReadonlyMap<number, string> = new Map(),
  clock = new FakeClock(),
  steps = new StepsPerTurn(clock, Infinity),
) {
  const logged = new Map<string, StoredEvidence>();
  const appended: NewObservation[] = [];
  const metrics = new ServingMetrics();
  let stored: StoredObservation | Failure = { kind: "observation", seq: 9, duplicate: false };
  const predicted: PredictRequest[] = [];
  const warned: string[] = [];
  const deps: ObserveDependencies = {
    clock,
    steps,
    metrics,
    catalogue: catalogueOf(application({ output, loss: defaultLoss(output), ...changes }), [], [], featuresLearned),
    observations: {
      append: (observation: NewObservation) => {
        appended.push(observation);
        return Promise.resolve(stored);
      },
    },
    guard: new FeedbackGuard({ clock, applications: () => ["insects"], warn: (message) => warned.push(message) }),
    receiptKeys: () => Promise.resolve(KEYS),
    receiptTtlMs: TTL_MS,
    loggedEvidence: (_application, id) => Promise.resolve(logged.get(id)),
    predict: (request) => {
      predicted.push(request);
      return Promise.resolve(prediction({ atMs: clock.wallMs(), entity: request.entity }));
    },
  };
  const { receipt } = signReceipt(prediction({ atMs: clock.wallMs() }), KEYS);
  return {
    clock,
    appended,
    predicted,
    warned,
    logged,
    metrics,
    receipt,
    storeAnswers: (answer: StoredObservation | Failure) => void (stored = answer),
    ask: (truth: GivenTruth, key?: string, of = receipt) =>
      observe(deps, { target: { kind: "RECEIPT", receipt: of }, truth, key, supersedes: undefined }),
    request: (given: Partial<ObserveRequest>) =>
      observe(deps, {
        target: { kind: "RECEIPT", receipt },
        truth: ANT,
        key: undefined,
        supersedes: undefined,
        ...given,
      }),
  };
}
