import { graphql } from "../generated/gql.js";

export const METRICS = graphql(`
  subscription Metrics($of: MetricsTargetInput!, $intervalMs: Int!) {
    metrics(of: $of, intervalMs: $intervalMs) {
      at
      intervalMs
      dropped
      application {
        name
        predictionsPerSecond
        p50Ms
        p99Ms
        latencyBuckets {
          upToMs
          count
        }
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
        abandoned
        observationsPerSecond
        duplicateObservations
        failedObservations
        learning {
          foldedPerSecond
          recentLoss
          adaptation
          weights {
            model
            weight
            observations
            recentLoss
          }
          realisedCoverage
          statedCoverage
          stateAgeMs
          drifts
          rebuildsPending
          rowsPerGroup
          foldP99Ms
        }
      }
      models {
        model
        version
        rowsPerSecond
        batches
        rowsPerBatch
        batchRows {
          upToRows
          count
        }
        dispatches {
          reason
          count
        }
        queueP99Ms
        queueBuckets {
          upToMs
          count
        }
        serviceP50Ms
        serviceP99Ms
        serviceBuckets {
          upToMs
          count
        }
        cacheHits
        cacheMisses
        cacheJoined
        approximateHits
        cacheHitShare
        dropped
        failed
        retried
        queuedRows
        readyReplicas
        replicas {
          endpoint
          state
          rowsPerSecond
          batches
          serviceP50Ms
          serviceP99Ms
          serviceBuckets {
            upToMs
            count
          }
          overdue
          lost
          ejected
          retried
        }
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
