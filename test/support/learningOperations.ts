import { graphql } from "../generated/gql.js";
import type { PolicyEventsQuery } from "../generated/graphql.js";

export const PREDICT_LEARNED = graphql(`
  query PredictLearned($input: PredictInput!) {
    predict(input: $input) {
      __typename
      ... on Prediction {
        receipt
        personalised
        stateSeq
        stateAgeMs
        predictionSet {
          low
          high
        }
        output {
          ... on NumberOutput {
            number
          }
        }
        models {
          model
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const OBSERVE_MANY = graphql(`
  mutation ObserveMany($inputs: [ObserveInput!]!) {
    observeMany(input: { observations: $inputs }) {
      __typename
      ... on Observation {
        seq
        duplicate
        folded
        learnedBy
        standing
        withheld
        skipReason
        loss
        stateSeq
        rebuildPending
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const ACTIVATE_MANY = graphql(`
  mutation ActivateMany($receipts: [String!]!) {
    activateMany(input: { receipts: $receipts }) {
      __typename
      ... on Activation {
        predictionId
        seq
        folded
        learnedBy
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const LEARNED_STATE = graphql(`
  query LearnedState($application: String!, $entity: ID, $policyVersion: Int) {
    learnedState(application: $application, entity: $entity, policyVersion: $policyVersion) {
      __typename
      ... on LearnedState {
        policyVersion
        entity
        personalised
        observations
        meanLoss
        seq
        bytes
        weights {
          model
          weight
        }
        regression {
          label
          intercept
          weights
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const CHANGE_POLICY = graphql(`
  mutation ChangePolicy(
    $application: String!
    $version: Int!
    $freeze: Boolean!
    $fork: Boolean!
    $rollback: Boolean!
    $reset: Boolean!
  ) {
    freezePolicy(input: { application: $application, version: $version }) @include(if: $freeze) {
      ...ChangedPolicy
    }
    forkPolicy(input: { application: $application, from: $version, makeCurrent: true }) @include(if: $fork) {
      ...ChangedPolicy
    }
    rollbackPolicy(input: { application: $application, version: $version }) @include(if: $rollback) {
      ...ChangedPolicy
    }
    resetPolicy(input: { application: $application }) @include(if: $reset) {
      ...ChangedPolicy
    }
  }

  fragment ChangedPolicy on PolicyVersionResult {
    __typename
    ... on PolicyVersion {
      version
      current
      frozen
    }
    ... on Failure {
      ...WhyNot
    }
  }
`);

export const RESET_ENTITY = graphql(`
  mutation ResetEntity($application: String!, $entity: ID!) {
    resetEntity(input: { application: $application, entity: $entity }) {
      __typename
      ... on EntityReset {
        states
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const DELETE_ENTITY = graphql(`
  mutation DeleteEntity($application: String!, $entity: ID!) {
    deleteEntity(input: { application: $application, entity: $entity }) {
      __typename
      ... on EntityDeleted {
        observations
        states
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const EXPORT_ENTITY = graphql(`
  query ExportEntity($application: String!, $entity: ID!, $after: Float!, $first: Int!, $afterPrediction: String) {
    exportEntity(
      application: $application
      entity: $entity
      after: $after
      first: $first
      afterPrediction: $afterPrediction
    ) {
      __typename
      ... on EntityExport {
        json
        observations
        predictions
        endSeq
        endPrediction
        hasMore
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const OBSERVATIONS = graphql(`
  query Observations($application: String!, $entity: ID, $first: Int!, $after: String) {
    observations(application: $application, entity: $entity, first: $first, after: $after) {
      __typename
      ... on LoggedObservationConnection {
        edges {
          node {
            seq
            observedAt
            key
            entity
            truth {
              kind
              number
            }
            learnedBy
            supersededBy
            counts
          }
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const LEARNING_EVENTS = graphql(`
  subscription LearningEvents($application: String!, $afterSeq: Float) {
    learningEvents(application: $application, afterSeq: $afterSeq) {
      seq
      at
      kind
      content
    }
  }
`);

/** A page's events, newest first; none where it failed. */
export function eventsOf(page: PolicyEventsQuery["policyEvents"]) {
  return page.__typename === "PolicyEventConnection" ? page.edges.map(({ node }) => node) : [];
}

export const POLICY_EVENTS = graphql(`
  query PolicyEvents($application: String!) {
    policyEvents(application: $application) {
      __typename
      ... on PolicyEventConnection {
        edges {
          node {
            seq
            kind
            content
          }
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const RECEIPT_CONTENT = graphql(`
  query ReceiptContent($receipt: String!) {
    receiptContent(receipt: $receipt) {
      __typename
      ... on ReceiptContent {
        application
        policyVersion
        entity
        members {
          model
          version
          values
        }
        answer
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const ROTATE_RECEIPT_KEY = graphql(`
  mutation RotateReceiptKey($expectedKeyId: Int) {
    rotateReceiptKey(input: { expectedKeyId: $expectedKeyId }) {
      __typename
      ... on ReceiptKeyRotation {
        keyId
        previousKeyId
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);
