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
        code
        message
      }
    }
  }
`);

export const PREDICT_WITH_RECEIPT = graphql(`
  query PredictWithReceipt($input: PredictInput!) {
    predict(input: $input) {
      ... on Prediction {
        output {
          ... on NumberOutput {
            number
          }
        }
        confidence
        source
        receipt
      }
      ... on Failure {
        code
        message
      }
    }
  }
`);

export const CREATE_API_KEY = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      __typename
      ... on ApiKeyCreated {
        text
      }
      ... on Failure {
        message
      }
    }
  }
`);

export const PREDICT_MANY = graphql(`
  query PredictMany($input: PredictManyInput!) {
    predictMany(input: $input) {
      ... on Prediction {
        output {
          ... on NumberOutput {
            number
          }
        }
        source
      }
      ... on Failure {
        code
      }
    }
  }
`);

export const PREDICT_LABEL = graphql(`
  query PredictLabel($input: PredictInput!) {
    predict(input: $input) {
      ... on Prediction {
        output {
          ... on LabelOutput {
            label
          }
        }
        source
        models {
          model
        }
        modelsMissing {
          model
        }
      }
      ... on Failure {
        code
        message
      }
    }
  }
`);

export const PREDICT_SCORES = graphql(`
  query PredictScores($input: PredictInput!) {
    predict(input: $input) {
      ... on Prediction {
        output {
          ... on LabelOutput {
            scores {
              label
              score
            }
          }
        }
        source
      }
      ... on Failure {
        code
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

export const CONFIGURE_MODEL = graphql(`
  mutation ConfigureModel($input: ConfigureModelInput!) {
    configureModel(input: $input) {
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
          batchRows
        }
      }
    }
  }
`);

export const WATCH_METRICS = graphql(`
  subscription WatchMetrics($application: String!) {
    metrics(of: { application: $application }) {
      application {
        predictionsPerSecond
        p50Ms
        p99Ms
        withinSlo
        sources {
          source
          count
        }
      }
    }
  }
`);

const ANSWER = graphql(`
  fragment Answer on PredictResult {
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
`);

/** One document with `count` predict fields, each with a variable of its own: `$i0`, `$i1`, ... */
export function predictFields(count: number): string {
  const indices = Array.from({ length: count }, (_, i) => i);
  const variables = indices.map((i) => `$i${i}: PredictInput!`).join(", ");
  const fields = indices.map((i) => `p${i}: predict(input: $i${i}) { ...Answer }`).join("\n");
  return `query PredictFields(${variables}) {\n${fields}\n}\n${ANSWER.toString()}`;
}
