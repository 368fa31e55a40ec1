import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { Prediction } from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import type { ReceiptKey } from "../domain/storePorts.js";
import type { Administration } from "../serving/administer.js";
import type { LearnedAdministration } from "../serving/learnedAdministration.js";
import type { Catalogue } from "../serving/catalogue.js";
import type { ModelVersions } from "../serving/modelVersions.js";
import type { Observed, ObserveRequest } from "../serving/observe.js";
import type { PredictRequest } from "../serving/predict.js";
import type { ReceiptExplanation } from "../serving/receiptExplanation.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";
import { RowBudget } from "./documentLimits.js";

/** What the fronts may call: the stories of `serving/` with their dependencies filled in by `app.ts`. */
export interface Services {
  /** At once where nothing has to be waited for. */
  predict(request: PredictRequest): Prediction | Failure | Promise<Prediction | Failure>;
  observe(request: ObserveRequest): Promise<Observed | Failure>;
  /** Signs the receipt of a prediction just made. */
  readonly receiptOf: (prediction: Prediction) => string;
  explainReceipt(receipt: string): Promise<ReceiptExplanation | Failure>;
  /** Newest first: that one signs. */
  rotateReceiptKey(): Promise<readonly ReceiptKey[] | Failure>;
  readonly administration: Administration;
  readonly learned: LearnedAdministration;
  readonly catalogue: Catalogue;
  readonly versions: ModelVersions;
  readonly metrics: ServingMetrics;
  readonly clock: Clock;
}

/** One GraphQL operation's surroundings, the same over HTTP and websockets. */
export interface RequestContext {
  readonly services: Services;
  /** Monotonic milliseconds at which the request arrived: deadlines count from here. */
  readonly arrivalMs: number;
  /** What the operation may still ask to have predicted, all its fields together. */
  readonly rows: RowBudget;
  /** Who waits for the answer. */
  readonly caller: Caller;
}

export function newContext(services: Services, arrivalMs: number, caller: Caller): RequestContext {
  return { services, arrivalMs, rows: new RowBudget(), caller };
}
