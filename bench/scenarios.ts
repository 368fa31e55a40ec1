import type { Scenario } from "./bench.js";
import { GRAPHQL_HIT, GRAPHQL_MISS } from "./graphqlScenarios.js";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [GRAPHQL_MISS, GRAPHQL_HIT];
