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
    invalidateCache(input: { model: $model }) {
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
        serving
        endpoints
        inputs {
          name
          datatype
          shape
        }
        outputs {
          name
          datatype
          shape
        }
        replicas {
          endpoint
          state
          problem
          retryInMs
          warmUp
          batchRows
          figures {
            batches
            rows
            serviceP50Ms
            serviceP99Ms
            overdue
            lost
            ejected
            retried
            restarts
          }
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
          maxBatchBytes
          maxBatchDelayMs
          prefetchMs
          cacheTtlMs
          cacheScope
          approximateErrorBudget
          approximateDistance
          approximateTolerance
          featureTolerance
          warmUpInputs
        }
        versions {
          fillWait {
            waits
            reason
          }
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
    deleteApplication(input: { name: $name }) {
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
