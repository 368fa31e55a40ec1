import { randomUUID } from "node:crypto";
import { newAccessServices } from "./accessServices.js";
import type { AccessServices } from "./accessServices.js";
import type { Config } from "./settings.js";
import { ArtefactStore } from "./deploying/artefactStore.js";
import type { Deployments } from "./deploying/deployments.js";
import { newDeployments } from "./deployingServices.js";
import { DEFAULT_COVERAGE } from "./correction/learnedState.js";
import { isFailure } from "./domain/failure.js";
import type { Failure } from "./domain/failure.js";
import type { Clock, Random } from "./domain/ports.js";
import type { Prediction } from "./domain/prediction.js";
import type { Row, Signature } from "./domain/tensor.js";
import type { Services } from "./graphql/context.js";
import { newLiveFeeds } from "./liveServices.js";
import { EventFeed } from "./learning/eventFeed.js";
import { Learning } from "./learning/learning.js";
import { LearnPriors } from "./learning/learnPriors.js";
import { RebuildStates } from "./learning/rebuildStates.js";
import { Replays } from "./learning/replays.js";
import { dialOwn } from "./replicas/dial.js";
import type { DialFor, GuardedDial } from "./replicas/dial.js";
import { askSignature } from "./replicas/wrapperClient.js";
import { activate } from "./serving/activate.js";
import type { Activated } from "./serving/activate.js";
import { Administration } from "./serving/administer.js";
import { learnedWeights } from "./serving/learnedWeights.js";
import { Catalogue } from "./serving/catalogue.js";
import { FeedbackGuard } from "./serving/feedbackGuard.js";
import { LearnedAdministration } from "./serving/learnedAdministration.js";
import type { LaunchedWrappers } from "./serving/launchedWrappers.js";
import type { ModelVersions } from "./serving/modelVersions.js";
import { observationSteps, observe } from "./serving/observe.js";
import type { Observed } from "./serving/observe.js";
import { PolicyEvaluations } from "./serving/policyEvaluations.js";
import { PolicyReplays } from "./serving/policyReplays.js";
import { predict } from "./serving/predict.js";
import type { PredictRequest } from "./serving/predict.js";
import { newPredictMany } from "./serving/predictMany.js";
import { predictionIds } from "./serving/predictionIds.js";
import { loggedEvidence, loggedPrediction } from "./serving/predictionLogging.js";
import type { Pressure } from "./serving/pressure.js";
import { signReceipt } from "./serving/receipt.js";
import { explainReceipt } from "./serving/receiptExplanation.js";
import { ReceiptKeys } from "./serving/receiptKeys.js";
import { RegistryWatch } from "./serving/registryWatch.js";
import { waitsFromMs } from "./serving/rewardRule.js";
import { RewardWaits } from "./serving/rewardWaits.js";
import type { Database } from "./store/database.js";
import { PostgresFeedbackLog } from "./store/feedbackLog.js";
import { PostgresLearnedStateAdministration } from "./store/learnedStateAdministration.js";
import { PostgresObservationStore } from "./store/observationStore.js";
import { PostgresPredictionLog } from "./store/predictionLog.js";
import { PostgresPriorStore } from "./store/priorStore.js";
import { PostgresReceiptKeyStore } from "./store/receiptKeyStore.js";
import { PostgresRegistryStore } from "./store/registryStore.js";
import { PostgresReplayStore } from "./store/replayStore.js";
import { PostgresStateStore } from "./store/stateStore.js";
import { PostgresWaitingPredictions } from "./store/waitingPredictions.js";
import type { LearningFigures } from "./telemetry/figures.js";
import { logDefect } from "./telemetry/log.js";
import type { Log } from "./telemetry/log.js";
import { MetricsSamples } from "./telemetry/metricsSamples.js";
import { ServingMetrics } from "./telemetry/servingMetrics.js";

export interface ServicesOptions {
  /** The project's folder: wrappers are started from what is in it. */
  readonly root: string;
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly database: Database;
  readonly versions: ModelVersions;
  readonly dial: GuardedDial;
  readonly wrappers: LaunchedWrappers;
  readonly pressure: Pressure;
  readonly answerMarginMs: () => number;
  readonly random: Random;
  /** For ids and secrets. */
  readonly randomBytes: (size: number) => Buffer;
}

