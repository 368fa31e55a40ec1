import { graphql } from "./generated/gql.js";

/** What the bench asks of the server: types come from the committed SDL, texts are sent as they stand here. */

export const PREDICT = graphql(`
  query Predict($input: PredictInput!) {
    predict(input: $input) {
      ... on Prediction {
        output {
          ... on NumberOutput {
            number
          }
        }
        confidence
        source
      }
      ... on Failure {
        message
      }
    }
  }
`);

export const REGISTER_MODEL_VERSION = graphql(`
  mutation RegisterModelVersion($input: RegisterModelVersionInput!) {
    registerModelVersion(input: $input) {
      __typename
      ... on Failure {
        message
      }
    }
  }
`);

export const CREATE_APPLICATION = graphql(`
  mutation CreateApplication($input: CreateApplicationInput!) {
    createApplication(input: $input) {
      __typename
      ... on Failure {
        message
      }
    }
  }
`);

export const LINK_MODEL = graphql(`
  mutation LinkModel($input: LinkModelInput!) {
    linkModel(input: $input) {
      __typename
      ... on Failure {
        message
      }
    }
  }
`);

export const REPLICA_STATES = graphql(`
  query ReplicaStates($model: String!) {
    model(name: $model) {
      versions {
        replicas {
          state
          problem
        }
      }
    }
  }
`);
