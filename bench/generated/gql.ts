/* eslint-disable */
import * as types from './graphql.js';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query PredictReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        receipt\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PredictReceiptDocument,
    "\n  query PredictPersonal($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n          ... on LabelOutput {\n            label\n          }\n        }\n        personalised\n        receipt\n      }\n      ... on Failure {\n        message\n      }\n    }\n  }\n": typeof types.PredictPersonalDocument,
    "\n  mutation Observe($input: ObserveInput!) {\n    observe(input: $input) {\n      __typename\n      ... on Observation {\n        seq\n        duplicate\n        folded\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ObserveDocument,
    "\n  mutation ObserveMany($inputs: [ObserveInput!]!) {\n    observeMany(input: { observations: $inputs }) {\n      ... on Observation {\n        seq\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ObserveManyDocument,
    "\n  query Predict($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        confidence\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PredictDocument,
    "\n  query PredictWithReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        confidence\n        source\n        receipt\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PredictWithReceiptDocument,
    "\n  mutation CreateApiKey($input: CreateApiKeyInput!) {\n    createApiKey(input: $input) {\n      __typename\n      ... on ApiKeyCreated {\n        text\n      }\n      ... on Failure {\n        message\n      }\n    }\n  }\n": typeof types.CreateApiKeyDocument,
    "\n  query PredictMany($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        source\n      }\n      ... on Failure {\n        code\n      }\n    }\n  }\n": typeof types.PredictManyDocument,
    "\n  query PredictLabel($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on LabelOutput {\n            label\n          }\n        }\n        source\n        models {\n          model\n        }\n        modelsMissing {\n          model\n        }\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PredictLabelDocument,
    "\n  query PredictScores($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on LabelOutput {\n            scores {\n              label\n              score\n            }\n          }\n        }\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.PredictScoresDocument,
    "\n  mutation RegisterModelVersion($input: RegisterModelVersionInput!) {\n    registerModelVersion(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n": typeof types.RegisterModelVersionDocument,
    "\n  mutation CreateApplication($input: CreateApplicationInput!) {\n    createApplication(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n": typeof types.CreateApplicationDocument,
    "\n  mutation ConfigureModel($input: ConfigureModelInput!) {\n    configureModel(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n": typeof types.ConfigureModelDocument,
    "\n  query ReplicaStates($model: String!) {\n    model(name: $model) {\n      versions {\n        replicas {\n          state\n          problem\n          batchRows\n        }\n      }\n    }\n  }\n": typeof types.ReplicaStatesDocument,
    "\n  subscription WatchMetrics($application: String!) {\n    metrics(of: { application: $application }) {\n      application {\n        predictionsPerSecond\n        p50Ms\n        p99Ms\n        withinSlo\n        sources {\n          source\n          count\n        }\n      }\n    }\n  }\n": typeof types.WatchMetricsDocument,
    "\n  fragment Answer on PredictResult {\n    ... on Prediction {\n      output {\n        ... on NumberOutput {\n          number\n        }\n      }\n      confidence\n      source\n    }\n    ... on Failure {\n      message\n    }\n  }\n": typeof types.AnswerFragmentDoc,
};
const documents: Documents = {
    "\n  query PredictReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        receipt\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.PredictReceiptDocument,
    "\n  query PredictPersonal($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n          ... on LabelOutput {\n            label\n          }\n        }\n        personalised\n        receipt\n      }\n      ... on Failure {\n        message\n      }\n    }\n  }\n": types.PredictPersonalDocument,
    "\n  mutation Observe($input: ObserveInput!) {\n    observe(input: $input) {\n      __typename\n      ... on Observation {\n        seq\n        duplicate\n        folded\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.ObserveDocument,
    "\n  mutation ObserveMany($inputs: [ObserveInput!]!) {\n    observeMany(input: { observations: $inputs }) {\n      ... on Observation {\n        seq\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.ObserveManyDocument,
    "\n  query Predict($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        confidence\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.PredictDocument,
    "\n  query PredictWithReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        confidence\n        source\n        receipt\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.PredictWithReceiptDocument,
    "\n  mutation CreateApiKey($input: CreateApiKeyInput!) {\n    createApiKey(input: $input) {\n      __typename\n      ... on ApiKeyCreated {\n        text\n      }\n      ... on Failure {\n        message\n      }\n    }\n  }\n": types.CreateApiKeyDocument,
    "\n  query PredictMany($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        source\n      }\n      ... on Failure {\n        code\n      }\n    }\n  }\n": types.PredictManyDocument,
    "\n  query PredictLabel($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on LabelOutput {\n            label\n          }\n        }\n        source\n        models {\n          model\n        }\n        modelsMissing {\n          model\n        }\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.PredictLabelDocument,
    "\n  query PredictScores($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on LabelOutput {\n            scores {\n              label\n              score\n            }\n          }\n        }\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.PredictScoresDocument,
    "\n  mutation RegisterModelVersion($input: RegisterModelVersionInput!) {\n    registerModelVersion(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n": types.RegisterModelVersionDocument,
    "\n  mutation CreateApplication($input: CreateApplicationInput!) {\n    createApplication(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n": types.CreateApplicationDocument,
    "\n  mutation ConfigureModel($input: ConfigureModelInput!) {\n    configureModel(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n": types.ConfigureModelDocument,
    "\n  query ReplicaStates($model: String!) {\n    model(name: $model) {\n      versions {\n        replicas {\n          state\n          problem\n          batchRows\n        }\n      }\n    }\n  }\n": types.ReplicaStatesDocument,
    "\n  subscription WatchMetrics($application: String!) {\n    metrics(of: { application: $application }) {\n      application {\n        predictionsPerSecond\n        p50Ms\n        p99Ms\n        withinSlo\n        sources {\n          source\n          count\n        }\n      }\n    }\n  }\n": types.WatchMetricsDocument,
    "\n  fragment Answer on PredictResult {\n    ... on Prediction {\n      output {\n        ... on NumberOutput {\n          number\n        }\n      }\n      confidence\n      source\n    }\n    ... on Failure {\n      message\n    }\n  }\n": types.AnswerFragmentDoc,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        receipt\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictReceiptDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictPersonal($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n          ... on LabelOutput {\n            label\n          }\n        }\n        personalised\n        receipt\n      }\n      ... on Failure {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictPersonalDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Observe($input: ObserveInput!) {\n    observe(input: $input) {\n      __typename\n      ... on Observation {\n        seq\n        duplicate\n        folded\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').ObserveDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ObserveMany($inputs: [ObserveInput!]!) {\n    observeMany(input: { observations: $inputs }) {\n      ... on Observation {\n        seq\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').ObserveManyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Predict($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        confidence\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictWithReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        confidence\n        source\n        receipt\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictWithReceiptDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateApiKey($input: CreateApiKeyInput!) {\n    createApiKey(input: $input) {\n      __typename\n      ... on ApiKeyCreated {\n        text\n      }\n      ... on Failure {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').CreateApiKeyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictMany($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      ... on Prediction {\n        output {\n          ... on NumberOutput {\n            number\n          }\n        }\n        source\n      }\n      ... on Failure {\n        code\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictManyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictLabel($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on LabelOutput {\n            label\n          }\n        }\n        source\n        models {\n          model\n        }\n        modelsMissing {\n          model\n        }\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictLabelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictScores($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        output {\n          ... on LabelOutput {\n            scores {\n              label\n              score\n            }\n          }\n        }\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictScoresDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RegisterModelVersion($input: RegisterModelVersionInput!) {\n    registerModelVersion(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').RegisterModelVersionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateApplication($input: CreateApplicationInput!) {\n    createApplication(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').CreateApplicationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ConfigureModel($input: ConfigureModelInput!) {\n    configureModel(input: $input) {\n      __typename\n      ... on Failure {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').ConfigureModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ReplicaStates($model: String!) {\n    model(name: $model) {\n      versions {\n        replicas {\n          state\n          problem\n          batchRows\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').ReplicaStatesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription WatchMetrics($application: String!) {\n    metrics(of: { application: $application }) {\n      application {\n        predictionsPerSecond\n        p50Ms\n        p99Ms\n        withinSlo\n        sources {\n          source\n          count\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').WatchMetricsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  fragment Answer on PredictResult {\n    ... on Prediction {\n      output {\n        ... on NumberOutput {\n          number\n        }\n      }\n      confidence\n      source\n    }\n    ... on Failure {\n      message\n    }\n  }\n"): typeof import('./graphql.js').AnswerFragmentDoc;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
