import type { AccessControl } from "../access/accessControl.js";
import type { AuditLog } from "../access/auditLog.js";
import type { Refusals } from "../access/refusals.js";
import type { ArtefactStore } from "../deploying/artefactStore.js";
import type { Deployments } from "../deploying/deployments.js";
import type { Access } from "../domain/access.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { Prediction } from "../domain/prediction.js";
import type { Caller } from "../lib/caller.js";
import type { ReceiptKey } from "../domain/storePorts.js";
import type { Activated } from "../serving/activate.js";
import type { Administration } from "../serving/administer.js";
import type { LearnedAdministration } from "../serving/learnedAdministration.js";
import type { Catalogue } from "../serving/catalogue.js";
import type { ModelVersions } from "../serving/modelVersions.js";
import type { Observed, ObserveRequest } from "../serving/observe.js";
import type { PolicyEvaluations } from "../serving/policyEvaluations.js";
import type { PolicyReplays } from "../serving/policyReplays.js";
import type { PredictRequest } from "../serving/predict.js";
import type { PredictMany } from "../serving/predictMany.js";
import type { ReceiptExplanation } from "../serving/receiptExplanation.js";
import type { LearningFigures } from "../telemetry/figures.js";
import type { LiveFeeds } from "../telemetry/liveFeeds.js";
import type { MetricsSamples } from "../telemetry/metricsSamples.js";
import type { ServingMetrics } from "../telemetry/servingMetrics.js";

/** What the fronts may call: the stories of `serving/` with their dependencies filled in by `app.ts`. */
export interface Services {
  /** At once where nothing has to be waited for. */
  predict(request: PredictRequest): Prediction | Failure | Promise<Prediction | Failure>;
  /** One answer for each row, in their order. At once where nothing has to be waited for. */
  readonly predictMany: PredictMany;
  observe(request: ObserveRequest): Promise<Observed | Failure>;
  activate(receipt: string, isSeen: (application: string) => boolean): Promise<Activated | Failure>;
  /** Signs the receipt of a prediction just made. */
  readonly receiptOf: (prediction: Prediction) => string;
  /** Of an application that `isSeen` refuses nothing is said. */
  explainReceipt(receipt: string, isSeen: (application: string) => boolean): Promise<ReceiptExplanation | Failure>;
  /** Newest first: that one signs. */
  rotateReceiptKey(expectedKeyId?: number): Promise<readonly ReceiptKey[] | Failure>;
  readonly access: AccessControl;
  readonly audit: AuditLog;
  readonly refusals: Refusals;
  readonly administration: Administration;
  readonly learned: LearnedAdministration;
  readonly replays: PolicyReplays;
  readonly evaluations: PolicyEvaluations;
  readonly artefacts: ArtefactStore;
  readonly deployments: Deployments;
  readonly catalogue: Catalogue;
  readonly versions: ModelVersions;
  readonly metrics: ServingMetrics;
  readonly samples: MetricsSamples;
  readonly live: LiveFeeds;
  /** What an application learns; undefined for one that is not followed (yet). */
  learningFigures(application: string): LearningFigures | undefined;
  /** Entities' learned states in memory. */
  heldEntities(): { readonly entities: number; readonly bytes: number };
  readonly clock: Clock;
  /** Tells the process's log of an error that nobody expected, whole. */
  readonly logDefect: (error: unknown) => void;
  /** What works only in part now, in words. */
  readonly degraded: () => string | undefined;
}

/** One GraphQL operation's surroundings, the same over HTTP and websockets. */
export interface RequestContext {
  readonly services: Services;
  /** Monotonic milliseconds at which the request arrived: deadlines count from here. */
  readonly arrivalMs: number;
  /** Who waits for the answer. */
  readonly caller: Caller;
  /** What they may do and see. */
  readonly access: Access;
  /** Network address that the request came from. */
  readonly address: () => string;
  /** Its scopes and limits have been checked. */
  isAdmitted: boolean;
  /** How often the answer has gone on from one object to another: see `followedEdges.ts`. */
  followed: number;
}

export interface Asking {
  /** Monotonic milliseconds. */
  readonly arrivalMs: number;
  readonly caller: Caller;
  readonly access: Access;
  readonly address: () => string;
}

export function newContext(services: Services, asking: Asking): RequestContext {
  const { arrivalMs, caller, access, address } = asking;
  return { services, arrivalMs, caller, access, address, isAdmitted: false, followed: 0 };
}
