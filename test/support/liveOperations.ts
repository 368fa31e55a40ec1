import { graphql } from "../generated/gql.js";

export const PREDICTIONS = graphql(`
  subscription Predictions($application: String!, $sampleEvery: Int!) {
    predictions(application: $application, sampleEvery: $sampleEvery) {
      id
      output {
        ... on NumberOutput {
          number
        }
      }
      source
      latencyMs
      entity
      entityHash
      dropped
    }
  }
`);

export const POLICY_UPDATES = graphql(`
  subscription PolicyUpdates($application: String!, $intervalMs: Int!) {
    policyUpdates(application: $application, intervalMs: $intervalMs) {
      policyVersion
      stateSeq
      recentLoss
      weights {
        model
        weight
        observations
      }
      dropped
    }
  }
`);

export const EVENTS = graphql(`
  subscription Events($of: EventsTargetInput!) {
    events(of: $of) {
      kind
      application
      model
      version
      replica
      before
      after
      count
      dropped
    }
  }
`);
