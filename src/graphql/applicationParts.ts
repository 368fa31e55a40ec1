import { GraphQLList, GraphQLNonNull } from "graphql";
import type {
  GraphQLFieldConfig,
  GraphQLFieldConfigMap,
  GraphQLInputFieldConfig,
  GraphQLInputObjectType,
  GraphQLNamedType,
  GraphQLNullableType,
  GraphQLObjectType,
  GraphQLSchema,
} from "graphql";
import type { Application } from "../domain/application.js";
import type { ApplicationInput } from "./applicationInput.js";
import type { ApplicationOutput } from "./applicationOutput.js";
import type { RequestContext } from "./context.js";

/** What of an application its schema is made from. */
export type TypedApplication = Pick<
  Application,
  "name" | "description" | "sloMs" | "input" | "output" | "defaultOutput" | "loss" | "feedback"
>;

export type Field = GraphQLFieldConfig<unknown, RequestContext>;
export type Fields = GraphQLFieldConfigMap<unknown, RequestContext>;
export type InputFields = Record<string, GraphQLInputFieldConfig>;

/** Everything that one application's schema consists of. */
export interface ApplicationParts {
  readonly main: GraphQLSchema;
  readonly application: TypedApplication;
  readonly input: ApplicationInput;
  readonly output: ApplicationOutput;
}

/** A root field with one argument, `input`. */
export function field<Given>(
  description: string,
  type: Field["type"],
  input: GraphQLInputObjectType,
  resolve: (given: Given, context: RequestContext) => unknown,
): Field {
  return {
    description,
    type,
    args: { input: { type: new GraphQLNonNull(input), description: "Everything that it takes." } },
    resolve: (_source, { input: given }, context) => resolve(given as Given, context),
  };
}

export function typeOf(main: GraphQLSchema, name: string): GraphQLNamedType {
  const type = main.getType(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}

export function objectFields(main: GraphQLSchema, name: string): GraphQLFieldConfigMap<unknown, unknown> {
  return (typeOf(main, name) as GraphQLObjectType).toConfig().fields;
}

export function inputFields({ main }: ApplicationParts, name: string): InputFields {
  return (typeOf(main, name) as GraphQLInputObjectType).toConfig().fields;
}

export function listOf<T extends GraphQLNullableType>(type: T): GraphQLNonNull<GraphQLList<GraphQLNonNull<T>>> {
  return new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
}
