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
    "\n  query Predict($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        ...WholeAnswer\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n\n  fragment WholeAnswer on Prediction {\n    id\n    source\n    defaultReason\n    confidence\n    policyVersion\n    latencyMs\n    output {\n      ... on LabelOutput {\n        label\n        scores {\n          label\n          score\n        }\n      }\n      ... on NumberOutput {\n        number\n      }\n      ... on VectorOutput {\n        vector\n      }\n    }\n    models {\n      model\n      version\n      source\n      values\n    }\n    modelsMissing {\n      model\n      version\n      message\n    }\n  }\n\n  fragment WhyNot on Failure {\n    code\n    message\n    retryable\n    retryAfterMs\n  }\n": typeof types.PredictDocument,
    "\n  query Explained($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        source\n        explanation {\n          askedMs\n          gatheredMs\n          deadlineMs\n          members {\n            model\n            cache\n            distance\n            queuedMs\n            batchRows\n            dispatchReason\n            replica\n            serviceMs\n          }\n        }\n      }\n    }\n  }\n": typeof types.ExplainedDocument,
    "\n  mutation InvalidateCache($model: String!) {\n    invalidateCache(model: $model) {\n      __typename\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.InvalidateCacheDocument,
    "\n  mutation RemoveVersion($input: RemoveModelVersionInput!) {\n    removeModelVersion(input: $input) {\n      __typename\n      ... on Model {\n        currentVersion\n        versions {\n          version\n        }\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.RemoveVersionDocument,
    "\n  query PredictMany($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      __typename\n      ... on Prediction {\n        ...WholeAnswer\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n": typeof types.PredictManyDocument,
    "\n  query PredictForReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        receipt\n        policyVersion\n      }\n    }\n  }\n": typeof types.PredictForReceiptDocument,
    "\n  mutation Observe($input: ObserveInput!) {\n    observe(input: $input) {\n      __typename\n      ... on Observation {\n        id\n        seq\n        duplicate\n        policyVersion\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.ObserveDocument,
    "\n  query OneApplication($name: String!) {\n    application(name: $name) {\n      ...WholeApplication\n    }\n  }\n\n  fragment WholeApplication on Application {\n    name\n    description\n    sloMs\n    policy {\n      kind\n    }\n    input {\n      name\n      datatype\n      shape\n    }\n    output {\n      kind\n      labels\n      size\n    }\n    defaultOutput {\n      ... on LabelOutput {\n        label\n      }\n      ... on NumberOutput {\n        number\n      }\n      ... on VectorOutput {\n        vector\n      }\n    }\n    models {\n      model\n      weight\n    }\n  }\n": typeof types.OneApplicationDocument,
    "\n  query ManyApplications($first: Int!, $after: String) {\n    applications(first: $first, after: $after) {\n      edges {\n        node {\n          name\n        }\n        cursor\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": typeof types.ManyApplicationsDocument,
    "\n  query OneModel($name: String!) {\n    model(name: $name) {\n      currentVersion\n      versions {\n        version\n        current\n        endpoints\n        inputs {\n          name\n          datatype\n          shape\n        }\n        replicas {\n          endpoint\n          state\n          problem\n          retryInMs\n          batchRows\n        }\n      }\n    }\n  }\n": typeof types.OneModelDocument,
    "\n  mutation CreateApplication($input: CreateApplicationInput!) {\n    createApplication(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.CreateApplicationDocument,
    "\n  mutation UpdateApplication($input: UpdateApplicationInput!) {\n    updateApplication(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.UpdateApplicationDocument,
    "\n  mutation ConfigureModel($input: ConfigureModelInput!) {\n    configureModel(input: $input) {\n      __typename\n      ... on Model {\n        settings {\n          batchSizeController\n          maxBatchRows\n          maxBatchBytes\n          maxBatchDelayMs\n          prefetchMs\n          cacheTtlMs\n          cacheScope\n          approximateErrorBudget\n          approximateDistance\n          approximateTolerance\n          featureTolerance\n        }\n        versions {\n          fillWait {\n            waits\n            reason\n          }\n          replicas {\n            batchRows\n            batchRowsReason\n          }\n        }\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n": typeof types.ConfigureModelDocument,
    "\n  mutation DeleteApplication($name: String!) {\n    deleteApplication(name: $name) {\n      __typename\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.DeleteApplicationDocument,
    "\n  mutation RegisterVersion($input: RegisterModelVersionInput!) {\n    registerModelVersion(input: $input) {\n      __typename\n      ... on ModelVersion {\n        model\n        version\n        current\n        endpoints\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.RegisterVersionDocument,
    "\n  mutation SetCurrent($input: SetCurrentVersionInput!) {\n    setCurrentVersion(input: $input) {\n      __typename\n      ... on ModelVersion {\n        version\n        current\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.SetCurrentDocument,
    "\n  mutation Link($input: LinkModelInput!) {\n    linkModel(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.LinkDocument,
    "\n  mutation Unlink($input: UnlinkModelInput!) {\n    unlinkModel(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": typeof types.UnlinkDocument,
    "\n  subscription Metrics($application: String!, $intervalMs: Int!) {\n    metrics(application: $application, intervalMs: $intervalMs) {\n      at\n      intervalMs\n      application\n      predictionsPerSecond\n      p50Ms\n      p99Ms\n      withinSlo\n      sources {\n        source\n        count\n      }\n      observationsPerSecond\n    }\n  }\n": typeof types.MetricsDocument,
};
const documents: Documents = {
    "\n  query Predict($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        ...WholeAnswer\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n\n  fragment WholeAnswer on Prediction {\n    id\n    source\n    defaultReason\n    confidence\n    policyVersion\n    latencyMs\n    output {\n      ... on LabelOutput {\n        label\n        scores {\n          label\n          score\n        }\n      }\n      ... on NumberOutput {\n        number\n      }\n      ... on VectorOutput {\n        vector\n      }\n    }\n    models {\n      model\n      version\n      source\n      values\n    }\n    modelsMissing {\n      model\n      version\n      message\n    }\n  }\n\n  fragment WhyNot on Failure {\n    code\n    message\n    retryable\n    retryAfterMs\n  }\n": types.PredictDocument,
    "\n  query Explained($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        source\n        explanation {\n          askedMs\n          gatheredMs\n          deadlineMs\n          members {\n            model\n            cache\n            distance\n            queuedMs\n            batchRows\n            dispatchReason\n            replica\n            serviceMs\n          }\n        }\n      }\n    }\n  }\n": types.ExplainedDocument,
    "\n  mutation InvalidateCache($model: String!) {\n    invalidateCache(model: $model) {\n      __typename\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.InvalidateCacheDocument,
    "\n  mutation RemoveVersion($input: RemoveModelVersionInput!) {\n    removeModelVersion(input: $input) {\n      __typename\n      ... on Model {\n        currentVersion\n        versions {\n          version\n        }\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.RemoveVersionDocument,
    "\n  query PredictMany($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      __typename\n      ... on Prediction {\n        ...WholeAnswer\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n": types.PredictManyDocument,
    "\n  query PredictForReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        receipt\n        policyVersion\n      }\n    }\n  }\n": types.PredictForReceiptDocument,
    "\n  mutation Observe($input: ObserveInput!) {\n    observe(input: $input) {\n      __typename\n      ... on Observation {\n        id\n        seq\n        duplicate\n        policyVersion\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.ObserveDocument,
    "\n  query OneApplication($name: String!) {\n    application(name: $name) {\n      ...WholeApplication\n    }\n  }\n\n  fragment WholeApplication on Application {\n    name\n    description\n    sloMs\n    policy {\n      kind\n    }\n    input {\n      name\n      datatype\n      shape\n    }\n    output {\n      kind\n      labels\n      size\n    }\n    defaultOutput {\n      ... on LabelOutput {\n        label\n      }\n      ... on NumberOutput {\n        number\n      }\n      ... on VectorOutput {\n        vector\n      }\n    }\n    models {\n      model\n      weight\n    }\n  }\n": types.OneApplicationDocument,
    "\n  query ManyApplications($first: Int!, $after: String) {\n    applications(first: $first, after: $after) {\n      edges {\n        node {\n          name\n        }\n        cursor\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n": types.ManyApplicationsDocument,
    "\n  query OneModel($name: String!) {\n    model(name: $name) {\n      currentVersion\n      versions {\n        version\n        current\n        endpoints\n        inputs {\n          name\n          datatype\n          shape\n        }\n        replicas {\n          endpoint\n          state\n          problem\n          retryInMs\n          batchRows\n        }\n      }\n    }\n  }\n": types.OneModelDocument,
    "\n  mutation CreateApplication($input: CreateApplicationInput!) {\n    createApplication(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.CreateApplicationDocument,
    "\n  mutation UpdateApplication($input: UpdateApplicationInput!) {\n    updateApplication(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.UpdateApplicationDocument,
    "\n  mutation ConfigureModel($input: ConfigureModelInput!) {\n    configureModel(input: $input) {\n      __typename\n      ... on Model {\n        settings {\n          batchSizeController\n          maxBatchRows\n          maxBatchBytes\n          maxBatchDelayMs\n          prefetchMs\n          cacheTtlMs\n          cacheScope\n          approximateErrorBudget\n          approximateDistance\n          approximateTolerance\n          featureTolerance\n        }\n        versions {\n          fillWait {\n            waits\n            reason\n          }\n          replicas {\n            batchRows\n            batchRowsReason\n          }\n        }\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n": types.ConfigureModelDocument,
    "\n  mutation DeleteApplication($name: String!) {\n    deleteApplication(name: $name) {\n      __typename\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.DeleteApplicationDocument,
    "\n  mutation RegisterVersion($input: RegisterModelVersionInput!) {\n    registerModelVersion(input: $input) {\n      __typename\n      ... on ModelVersion {\n        model\n        version\n        current\n        endpoints\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.RegisterVersionDocument,
    "\n  mutation SetCurrent($input: SetCurrentVersionInput!) {\n    setCurrentVersion(input: $input) {\n      __typename\n      ... on ModelVersion {\n        version\n        current\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.SetCurrentDocument,
    "\n  mutation Link($input: LinkModelInput!) {\n    linkModel(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.LinkDocument,
    "\n  mutation Unlink($input: UnlinkModelInput!) {\n    unlinkModel(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n": types.UnlinkDocument,
    "\n  subscription Metrics($application: String!, $intervalMs: Int!) {\n    metrics(application: $application, intervalMs: $intervalMs) {\n      at\n      intervalMs\n      application\n      predictionsPerSecond\n      p50Ms\n      p99Ms\n      withinSlo\n      sources {\n        source\n        count\n      }\n      observationsPerSecond\n    }\n  }\n": types.MetricsDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Predict($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        ...WholeAnswer\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n\n  fragment WholeAnswer on Prediction {\n    id\n    source\n    defaultReason\n    confidence\n    policyVersion\n    latencyMs\n    output {\n      ... on LabelOutput {\n        label\n        scores {\n          label\n          score\n        }\n      }\n      ... on NumberOutput {\n        number\n      }\n      ... on VectorOutput {\n        vector\n      }\n    }\n    models {\n      model\n      version\n      source\n      values\n    }\n    modelsMissing {\n      model\n      version\n      message\n    }\n  }\n\n  fragment WhyNot on Failure {\n    code\n    message\n    retryable\n    retryAfterMs\n  }\n"): typeof import('./graphql.js').PredictDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Explained($input: PredictInput!) {\n    predict(input: $input) {\n      ... on Prediction {\n        source\n        explanation {\n          askedMs\n          gatheredMs\n          deadlineMs\n          members {\n            model\n            cache\n            distance\n            queuedMs\n            batchRows\n            dispatchReason\n            replica\n            serviceMs\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').ExplainedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation InvalidateCache($model: String!) {\n    invalidateCache(model: $model) {\n      __typename\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').InvalidateCacheDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RemoveVersion($input: RemoveModelVersionInput!) {\n    removeModelVersion(input: $input) {\n      __typename\n      ... on Model {\n        currentVersion\n        versions {\n          version\n        }\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').RemoveVersionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictMany($input: PredictManyInput!) {\n    predictMany(input: $input) {\n      __typename\n      ... on Prediction {\n        ...WholeAnswer\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictManyDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PredictForReceipt($input: PredictInput!) {\n    predict(input: $input) {\n      __typename\n      ... on Prediction {\n        receipt\n        policyVersion\n      }\n    }\n  }\n"): typeof import('./graphql.js').PredictForReceiptDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Observe($input: ObserveInput!) {\n    observe(input: $input) {\n      __typename\n      ... on Observation {\n        id\n        seq\n        duplicate\n        policyVersion\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').ObserveDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OneApplication($name: String!) {\n    application(name: $name) {\n      ...WholeApplication\n    }\n  }\n\n  fragment WholeApplication on Application {\n    name\n    description\n    sloMs\n    policy {\n      kind\n    }\n    input {\n      name\n      datatype\n      shape\n    }\n    output {\n      kind\n      labels\n      size\n    }\n    defaultOutput {\n      ... on LabelOutput {\n        label\n      }\n      ... on NumberOutput {\n        number\n      }\n      ... on VectorOutput {\n        vector\n      }\n    }\n    models {\n      model\n      weight\n    }\n  }\n"): typeof import('./graphql.js').OneApplicationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ManyApplications($first: Int!, $after: String) {\n    applications(first: $first, after: $after) {\n      edges {\n        node {\n          name\n        }\n        cursor\n      }\n      pageInfo {\n        hasNextPage\n        endCursor\n      }\n    }\n  }\n"): typeof import('./graphql.js').ManyApplicationsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OneModel($name: String!) {\n    model(name: $name) {\n      currentVersion\n      versions {\n        version\n        current\n        endpoints\n        inputs {\n          name\n          datatype\n          shape\n        }\n        replicas {\n          endpoint\n          state\n          problem\n          retryInMs\n          batchRows\n        }\n      }\n    }\n  }\n"): typeof import('./graphql.js').OneModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateApplication($input: CreateApplicationInput!) {\n    createApplication(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').CreateApplicationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation UpdateApplication($input: UpdateApplicationInput!) {\n    updateApplication(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').UpdateApplicationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ConfigureModel($input: ConfigureModelInput!) {\n    configureModel(input: $input) {\n      __typename\n      ... on Model {\n        settings {\n          batchSizeController\n          maxBatchRows\n          maxBatchBytes\n          maxBatchDelayMs\n          prefetchMs\n          cacheTtlMs\n          cacheScope\n          approximateErrorBudget\n          approximateDistance\n          approximateTolerance\n          featureTolerance\n        }\n        versions {\n          fillWait {\n            waits\n            reason\n          }\n          replicas {\n            batchRows\n            batchRowsReason\n          }\n        }\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n      ... on BadInput {\n        path\n        expected\n        got\n      }\n    }\n  }\n"): typeof import('./graphql.js').ConfigureModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteApplication($name: String!) {\n    deleteApplication(name: $name) {\n      __typename\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').DeleteApplicationDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RegisterVersion($input: RegisterModelVersionInput!) {\n    registerModelVersion(input: $input) {\n      __typename\n      ... on ModelVersion {\n        model\n        version\n        current\n        endpoints\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').RegisterVersionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation SetCurrent($input: SetCurrentVersionInput!) {\n    setCurrentVersion(input: $input) {\n      __typename\n      ... on ModelVersion {\n        version\n        current\n      }\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').SetCurrentDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Link($input: LinkModelInput!) {\n    linkModel(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').LinkDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Unlink($input: UnlinkModelInput!) {\n    unlinkModel(input: $input) {\n      __typename\n      ...WholeApplication\n      ... on Failure {\n        ...WhyNot\n      }\n    }\n  }\n"): typeof import('./graphql.js').UnlinkDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Metrics($application: String!, $intervalMs: Int!) {\n    metrics(application: $application, intervalMs: $intervalMs) {\n      at\n      intervalMs\n      application\n      predictionsPerSecond\n      p50Ms\n      p99Ms\n      withinSlo\n      sources {\n        source\n        count\n      }\n      observationsPerSecond\n    }\n  }\n"): typeof import('./graphql.js').MetricsDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
