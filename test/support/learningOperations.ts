import { graphql } from "../generated/gql.js";

export const PREDICT_LEARNED = graphql(`
  query PredictLearned($input: PredictInput!) {
    predict(input: $input) {
      __typename
      ... on Prediction {
        receipt
        personalised
        stateSeq
        stateAgeMs
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
    observeMany(inputs: $inputs) {
      __typename
      ... on Observation {
        seq
        duplicate
        folded
        learnedBy
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

export const LEARNED_STATE = graphql(`
  query LearnedState($application: String!, $entity: String, $policyVersion: Int) {
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
    freezePolicy(application: $application, version: $version) @include(if: $freeze) {
      ...ChangedPolicy
    }
    forkPolicy(application: $application, from: $version, makeCurrent: true) @include(if: $fork) {
      ...ChangedPolicy
    }
    rollbackPolicy(application: $application, version: $version) @include(if: $rollback) {
      ...ChangedPolicy
    }
    resetPolicy(application: $application) @include(if: $reset) {
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
  mutation ResetEntity($application: String!, $entity: String!) {
    resetEntity(application: $application, entity: $entity) {
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
  mutation DeleteEntity($application: String!, $entity: String!) {
    deleteEntity(application: $application, entity: $entity) {
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
  query ExportEntity($application: String!, $entity: String!, $after: Float!, $first: Int!) {
    exportEntity(application: $application, entity: $entity, after: $after, first: $first) {
      __typename
      ... on EntityExport {
        json
        observations
        endSeq
        hasMore
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const POLICY_EVENTS = graphql(`
  query PolicyEvents($application: String!) {
    policyEvents(application: $application) {
      __typename
      ... on PolicyEvents {
        events {
          seq
          kind
          content
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
  mutation RotateReceiptKey {
    rotateReceiptKey {
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
