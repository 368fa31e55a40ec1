import { randomBytes } from "node:crypto";
import type { Config } from "./config.js";
import type { Clock } from "./domain/ports.js";
import type { Prediction } from "./domain/prediction.js";
import type { Row } from "./domain/tensor.js";
import type { Services } from "./graphql/context.js";
import { Learning } from "./learning/learning.js";
import { askSignature } from "./replicas/wrapperClient.js";
import { Administration } from "./serving/administer.js";
import { Catalogue } from "./serving/catalogue.js";
import type { ModelVersions } from "./serving/modelVersions.js";
import { observe } from "./serving/observe.js";
import { predict } from "./serving/predict.js";
import type { PredictRequest } from "./serving/predict.js";
import { predictionIds } from "./serving/predictionIds.js";
import { loggedEvidence, loggedPrediction } from "./serving/predictionLogging.js";
import type { Pressure } from "./serving/pressure.js";
import { signReceipt } from "./serving/receipt.js";
import { ReceiptKeys } from "./serving/receiptKeys.js";
import { RegistryWatch } from "./serving/registryWatch.js";
import type { Database } from "./store/database.js";
import { PostgresObservationStore } from "./store/observationStore.js";
import { PostgresPredictionLog } from "./store/predictionLog.js";
import { PostgresReceiptKeyStore } from "./store/receiptKeyStore.js";
import { PostgresRegistryStore } from "./store/registryStore.js";
import { PostgresStateStore } from "./store/stateStore.js";
import type { Log } from "./telemetry/log.js";
import { ServingMetrics } from "./telemetry/servingMetrics.js";

export interface ServicesOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  readonly versions: ModelVersions;
  readonly pressure: Pressure;
  readonly answerMarginMs: () => number;
}

const DAY_MS = 86_400_000;

/** The stories of `serving/` with their dependencies: the part of the composition root between the stores and the fronts. */
export class ServiceComposition {
  readonly #options: ServicesOptions;
  readonly #catalogue = new Catalogue();
  readonly #metrics = new ServingMetrics();
  readonly #registry: PostgresRegistryStore;
  readonly #learning: Learning;
  readonly #watch: RegistryWatch;
  readonly #observations: PostgresObservationStore;
  readonly #receiptKeys: ReceiptKeys;
  readonly #predictionLog: PostgresPredictionLog;

  constructor(options: ServicesOptions) {
    this.#options = options;
    const { config, clock, log, database, versions, answerMarginMs } = options;
    const warn = (message: string): void => log.warn(message);
    const random = Math.random;
    this.#registry = new PostgresRegistryStore(database);
    const { stateBytes, receiptTtlMs } = config;
    this.#learning = new Learning({ clock, store: new PostgresStateStore(database), stateBytes, warn });
    this.#watch = new RegistryWatch({
      registry: this.#registry,
      catalogue: this.#catalogue,
      learning: this.#learning,
      metrics: this.#metrics,
      versions,
      answerMarginMs,
      warn,
      clock,
      random,
    });
    this.#observations = new PostgresObservationStore(database, { clock, random, learner: this.#learning });
    this.#receiptKeys = new ReceiptKeys(new PostgresReceiptKeyStore(database), clock, warn);
    const retentionDays = Math.ceil(receiptTtlMs / DAY_MS) + 1;
    this.#predictionLog = new PostgresPredictionLog(database, { clock, retentionDays });
  }

  async start(): Promise<Services> {
    await this.#watch.start();
    await this.#learning.start();
    await this.#receiptKeys.start();
    return this.#services();
  }

  /** From the top: what was accepted is stored, what was learned written, before nobody follows changes any more. */
  async stop(): Promise<void> {
    await this.#observations.drain();
    await this.#predictionLog.stop();
    await this.#learning.stop();
    await this.#receiptKeys.stop();
    await this.#watch.stop();
  }

  #services(): Services {
    const { clock, versions, pressure, answerMarginMs, config } = this.#options;
    const catalogue = this.#catalogue;
    const metrics = this.#metrics;
    const predicting = {
      clock,
      random: Math.random,
      learning: this.#learning,
      catalogue,
      metrics,
      newPredictionId: predictionIds(randomBytes),
      pressure,
      answerMarginMs,
      logPrediction: (prediction: Prediction, row: Row | undefined) =>
        this.#predictionLog.append(loggedPrediction(prediction, row)),
    };
    const predictIt = (request: PredictRequest) => predict(predicting, request);
    const observing = {
      clock,
      catalogue,
      metrics,
      observations: this.#observations,
      receiptKeys: (receipt: string) => this.#receiptKeys.forReceipt(receipt),
      receiptTtlMs: config.receiptTtlMs,
      loggedEvidence: (application: string, id: string) => loggedEvidence(this.#predictionLog, application, id),
      predict: predictIt,
    };
    return {
      predict: predictIt,
      observe: (request) => observe(observing, request),
      receiptOf: (prediction) => this.#receiptOf(prediction),
      administration: this.#administration(),
      catalogue,
      versions,
      metrics,
      clock,
    };
  }

  /** Evidence that does not fit goes to the log, unless the application has it there anyway. */
  #receiptOf(prediction: Prediction): string {
    const { receipt, leftOut } = signReceipt(prediction, this.#receiptKeys.all);
    const isLogged = this.#catalogue.get(prediction.application)?.application.feedback.logPredictions !== "NONE";
    if (leftOut !== undefined && !isLogged) this.#predictionLog.append(loggedPrediction(prediction, undefined));
    return receipt;
  }

  #administration(): Administration {
    const { clock, versions, config } = this.#options;
    const { maxMessageBytes } = config;
    return new Administration({
      registry: this.#registry,
      catalogue: this.#catalogue,
      refresh: () => this.#watch.refresh(),
      statedSignature: async (model, version, endpoints) =>
        versions.statedSignature(model, version) ??
        askSignature({ model, version, endpoints, maxMessageBytes, deadlineWallMs: clock.wallMs() + 3000 }),
    });
  }
}