const DAY_MS = 86_400_000;

/** The stories of `serving/` with their dependencies: the part of the composition root between the stores and the fronts. */
export class ServiceComposition {
  readonly #options: ServicesOptions;
  readonly #catalogue = new Catalogue();
  readonly #metrics = new ServingMetrics();
  readonly #samples: MetricsSamples;
  readonly #live: ReturnType<typeof newLiveFeeds>;
  readonly #registry: PostgresRegistryStore;
  readonly #states: PostgresStateStore;
  readonly #feedbackLog: PostgresFeedbackLog;
  readonly #learnedStates: PostgresLearnedStateAdministration;
  readonly #learning: Learning;
  readonly #rebuilding: RebuildStates;
  readonly #priors: LearnPriors;
  readonly #feed: EventFeed;
  readonly #replayStore: PostgresReplayStore;
  readonly #replays: Replays;
  readonly #watch: RegistryWatch;
  readonly #observations: PostgresObservationStore;
  readonly #receiptKeys: ReceiptKeys;
  readonly #predictionLog: PostgresPredictionLog;
  readonly #rewardWaits: RewardWaits;
  readonly #access: AccessServices;
  readonly #artefacts: ArtefactStore;
  readonly #deployments: Deployments;
  readonly #administration: Administration;

  constructor(options: ServicesOptions) {
    this.#options = options;
    const { config, clock, log, database, versions, answerMarginMs, random, randomBytes } = options;
    const warn = (message: string): void => log.warn(message);
    const info = (message: string, facts: object): void => log.info(message, facts);
    this.#samples = new MetricsSamples({
      clock,
      metrics: this.#metrics,
      ofApplication: (name) =>
        this.#catalogue
          .get(name)
          ?.members.flatMap(({ model, version }) => versions.find(model, version)?.figures() ?? []),
      ofModel: (name) =>
        this.#catalogue.snapshot.models.some((model) => model.name === name) ? versions.figuresOf(name) : undefined,
      learning: (name) => this.#learningFigures(name),
    });
    const learningFigures = (name: string) => this.#learningFigures(name);
    const knownSeq = (name: string) => this.#learning.knownSeq(name);
    const own = { catalogue: this.#catalogue, metrics: this.#metrics, learningFigures, knownSeq };
    this.#live = newLiveFeeds({ clock, versions, randomBytes, ...own });
    this.#registry = new PostgresRegistryStore(database);
    const { stateBytes, receiptTtlMs } = config;
    const origin = randomBytes(8).toString("hex");
    this.#states = new PostgresStateStore(database, origin);
    this.#feedbackLog = new PostgresFeedbackLog(database);
    this.#learnedStates = new PostgresLearnedStateAdministration(database);
    const rebuildSoon = (): void => this.#rebuilding.soon();
    this.#learning = new Learning({ clock, store: this.#states, stateBytes, warn, rebuildSoon });
    this.#rebuilding = new RebuildStates({
      clock,
      store: this.#states,
      log: this.#feedbackLog,
      administration: this.#learnedStates,
      applications: () => this.#learning.specs(),
      info,
      warn,
    });
    this.#priors = new LearnPriors({
      clock,
      store: new PostgresPriorStore(database),
      states: this.#states,
      administration: this.#learnedStates,
      applications: () => this.#learning.specs(),
      knownSeq: (application) => this.#learning.knownSeq(application),
      info,
      warn,
    });
    this.#feed = new EventFeed({ clock, store: this.#states, events: this.#learnedStates, warn });
    this.#replayStore = new PostgresReplayStore(database);
    this.#replays = new Replays({
      clock,
      store: this.#replayStore,
      states: this.#states,
      completed: () => this.#replayed(),
      info,
      warn,
    });
    this.#watch = new RegistryWatch({
      registry: this.#registry,
      catalogue: this.#catalogue,
      learning: this.#learning,
      retain: (applications) => {
        this.#metrics.retain(applications);
        this.#feed.retain(applications);
      },
      versions,
      answerMarginMs,
      warn,
      clock,
      random,
    });
    this.#observations = new PostgresObservationStore(database, { clock, random, learner: this.#learning, origin });
    this.#receiptKeys = new ReceiptKeys(new PostgresReceiptKeyStore(database, randomBytes), clock, warn);
    this.#access = newAccessServices(options);
    this.#artefacts = new ArtefactStore({ dataDir: config.dataDir, maxBytes: config.maxArtefactBytes, clock });
    this.#administration = this.#newAdministration();
    this.#deployments = newDeployments({
      ...options,
      artefacts: this.#artefacts,
      administration: this.#administration,
      catalogue: this.#catalogue,
      askSignature: (model, version, endpoint) => this.#askSignature(model, version, [endpoint], () => dialOwn),
    });
    const retentionDays = Math.ceil(receiptTtlMs / DAY_MS) + 1;
    this.#predictionLog = new PostgresPredictionLog(database, { clock, retentionDays });
    this.#rewardWaits = new RewardWaits({
      clock,
      waiting: new PostgresWaitingPredictions(database, randomUUID()),
      observations: this.#observations,
      applications: () => this.#catalogue.all(),
      isPressed: () => options.pressure.refusal("BULK") !== undefined,
      countedDefault: (application) => this.#metrics.recordDefaultReward(application),
      warn,
    });
  }

  async start(): Promise<Services> {
    await this.#access.access.start();
    await this.#watch.start();
    await this.#learning.start();
    await this.#receiptKeys.start();
    await this.#predictionLog.start();
    await this.#feed.start();
    await this.#artefacts.start();
    await this.#deployments.start();
    this.#rebuilding.start();
    this.#priors.start();
    this.#rewardWaits.start();
    return this.#services();
  }

  /** From the top: what was accepted is stored, what was learned written, before nobody follows changes any more. */
  async stop(): Promise<void> {
    this.#samples.stop();
    this.#live.stop();
    await this.#deployments.stop();
    await this.#rewardWaits.stop();
    await this.#feed.stop();
    await Promise.all([this.#replays.stop(), this.#priors.stop(), this.#rebuilding.stop()]);
    await this.#observations.drain();
    await this.#predictionLog.stop();
    await this.#learning.stop();
    await this.#receiptKeys.stop();
    await this.#watch.stop();
    await this.#access.access.stop();
    await this.#access.audit.settled();
  }

  #services(): Services {
    const { clock, versions, pressure, answerMarginMs, config, random, randomBytes, log } = this.#options;
    const catalogue = this.#catalogue;
    const metrics = this.#metrics;
    const predicting = {
      clock,
      random,
      learning: this.#learning,
      catalogue,
      metrics,
      newPredictionId: predictionIds(randomBytes),
      pressure,
      answerMarginMs,
      logPrediction: (prediction: Prediction, row: Row | undefined) => this.#logPrediction(prediction, row),
    };
    const predictIt = (request: PredictRequest) => predict(predicting, request);
    const evidence = (application: string, id: string) => loggedEvidence(this.#predictionLog, application, id);
    const receiptKeys = (receipt: string) => this.#receiptKeys.forReceipt(receipt);
    const observing = {
      clock,
      steps: observationSteps(clock),
      catalogue,
      metrics,
      observations: this.#observations,
      guard: new FeedbackGuard({ clock, applications: () => catalogue.names(), warn: (message) => log.warn(message) }),
      receiptKeys,
      receiptTtlMs: config.receiptTtlMs,
      loggedEvidence: evidence,
      predict: predictIt,
    };
    return {
      degraded: () => this.#learning.problem,
      predict: predictIt,
      predictMany: newPredictMany(predicting),
      observe: (request) => this.#observed(observe(observing, request)),
      activate: (receipt, isSeen) => this.#activated(activate(observing, receipt, isSeen)),
      receiptOf: (prediction) => this.#receiptOf(prediction),
      explainReceipt: (receipt, isSeen) => explainReceipt({ receiptKeys, loggedEvidence: evidence }, receipt, isSeen),
      rotateReceiptKey: (expectedKeyId) => this.#receiptKeys.rotate(expectedKeyId),
      ...this.#access,
      administration: this.#administration,
      learned: this.#learnedAdministration(),
      replays: this.#policyReplays(),
      evaluations: new PolicyEvaluations({ clock, catalogue, log: this.#feedbackLog }),
      artefacts: this.#artefacts,
      deployments: this.#deployments,
      catalogue,
      versions,
      metrics,
      samples: this.#samples,
      live: this.#live,
      learningFigures: (application) => this.#learningFigures(application),
      heldEntities: () => this.#learning.figures,
      clock,
      logDefect: (error) => logDefect(log, error),
    };
  }

  #learningFigures(application: string): LearningFigures | undefined {
    const served = this.#catalogue.get(application);
    const figures = this.#learning.figuresOf(application, served?.application.coverage ?? DEFAULT_COVERAGE);
    if (figures === undefined) return undefined;
    return {
      application,
      ...figures,
      weights: () => (served === undefined ? [] : learnedWeights(served, this.#learning)),
      rebuildsPending: this.#rebuilding.pending(application),
    };
  }

  /** A correction that some state could not follow at once is not left to the rebuilding's heartbeat. */
  async #observed(observing: ReturnType<typeof observe>): Promise<Observed | Failure> {
    const observed = await observing;
    if (!isFailure(observed) && observed.superseded?.rebuildPending === true) this.#rebuilding.soon();
    if (!isFailure(observed) && observed.standing === "WAITING") this.#expectReward(observed.application);
    return observed;
  }

  async #activated(activating: Promise<Activated | Failure>): Promise<Activated | Failure> {
    const activated = await activating;
    if (!isFailure(activated)) this.#expectReward(activated.application);
    return activated;
  }

  #logPrediction(prediction: Prediction, row: Row | undefined): void {
    const application = this.#catalogue.get(prediction.application)?.application;
    const fromMs = application && waitsFromMs(application, prediction.atMs);
    this.#predictionLog.append(loggedPrediction(prediction, row, fromMs));
    if (fromMs !== undefined) this.#expectReward(prediction.application);
  }

  #expectReward(application: string): void {
    this.#rewardWaits.expect(this.#catalogue.get(application)?.application.feedback.rewardWaitMs ?? 0);
  }

  #learnedAdministration(): LearnedAdministration {
    return new LearnedAdministration({
      administration: this.#learnedStates,
      states: this.#states,
      log: this.#feedbackLog,
      predictions: this.#predictionLog,
      feed: this.#feed,
      learning: this.#learning,
      catalogue: this.#catalogue,
      refresh: () => this.#watch.refresh(),
      rebuildSoon: () => this.#rebuilding.soon(),
    });
  }

  async #replayed(): Promise<void> {
    await this.#refresh();
    this.#rebuilding.soon();
  }

  async #refresh(): Promise<void> {
    await this.#watch.refresh();
    await this.#learning.refresh();
  }

  #policyReplays(): PolicyReplays {
    return new PolicyReplays({
      catalogue: this.#catalogue,
      store: this.#replayStore,
      states: this.#states,
      replays: this.#replays,
      refresh: () => this.#refresh(),
    });
  }

  /** Evidence that does not fit goes to the log, unless the application has it there anyway. */
  #receiptOf(prediction: Prediction): string {
    const { receipt, leftOut } = signReceipt(prediction, this.#receiptKeys.all);
    if (leftOut === undefined) return receipt;
    const isLogged = this.#catalogue.get(prediction.application)?.application.feedback.logPredictions !== "NONE";
    if (!isLogged) this.#predictionLog.append(loggedPrediction(prediction, undefined, undefined));
    return receipt;
  }

  #newAdministration(): Administration {
    const { versions, dial } = this.#options;
    return new Administration({
      registry: this.#registry,
      catalogue: this.#catalogue,
      refresh: () => this.#watch.refresh(),
      statedSignature: async (model, version, endpoints) =>
        versions.statedSignature(model, version) ?? this.#askSignature(model, version, endpoints, dial.to.bind(dial)),
      endpointRefusal: (endpoint) => dial.refusal(endpoint),
    });
  }

  #askSignature(
    model: string,
    version: number,
    endpoints: readonly string[],
    dial: DialFor,
  ): Promise<Signature | Failure> {
    const { clock, config } = this.#options;
    const { maxMessageBytes } = config;
    return askSignature({ model, version, endpoints, dial, maxMessageBytes, deadlineWallMs: clock.wallMs() + 3000 });
  }
}
