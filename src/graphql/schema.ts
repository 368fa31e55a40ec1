import "reflect-metadata";
import { createPubSub } from "@graphql-yoga/subscription";
import { GraphQLInputObjectType, isAbstractType, lexicographicSortSchema, printSchema } from "graphql";
import type { GraphQLSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { guardFields } from "./accessFields.js";
import { AccessResolver } from "./accessResolver.js";
import { quickenInputFields } from "./coerceVariables.js";
import { describeTheRest } from "./descriptions.js";
import { DeploymentResolver } from "./deploymentResolver.js";
import { FailureInterface } from "./failureTypes.js";
import { LearningResolver } from "./learningResolver.js";
import { LiveResolver } from "./liveResolver.js";
import { LogResolver } from "./logResolver.js";
import { MetricsResolver } from "./metricsResolver.js";
import { ApplicationPagesResolver, ModelPagesResolver, ModelVersionPagesResolver } from "./pagesResolver.js";
import type { RequestContext } from "./context.js";
import { ONE_OF_INPUTS } from "./predictionInputs.js";
import type { ObserveInput, ObserveManyInput, PredictInput, PredictManyInput } from "./predictionInputs.js";
import { NodeResolver } from "./nodeResolver.js";
import { PredictionResolver } from "./predictionResolver.js";
import { RegistryResolver } from "./registryResolver.js";
import { ReplayResolver } from "./replayResolver.js";
import { ONE_OF_APPLICATION_INPUTS } from "./applicationTypes.js";
import { ONE_OF_FOLLOW_INPUTS } from "./followTargets.js";
import { ONE_OF_MODEL_INPUTS } from "./modelSettingsTypes.js";
import { ONE_OF_POLICY_INPUTS } from "./policyInputs.js";

export function buildGraphqlSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [
      PredictionResolver,
      RegistryResolver,
      LearningResolver,
      LogResolver,
      ReplayResolver,
      MetricsResolver,
      LiveResolver,
      AccessResolver,
      ApplicationPagesResolver,
      ModelPagesResolver,
      ModelVersionPagesResolver,
      DeploymentResolver,
      NodeResolver,
    ],
    orphanedTypes: [FailureInterface],
    // graphql-js checks all inputs, and ours their content; validation here would echo whole inputs in its errors.
    validate: false,
    // type-graphql asks for one as soon as a subscription exists; ours have iterators of their own.
    pubSub: createPubSub(),
  });
  enforceOneOf(schema);
  resolveDirectly(schema);
  nameTypesDirectly(schema);
  guardFields(schema);
  describeTheRest(schema);
  quickenInputFields(schema);
  return schema;
}

/** type-graphql does not know of `@oneOf`. */
function enforceOneOf(schema: GraphQLSchema): void {
  const names = [
    ...ONE_OF_INPUTS,
    ...ONE_OF_APPLICATION_INPUTS,
    ...ONE_OF_FOLLOW_INPUTS,
    ...ONE_OF_MODEL_INPUTS,
    ...ONE_OF_POLICY_INPUTS,
  ];
  for (const name of names) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLInputObjectType)) throw new Error(`no input type ${name}`);
    type.isOneOf = true;
  }
}

/**
 * type-graphql turns every input into instances of its class and every call into a chain of promises. Our inputs hold
 * no logic, so the fields that are called most get their resolvers as they are.
 */
function resolveDirectly(schema: GraphQLSchema): void {
  const resolver = new PredictionResolver();
  const fields = { ...schema.getQueryType()?.getFields(), ...schema.getMutationType()?.getFields() };
  const replace = <Args>(name: string, resolve: (args: Args, context: RequestContext) => unknown): void => {
    const field = fields[name];
    if (field === undefined) throw new Error(`no root field ${name}`);
    field.resolve = (_source, args: Args, context: RequestContext) => resolve(args, context);
  };
  replace<{ input: PredictInput }>("predict", ({ input }, context) => resolver.predict(input, context));
  replace<{ input: PredictManyInput }>("predictMany", ({ input }, context) => resolver.predictMany(input, context));
  replace<{ input: ObserveInput }>("observe", ({ input }, context) => resolver.observe(input, context));
  replace<{ input: ObserveManyInput }>("observeMany", ({ input }, context) => resolver.observeMany(input, context));
}

/**
 * All our values of unions and interfaces carry their `__typename`, which graphql-js looks for by itself; type-graphql
 * would ask for it through promises, and so make promises of everything around it.
 */
function nameTypesDirectly(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) if (isAbstractType(type)) type.resolveType = undefined;
}

export function printSdl(schema: GraphQLSchema): string {
  const notice = "# Emitted from src/graphql by `npm run generate`. Do not edit.\n\n";
  return `${notice}${printSchema(lexicographicSortSchema(schema))}\n`;
}
