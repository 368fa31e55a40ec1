import { ADDED_LATENCY } from "./addedLatencyScenario.js";
import { APPROXIMATE_CACHE } from "./approximateCacheScenario.js";
import { BATCH_SWEEP } from "./batchSweepScenario.js";
import { BATCHING_GAIN } from "./batchingGainScenario.js";
import type { Scenario } from "./bench.js";
import { CACHE_MEMORY } from "./cacheMemoryScenario.js";
import { CONVERGENCE } from "./convergenceScenario.js";
import { DOCUMENT } from "./documentScenario.js";
import { GRAPHQL_HIT, GRAPHQL_MISS } from "./graphqlScenarios.js";
import { IDLE_COST } from "./idleCostScenario.js";
import { ISOLATION } from "./isolationScenario.js";
import { KILL_WRAPPER } from "./killWrapperScenario.js";
import { LINK } from "./linkScenario.js";
import { METRICS_COST } from "./metricsCostScenario.js";
import { OVERLOAD } from "./overloadScenario.js";
import { SOAK } from "./soakScenario.js";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  GRAPHQL_MISS,
  GRAPHQL_HIT,
  DOCUMENT,
  LINK,
  CACHE_MEMORY,
  APPROXIMATE_CACHE,
  OVERLOAD,
  BATCH_SWEEP,
  BATCHING_GAIN,
  CONVERGENCE,
  ADDED_LATENCY,
  ISOLATION,
  KILL_WRAPPER,
  IDLE_COST,
  METRICS_COST,
  SOAK,
];
