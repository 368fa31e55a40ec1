import { graphql } from "../generated/gql.js";

export const METRICS = graphql(`
  subscription Metrics($application: String!, $intervalMs: Int!) {
    metrics(application: $application, intervalMs: $intervalMs) {
      at
      intervalMs
      application
      predictionsPerSecond
      p50Ms
      p99Ms
      withinSlo
      sources {
        source
        count
      }
      defaultReasons {
        reason
        count
      }
      failures {
        code
        count
      }
      observationsPerSecond
      models {
        model
        version
        rowsPerSecond
        rowsPerBatch
        queueP99Ms
        serviceP50Ms
        serviceP99Ms
        cacheHitShare
        dropped
        failed
        queuedRows
        readyReplicas
      }
    }
  }
`);

export const APPROXIMATE_CACHES = graphql(`
  query ApproximateCaches($model: String!) {
    model(name: $model) {
      versions {
        approximateCaches {
          application
          hitRatio
          hits
          misses
          audits
          disagreement
          disagreementLow
          disagreementHigh
          radius
          distance
          entries
          bytes
        }
      }
    }
  }
`);
