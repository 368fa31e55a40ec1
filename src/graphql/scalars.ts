import { GraphQLError, GraphQLScalarType, Kind } from "graphql";
import type { ValueNode } from "graphql";
import { isObject } from "../lib/isObject.js";

/**
 * Content is not checked here: one bad number then concerns its own item, as a typed BadInput with its path, and not
 * the whole document. What comes is anything that was a list.
 */
export const FloatVector = new GraphQLScalarType<unknown, unknown>({
  name: "FloatVector",
  description: "Numbers as a JSON list, row-major, flat or nested as the tensor's shape is.",
  serialize: (value) => (value instanceof Float64Array ? Array.from(value) : value),
  parseValue: (value) => value,
  parseLiteral: (node) => literalNumbers(node),
});

function literalNumbers(node: ValueNode): unknown {
  switch (node.kind) {
    case Kind.LIST:
      return node.values.map(literalNumbers);
    case Kind.INT:
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.BOOLEAN:
      return node.value;
    case Kind.NULL:
      return null;
    case Kind.STRING:
    case Kind.ENUM:
      return node.value;
    case Kind.OBJECT:
    case Kind.VARIABLE:
      throw new GraphQLError(`a FloatVector is a list of numbers, got ${node.kind}`);
  }
}

export const Base64 = new GraphQLScalarType<string, string>({
  name: "Base64",
  description:
    "Packed little-endian elements in the tensor's datatype, row-major, as base64 (standard or url-safe): many times cheaper than a list for long vectors.",
  serialize: (value) => String(value),
  parseValue: parseText,
  parseLiteral: (node) => parseText(node.kind === Kind.STRING ? node.value : undefined),
});

function parseText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new GraphQLError("Base64 is a string");
}

export type NoParameters = Readonly<Record<string, never>>;

/** GraphQL has no input types without fields. */
export const NoParameters = new GraphQLScalarType<NoParameters, NoParameters>({
  name: "NoParameters",
  description: "`{}`: what has no parameters takes the empty object, as what has some takes its own.",
  parseValue: (value) => emptyOf(isObject(value) && Object.keys(value).length === 0),
  parseLiteral: (node) => emptyOf(node.kind === Kind.OBJECT && node.fields.length === 0),
});

function emptyOf(isEmpty: boolean): NoParameters {
  if (isEmpty) return {};
  throw new GraphQLError("NoParameters is the empty object, {}");
}
