import { GraphQLObjectType, GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { APPLICATION_ACCESS_RULES } from "./accessRules.js";
import { applicationInput } from "./applicationInput.js";
import { applicationMutations } from "./applicationMutations.js";
import { applicationOutput } from "./applicationOutput.js";
import { quickenInputFields } from "./coerceVariables.js";
import type { ApplicationParts, TypedApplication } from "./applicationParts.js";
import { applicationQueries } from "./applicationQueries.js";

/**
 * The schema of one application: `predict` and `observe` with its own tensors and labels as types, over the same serving
 * functions as the schema of all, whose types it takes wherever they are no different. Every type in it is a plain GraphQL
 * one, so that code generators need no configuration.
 */
export function buildApplicationSchema(main: GraphQLSchema, application: TypedApplication): GraphQLSchema {
  const { name, description } = application;
  const input = applicationInput(application.input);
  const parts: ApplicationParts = { main, application, input, output: applicationOutput(application) };
  const schema = new GraphQLSchema({
    description: description === "" ? `The application ${name}.` : description,
    query: new GraphQLObjectType({
      name: "Query",
      description: "What may be asked.",
      fields: applicationQueries(parts),
    }),
    mutation: new GraphQLObjectType({
      name: "Mutation",
      description: "What may be told.",
      fields: applicationMutations(parts),
    }),
    extensions: { accessRules: APPLICATION_ACCESS_RULES },
  });
  quickenInputFields(schema);
  return schema;
}

/** What a schema depends on: applications with equal texts have equal schemas. */
export function schemaText(application: TypedApplication): string {
  const { name, description, sloMs, input, output, defaultOutput, loss, feedback } = application;
  const label = defaultOutput?.kind === "LABEL" ? defaultOutput.label : undefined;
  return JSON.stringify([name, description, sloMs, input, output, label, loss, feedback.deferActivation]);
}

export function printApplicationSdl(schema: GraphQLSchema, name: string): string {
  const notice = `# Made from the signature and the labels of the application ${name}.\n\n`;
  return `${notice}${printSchema(lexicographicSortSchema(schema))}\n`;
}
