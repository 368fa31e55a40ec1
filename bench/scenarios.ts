import { ADAPTATION } from "./adaptationScenario.js";
import { ADDED_LATENCY } from "./addedLatencyScenario.js";
import { APPROXIMATE_CACHE } from "./approximateCacheScenario.js";
import { BATCHING_GAIN } from "./batchingGainScenario.js";
import { BATCH_SWEEP } from "./batchSweepScenario.js";
import type { Scenario } from "./bench.js";
import { CACHE_MEMORY } from "./cacheMemoryScenario.js";
import { CONVERGENCE } from "./convergenceScenario.js";
import { DISPATCH } from "./dispatchScenario.js";
import { DOCUMENT_BLOCK } from "./documentBlockScenario.js";
import { DOCUMENT } from "./documentScenario.js";
import { DURABILITY } from "./durabilityScenario.js";
import { ENSEMBLE } from "./ensembleScenario.js";
import { ENTITIES_SCENARIO } from "./entitiesScenario.js";
import { FEATURES } from "./featuresScenario.js";
import { FRAMEWORKS_SCENARIO } from "./frameworksScenario.js";
import { GPU } from "./gpuScenario.js";
import { GRAPHQL_HIT, GRAPHQL_MISS } from "./graphqlScenarios.js";
import { IDLE_COST } from "./idleCostScenario.js";
import { ISOLATION } from "./isolationScenario.js";
import { KEY_TIMING } from "./keyTimingScenario.js";
import { KILL_WRAPPER } from "./killWrapperScenario.js";
import { LINK } from "./linkScenario.js";
import { METRICS_COST } from "./metricsCostScenario.js";
import { MODEL_FAILURE } from "./modelFailureScenario.js";
import { NOISY_KEY } from "./noisyKeyScenario.js";
import { OBSERVE } from "./observeScenario.js";
import { ONLINE_UPDATE } from "./onlineUpdateScenario.js";
import { OVERLOAD } from "./overloadScenario.js";
import { PERSONALISATION } from "./personalisationScenario.js";
import { REPLAY } from "./replayScenario.js";
import { SOAK } from "./soakScenario.js";
import { STORE_FAULTS } from "./storeFaultsScenario.js";
import { STRAGGLERS } from "./stragglersScenario.js";
import { SUBSCRIBERS } from "./subscribersScenario.js";
import { TENSOR_INPUT } from "./tensorInputScenario.js";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  GRAPHQL_MISS,
  GRAPHQL_HIT,
  DOCUMENT,
  DOCUMENT_BLOCK,
  TENSOR_INPUT,
  LINK,
  CACHE_MEMORY,
  APPROXIMATE_CACHE,
  OVERLOAD,
  BATCH_SWEEP,
  BATCHING_GAIN,
  FRAMEWORKS_SCENARIO,
  GPU,
  DISPATCH,
  CONVERGENCE,
  ADDED_LATENCY,
  ISOLATION,
  NOISY_KEY,
  KEY_TIMING,
  KILL_WRAPPER,
  IDLE_COST,
  METRICS_COST,
  SUBSCRIBERS,
  ONLINE_UPDATE,
  ADAPTATION,
  MODEL_FAILURE,
  ENSEMBLE,
  STRAGGLERS,
  PERSONALISATION,
  FEATURES,
  OBSERVE,
  ENTITIES_SCENARIO,
  REPLAY,
  DURABILITY,
  STORE_FAULTS,
  SOAK,
];
