import {
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  getNamedType,
} from "graphql";
import type { GraphQLField, GraphQLInputType, GraphQLObjectType, GraphQLSchema } from "graphql";
import { ACCESS_RULES } from "../../src/graphql/accessRules.js";
import type { AccessRule } from "../../src/graphql/accessRules.js";
import { nodeId } from "../../src/graphql/nodeIds.js";

export interface RootField {
  readonly type: "Query" | "Mutation" | "Subscription";
  readonly name: string;
  readonly rule: AccessRule;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Everything that can be asked for, with its rule. */
export function rootFieldsOf(schema: GraphQLSchema): readonly RootField[] {
  const types = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return types.flatMap((type) => (type == null ? [] : fieldsOf(type)));
}

function fieldsOf(type: GraphQLObjectType): RootField[] {
  return Object.values(type.getFields()).map((field) => {
    const rule = ACCESS_RULES[`${type.name}.${field.name}`];
    if (rule === undefined) throw new Error(`${type.name}.${field.name} has no access rule`);
    return { type: type.name as RootField["type"], name: field.name, rule, field };
  });
}

/** An operation that asks for one field, about an application or with a receipt of it. */
export function operationFor({ type, name, rule, field }: RootField, application: string, receipt: string) {
  const variables: Record<string, unknown> = {};
  for (const arg of field.args) {
    const named = rule.concern.kind === "NAMED" && rule.concern.at[0] === arg.name;
    if (arg.name === "receipt") variables[arg.name] = receipt;
    else if (name === "node") variables[arg.name] = nodeId({ type: "Application", name: application });
    else if (name === "nodes") variables[arg.name] = [nodeId({ type: "PolicyVersion", name: application, version: 1 })];
    else if (isNonNullType(arg.type) || named) variables[arg.name] = sample(arg.type, receipt);
  }
  if (rule.concern.kind === "NAMED") put(variables, rule.concern.at, application);
  const args = field.args.filter((arg) => arg.name in variables);
  const declared = args.map((arg) => `$${arg.name}: ${String(arg.type)}`).join(", ");
  const given = args.map((arg) => `${arg.name}: $${arg.name}`).join(", ");
  const selection = isCompositeType(getNamedType(field.type)) ? "{ __typename }" : "";
  const list = (text: string): string => (text === "" ? "" : `(${text})`);
  const query = `${type.toLowerCase()} Asked${list(declared)} { ${name}${list(given)} ${selection} }`;
  return { query, variables };
}

function put(into: Record<string, unknown>, [step = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) into[step] = value;
  else put((into[step] ??= {}) as Record<string, unknown>, rest, value);
}

/** Something valid of an input type: what must be given, and nothing else. */
function sample(type: GraphQLInputType, receipt: string): unknown {
  const bare = getNullableType(type);
  if (isListType(bare)) return [sample(bare.ofType, receipt)];
  if (isEnumType(bare)) return bare.getValues()[0]?.name;
  if (!isInputObjectType(bare)) return SCALARS[String(bare)] ?? "x";
  const fields = Object.values(bare.getFields());
  if ("receipt" in bare.getFields()) {
    const needed = fields.filter(({ type: each }) => isNonNullType(each));
    return { receipt, ...Object.fromEntries(needed.map((each) => [each.name, sample(each.type, receipt)])) };
  }
  if ("receipts" in bare.getFields()) return { receipts: [receipt] };
  const chosen = bare.isOneOf ? fields.slice(0, 1) : fields.filter(({ type: each }) => isNonNullType(each));
  return Object.fromEntries(chosen.map((each) => [each.name, sample(each.type, receipt)]));
}

const SCALARS: Readonly<Record<string, unknown>> = {
  Int: 1,
  Float: 1,
  Boolean: true,
  FloatVector: [1],
  NoParameters: {},
  ID: "0123456789abcdef",
  DateTimeISO: "2100-01-01T00:00:00Z",
  String: "a",
};
