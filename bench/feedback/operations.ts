import { graphql } from "../generated/gql.js";

/** What the scenarios of feedback ask of the server. */

export const PREDICT_RECEIPT = graphql(`
  query PredictReceipt($input: PredictInput!) {
    predict(input: $input) {
      ... on Prediction {
        receipt
        source
      }
      ... on Failure {
        code
        message
      }
    }
  }
`);

export const PREDICT_PERSONAL = graphql(`
  query PredictPersonal($input: PredictInput!) {
    predict(input: $input) {
      __typename
      ... on Prediction {
        output {
          ... on NumberOutput {
            number
          }
          ... on LabelOutput {
            label
          }
        }
        personalised
        receipt
      }
      ... on Failure {
        message
      }
    }
  }
`);

export const OBSERVE = graphql(`
  mutation Observe($input: ObserveInput!) {
    observe(input: $input) {
      __typename
      ... on Observation {
        seq
        duplicate
        folded
      }
      ... on Failure {
        code
        message
      }
    }
  }
`);

export const OBSERVE_MANY = graphql(`
  mutation ObserveMany($inputs: [ObserveInput!]!) {
    observeMany(input: { observations: $inputs }) {
      ... on Observation {
        seq
      }
      ... on Failure {
        code
        message
      }
    }
  }
`);
