import { graphql } from "../generated/digits/gql.js";

/** The operations of a client of the application `digits` alone, typed from its own schema. */
export const READ_DIGIT = graphql(`
  query ReadDigit($input: PredictInput!) {
    predict(input: $input) {
      __typename
      ... on Prediction {
        label
        probabilities {
          label
          probability
        }
        models {
          model
          values
        }
        source
        receipt
      }
      ... on Failure {
        code
        message
      }
      ... on BadInput {
        path
      }
    }
  }
`);

export const READ_DIGITS = graphql(`
  query ReadDigits($input: PredictManyInput!) {
    predictMany(input: $input) {
      __typename
      ... on Prediction {
        label
        source
      }
      ... on Failure {
        code
        message
      }
    }
  }
`);

export const TELL_DIGITS = graphql(`
  mutation TellDigits($one: ObserveInput!, $many: ObserveManyInput!) {
    observe(input: $one) {
      __typename
      ... on Observation {
        seq
        loss
      }
      ... on Failure {
        code
        message
      }
    }
    observeMany(input: $many) {
      __typename
      ... on Observation {
        duplicate
      }
      ... on Failure {
        code
        message
      }
      ... on BadInput {
        path
      }
    }
  }
`);
