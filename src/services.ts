import { randomBytes } from "node:crypto";
import type { Config } from "./config.js";
import { isFailure } from "./domain/failure.js";
import type { Failure } from "./domain/failure.js";
import type { Clock } from "./domain/ports.js";
import type { Prediction } from "./domain/prediction.js";
import type { Row } from "./domain/tensor.js";
import type { Services } from "./graphql/context.js";
import { Learning } from "./learning/learning.js";
import { RebuildStates } from "./learning/rebuildStates.js";
import { askSignature } from "./replicas/wrapperClient.js";
import { Administration } from "./serving/administer.js";
import { Catalogue } from "./serving/catalogue.js";
import { LearnedAdministration } from "./serving/learnedAdministration.js";
import type { ModelVersions } from "./serving/modelVersions.js";
import { observe } from "./serving/observe.js";
import type { Observed } from "./serving/observe.js";
import { predict } from "./serving/predict.js";
import type { PredictRequest } from "./serving/predict.js";
import { predictionIds } from "./serving/predictionIds.js";
import { loggedEvidence, loggedPrediction } from "./serving/predictionLogging.js";
import type { Pressure } from "./serving/pressure.js";
import { signReceipt } from "./serving/receipt.js";
import { explainReceipt } from "./serving/receiptExplanation.js";
import { ReceiptKeys } from "./serving/receiptKeys.js";
import { RegistryWatch } from "./serving/registryWatch.js";
import type { Database } from "./store/database.js";
import { PostgresFeedbackLog } from "./store/feedbackLog.js";
import { PostgresLearnedStateAdministration } from "./store/learnedStateAdministration.js";
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
  readonly #states: PostgresStateStore;
  readonly #feedbackLog: PostgresFeedbackLog;
  readonly #learnedStates: PostgresLearnedStateAdministration;
  readonly #learning: Learning;
  readonly #rebuilding: RebuildStates;
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
    this.#states = new PostgresStateStore(database);
    this.#feedbackLog = new PostgresFeedbackLog(database);
    this.#learnedStates = new PostgresLearnedStateAdministration(database);
    this.#learning = new Learning({ clock, store: this.#states, stateBytes, warn });
    this.#rebuilding = new RebuildStates({
      clock,
      store: this.#states,
      log: this.#feedbackLog,
      administration: this.#learnedStates,
      applications: () => this.#learning.specs(),
      info: (message, facts) => log.info(message, facts),
      warn,
    });
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
    this.#rebuilding.start();
    return this.#services();
  }

  /** From the top: what was accepted is stored, what was learned written, before nobody follows changes any more. */
  async stop(): Promise<void> {
    await this.#rebuilding.stop();
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
    const evidence = (application: string, id: string) => loggedEvidence(this.#predictionLog, application, id);
    const receiptKeys = (receipt: string) => this.#receiptKeys.forReceipt(receipt);
    const observing = {
      clock,
      catalogue,
      metrics,
      observations: this.#observations,
      receiptKeys,
      receiptTtlMs: config.receiptTtlMs,
      loggedEvidence: evidence,
      predict: predictIt,
    };
    return {
      predict: predictIt,
      observe: (request) => this.#observed(observe(observing, request)),
      receiptOf: (prediction) => this.#receiptOf(prediction),
      explainReceipt: (receipt) => explainReceipt({ receiptKeys, loggedEvidence: evidence }, receipt),
      rotateReceiptKey: () => this.#receiptKeys.rotate(),
      administration: this.#administration(),
      learned: this.#learnedAdministration(),
      catalogue,
      versions,
      metrics,
      clock,
    };
  }

  /** A correction that some state could not follow at once is not left to the rebuilding's heartbeat. */
  async #observed(observing: Promise<Observed | Failure>): Promise<Observed | Failure> {
    const observed = await observing;
    if (!isFailure(observed) && observed.superseded?.rebuildPending === true) this.#rebuilding.soon();
    return observed;
  }

  #learnedAdministration(): LearnedAdministration {
    return new LearnedAdministration({
      administration: this.#learnedStates,
      states: this.#states,
      log: this.#feedbackLog,
      learning: this.#learning,
      catalogue: this.#catalogue,
      refresh: () => this.#watch.refresh(),
      rebuildSoon: () => this.#rebuilding.soon(),
    });
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
