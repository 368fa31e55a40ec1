import { graphql } from "../generated/gql.js";

/** The operations of the tests: `npm run generate` types their variables and results from the SDL. */
export const PREDICT = graphql(`
  query Predict($input: PredictInput!) {
    predict(input: $input) {
      __typename
      ... on Prediction {
        ...WholeAnswer
      }
      ... on Failure {
        ...WhyNot
      }
      ... on BadInput {
        path
        expected
        got
      }
    }
  }

  fragment WholeAnswer on Prediction {
    id
    source
    defaultReason
    confidence
    policyVersion
    latencyMs
    output {
      ... on LabelOutput {
        label
        scores {
          label
          score
        }
      }
      ... on NumberOutput {
        number
      }
      ... on VectorOutput {
        vector
      }
    }
    models {
      model
      version
      source
      values
    }
    modelsMissing {
      model
      version
      message
    }
  }

  fragment WhyNot on Failure {
    code
    message
    retryable
    retryAfterMs
  }
`);

export const EXPLAINED = graphql(`
  query Explained($input: PredictInput!) {
    predict(input: $input) {
      ... on Prediction {
        source
        explanation {
          askedMs
          gatheredMs
          deadlineMs
          members {
            model
            cache
            distance
            queuedMs
            batchRows
            dispatchReason
            replica
            serviceMs
          }
        }
      }
    }
  }
`);

export const INVALIDATE_CACHE = graphql(`
  mutation InvalidateCache($model: String!) {
    invalidateCache(model: $model) {
      __typename
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const REMOVE_VERSION = graphql(`
  mutation RemoveVersion($input: RemoveModelVersionInput!) {
    removeModelVersion(input: $input) {
      __typename
      ... on Model {
        currentVersion
        versions {
          version
        }
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const PREDICT_MANY = graphql(`
  query PredictMany($input: PredictManyInput!) {
    predictMany(input: $input) {
      __typename
      ... on Prediction {
        ...WholeAnswer
      }
      ... on Failure {
        ...WhyNot
      }
      ... on BadInput {
        path
        expected
        got
      }
    }
  }
`);

export const PREDICT_FOR_RECEIPT = graphql(`
  query PredictForReceipt($input: PredictInput!) {
    predict(input: $input) {
      __typename
      ... on Prediction {
        receipt
        policyVersion
      }
    }
  }
`);

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

export const OBSERVE = graphql(`
  mutation Observe($input: ObserveInput!) {
    observe(input: $input) {
      __typename
      ... on Observation {
        id
        seq
        duplicate
        policyVersion
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const APPLICATION = graphql(`
  query OneApplication($name: String!) {
    application(name: $name) {
      ...WholeApplication
    }
  }

  fragment WholeApplication on Application {
    name
    description
    sloMs
    policy {
      kind
    }
    input {
      name
      datatype
      shape
    }
    output {
      kind
      labels
      size
    }
    defaultOutput {
      ... on LabelOutput {
        label
      }
      ... on NumberOutput {
        number
      }
      ... on VectorOutput {
        vector
      }
    }
    models {
      model
      weight
    }
  }
`);

export const APPLICATIONS = graphql(`
  query ManyApplications($first: Int!, $after: String) {
    applications(first: $first, after: $after) {
      edges {
        node {
          name
        }
        cursor
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const MODEL = graphql(`
  query OneModel($name: String!) {
    model(name: $name) {
      currentVersion
      versions {
        version
        current
        endpoints
        inputs {
          name
          datatype
          shape
        }
        replicas {
          endpoint
          state
          problem
          retryInMs
          batchRows
        }
      }
    }
  }
`);

export const CREATE_APPLICATION = graphql(`
  mutation CreateApplication($input: CreateApplicationInput!) {
    createApplication(input: $input) {
      __typename
      ...WholeApplication
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const UPDATE_APPLICATION = graphql(`
  mutation UpdateApplication($input: UpdateApplicationInput!) {
    updateApplication(input: $input) {
      __typename
      ...WholeApplication
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const CONFIGURE_MODEL = graphql(`
  mutation ConfigureModel($input: ConfigureModelInput!) {
    configureModel(input: $input) {
      __typename
      ... on Model {
        settings {
          batchSizeController
          maxBatchRows
          cacheTtlMs
          cacheScope
          approximateErrorBudget
          approximateDistance
          approximateTolerance
          featureTolerance
        }
        versions {
          replicas {
            batchRows
            batchRowsReason
          }
        }
      }
      ... on Failure {
        ...WhyNot
      }
      ... on BadInput {
        path
        expected
        got
      }
    }
  }
`);

export const DELETE_APPLICATION = graphql(`
  mutation DeleteApplication($name: String!) {
    deleteApplication(name: $name) {
      __typename
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const REGISTER_VERSION = graphql(`
  mutation RegisterVersion($input: RegisterModelVersionInput!) {
    registerModelVersion(input: $input) {
      __typename
      ... on ModelVersion {
        model
        version
        current
        endpoints
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const SET_CURRENT = graphql(`
  mutation SetCurrent($input: SetCurrentVersionInput!) {
    setCurrentVersion(input: $input) {
      __typename
      ... on ModelVersion {
        version
        current
      }
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const LINK = graphql(`
  mutation Link($input: LinkModelInput!) {
    linkModel(input: $input) {
      __typename
      ...WholeApplication
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

export const UNLINK = graphql(`
  mutation Unlink($input: UnlinkModelInput!) {
    unlinkModel(input: $input) {
      __typename
      ...WholeApplication
      ... on Failure {
        ...WhyNot
      }
    }
  }
`);

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
      observationsPerSecond
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
