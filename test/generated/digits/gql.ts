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
    "\n  query ReadDigit($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        label\n        probabilities {\n          label\n          probability\n        }\n        models {\n          model\n          values\n        }\n        source\n        receipt\n      }\n      ... on Failure {\n        code\n        message\n      }\n      ... on BadInput {\n        path\n      }\n    }\n  }\n": typeof types.ReadDigitDocument,
    "\n  query ReadDigits($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      __typename\n      ... on Prediction {\n        label\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ReadDigitsDocument,
    "\n  mutation TellDigits($one: ObserveInput!, $many: ObserveManyInput!) {\n    observe(input: $one) {\n      __typename\n      ... on Observation {\n        seq\n        loss\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n    observeMany(input: $many) {\n      __typename\n      ... on Observation {\n        duplicate\n      }\n      ... on Failure {\n        code\n        message\n      }\n      ... on BadInput {\n        path\n      }\n    }\n  }\n": typeof types.TellDigitsDocument,
};
const documents: Documents = {
    "\n  query ReadDigit($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        label\n        probabilities {\n          label\n          probability\n        }\n        models {\n          model\n          values\n        }\n        source\n        receipt\n      }\n      ... on Failure {\n        code\n        message\n      }\n      ... on BadInput {\n        path\n      }\n    }\n  }\n": types.ReadDigitDocument,
    "\n  query ReadDigits($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      __typename\n      ... on Prediction {\n        label\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n": types.ReadDigitsDocument,
    "\n  mutation TellDigits($one: ObserveInput!, $many: ObserveManyInput!) {\n    observe(input: $one) {\n      __typename\n      ... on Observation {\n        seq\n        loss\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n    observeMany(input: $many) {\n      __typename\n      ... on Observation {\n        duplicate\n      }\n      ... on Failure {\n        code\n        message\n      }\n      ... on BadInput {\n        path\n      }\n    }\n  }\n": types.TellDigitsDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ReadDigit($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        label\n        probabilities {\n          label\n          probability\n        }\n        models {\n          model\n          values\n        }\n        source\n        receipt\n      }\n      ... on Failure {\n        code\n        message\n      }\n      ... on BadInput {\n        path\n      }\n    }\n  }\n"): typeof import('./graphql.js').ReadDigitDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ReadDigits($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      __typename\n      ... on Prediction {\n        label\n        source\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql.js').ReadDigitsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation TellDigits($one: ObserveInput!, $many: ObserveManyInput!) {\n    observe(input: $one) {\n      __typename\n      ... on Observation {\n        seq\n        loss\n      }\n      ... on Failure {\n        code\n        message\n      }\n    }\n    observeMany(input: $many) {\n      __typename\n      ... on Observation {\n        duplicate\n      }\n      ... on Failure {\n        code\n        message\n      }\n      ... on BadInput {\n        path\n      }\n    }\n  }\n"): typeof import('./graphql.js').TellDigitsDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
