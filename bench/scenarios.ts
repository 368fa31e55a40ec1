import type { Scenario } from "./bench.js";
import { CACHE_MEMORY } from "./cacheMemoryScenario.js";
import { DOCUMENT } from "./documentScenario.js";
import { GRAPHQL_HIT, GRAPHQL_MISS } from "./graphqlScenarios.js";
import { LINK } from "./linkScenario.js";
import { OVERLOAD } from "./overloadScenario.js";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [GRAPHQL_MISS, GRAPHQL_HIT, DOCUMENT, LINK, CACHE_MEMORY, OVERLOAD];
