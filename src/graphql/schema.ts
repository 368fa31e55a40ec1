import "reflect-metadata";
import { createPubSub } from "@graphql-yoga/subscription";
import { GraphQLInputObjectType, isAbstractType, lexicographicSortSchema, printSchema } from "graphql";
import type { GraphQLSchema } from "graphql";
import { buildSchemaSync } from "type-graphql";
import { FailureInterface } from "./failureTypes.js";
import { LearningResolver } from "./learningResolver.js";
import { MetricsResolver } from "./metricsResolver.js";
import type { RequestContext } from "./context.js";
import { ONE_OF_INPUTS } from "./predictionInputs.js";
import type { PredictInput, PredictManyInput } from "./predictionInputs.js";
import { PredictionResolver } from "./predictionResolver.js";
import { RegistryResolver } from "./registryResolver.js";
import { ONE_OF_REGISTRY_INPUTS } from "./applicationTypes.js";

export function buildGraphqlSchema(): GraphQLSchema {
  const schema = buildSchemaSync({
    resolvers: [PredictionResolver, RegistryResolver, LearningResolver, MetricsResolver],
    orphanedTypes: [FailureInterface],
    // graphql-js checks all inputs, and ours their content; validation here would echo whole inputs in its errors.
    validate: false,
    // type-graphql asks for one as soon as a subscription exists; ours have iterators of their own.
    pubSub: createPubSub(),
  });
  for (const name of [...ONE_OF_INPUTS, ...ONE_OF_REGISTRY_INPUTS]) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLInputObjectType)) throw new Error(`no input type ${name}`);
    type.isOneOf = true;
  }
  resolveDirectly(schema);
  nameTypesDirectly(schema);
  return schema;
}

/**
 * type-graphql turns every input into instances of its class and every call into a chain of promises. Our inputs hold
 * no logic, so the two fields that are called most get their resolvers as they are.
 */
function resolveDirectly(schema: GraphQLSchema): void {
  const resolver = new PredictionResolver();
  const fields = schema.getQueryType()?.getFields() ?? {};
  const replace = <Input>(name: string, resolve: (input: Input, context: RequestContext) => unknown): void => {
    const field = fields[name];
    if (field === undefined) throw new Error(`no query ${name}`);
    field.resolve = (_source, args: { readonly input: Input }, context: RequestContext) => resolve(args.input, context);
  };
  replace<PredictInput>("predict", (input, context) => resolver.predict(input, context));
  replace<PredictManyInput>("predictMany", (input, context) => resolver.predictMany(input, context));
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
