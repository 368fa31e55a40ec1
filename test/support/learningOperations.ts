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
