import { coerceInputValue, getVariableValues, isInputObjectType, isInputType, typeFromAST } from "graphql";
import type { GraphQLInputFieldMap, GraphQLSchema, OperationDefinitionNode } from "graphql";

type Values = Record<string, unknown>;

/**
 * What `getVariableValues` gives for an operation's variables, undefined where they do not fit. It looks up the type of each
 * variable again on every run; here that is done once, and each value that was given is coerced by graphql-js as it would
 * be there. Where one was not given all are left to it: whether it has a default, or is needed, is graphql-js's to say.
 */
export function variableCoercion(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): (raw: Values) => Values | undefined {
  const variables = variableDefinitions.map(({ variable, type: node }) => {
    const type = typeFromAST(schema, node);
    if (!isInputType(type)) throw new Error(`variable ${variable.name.value} is no input`);
    return { name: variable.name.value, type };
  });
  return (raw) => {
    const coerced: Values = {};
    let fits = true;
    const misfit = (): void => void (fits = false);
    for (const { name, type } of variables) {
      if (!Object.hasOwn(raw, name)) return getVariableValues(schema, variableDefinitions, raw).coerced;
      coerced[name] = coerceInputValue(raw[name], type, misfit);
    }
    return fits ? coerced : undefined;
  };
}

/**
 * graphql-js keeps an input type's fields in an object made without a prototype, which V8 keeps as a hash table, and lists
 * them for every value that it coerces: six times the time that it takes from an object of the usual form. The same fields
 * in such a one, still without a prototype, so that no name is found there that is not a field's.
 */
export function quickenInputFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInputObjectType(type)) continue;
    const fields = Object.setPrototypeOf({ ...type.getFields() }, null) as GraphQLInputFieldMap;
    type.getFields = () => fields;
  }
}
