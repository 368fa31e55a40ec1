import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  getNullableType,
} from "graphql";
import type { GraphQLInputType, GraphQLScalarType } from "graphql";
import type { Datatype, TensorSpec } from "../domain/tensor.js";
import { describeTensor, elementCount, rowBytes } from "../domain/tensor.js";
import type { GivenField, InputValue, TensorData } from "../serving/inputRow.js";
import { graphqlNames } from "./graphqlNames.js";
import { Base64 } from "./scalars.js";

/** An application's input as a GraphQL type, and from its values to what serving takes. */
export interface ApplicationInput {
  readonly type: GraphQLInputObjectType;
  readonly toValue: (given: unknown) => InputValue;
}

interface TensorField {
  readonly name: string;
  readonly spec: TensorSpec;
}

export function applicationInput(specs: readonly TensorSpec[]): ApplicationInput {
  const names = tensorNames(specs);
  const fields = specs.map((spec, i): TensorField => ({ name: names[i] as string, spec }));
  const packable = new Map<string, GraphQLInputObjectType>();
  const type = new GraphQLInputObjectType({
    name: "Input",
    description: "One input: a field for each of the application's tensors.",
    fields: Object.fromEntries(
      fields.map(({ name, spec }) => [name, { type: typeOf(spec, packable), description: descriptionOf(spec) }]),
    ),
  });
  const toValue = (given: unknown): InputValue => ({
    kind: "fields",
    fields: fields.map(({ name, spec }) => fieldOf(name, spec, (given as Given)[name])),
  });
  return { type, toValue };
}

/** The fields' names, in the tensors' order. */
export function tensorNames(specs: readonly TensorSpec[]): readonly string[] {
  return graphqlNames(specs.map(({ name }) => name));
}

type Given = Readonly<Record<string, unknown>>;

/** One number is no shorter packed, and texts cannot be. */
export function isPackable({ datatype, shape }: TensorSpec): boolean {
  return shape.length > 0 && datatype !== "BYTES" && datatype !== "FP16";
}

function typeOf(spec: TensorSpec, packable: Map<string, GraphQLInputObjectType>): GraphQLInputType {
  const element = new GraphQLNonNull(ELEMENTS[spec.datatype].type);
  if (spec.datatype === "FP16") return element;
  let list: GraphQLInputType = element;
  for (const _size of spec.shape) list = new GraphQLNonNull(new GraphQLList(list));
  if (!isPackable(spec)) return list;
  const name = `${element.ofType.name}${spec.shape.length}D`;
  const type = packable.get(name) ?? packableType(name, spec.shape.length, list);
  packable.set(name, type);
  return new GraphQLNonNull(type);
}

/** Of all tensors whose lists are alike. */
function packableType(name: string, dimensions: number, list: GraphQLInputType): GraphQLInputObjectType {
  const lists = dimensions === 1 ? "In a list." : "In lists, nested as the tensor's shape is.";
  return new GraphQLInputObjectType({
    name,
    description: "Exactly one encoding of a tensor's elements.",
    isOneOf: true,
    fields: {
      values: { type: getNullableType(list), description: lists },
      base64: { type: GraphQLString, description: Base64.description ?? null },
    },
  });
}

function fieldOf(name: string, spec: TensorSpec, given: unknown): GivenField {
  if (!isPackable(spec)) return { at: [name], data: dataOf(spec, given) };
  const { values, base64 } = given as { readonly values?: readonly unknown[]; readonly base64?: string };
  return base64 === undefined
    ? { at: [name, "values"], data: { kind: "values", values } }
    : { at: [name, "base64"], data: { kind: "base64", base64 } };
}

function dataOf({ datatype, shape }: TensorSpec, given: unknown): TensorData {
  if (datatype === "FP16") return { kind: "base64", base64: given as string };
  const elements = shape.length === 0 ? [given] : (given as readonly unknown[]);
  return datatype === "BYTES" ? { kind: "texts", texts: elements } : { kind: "values", values: elements };
}

function descriptionOf(spec: TensorSpec): string {
  const { datatype, shape } = spec;
  const { one, many } = ELEMENTS[datatype];
  const what = `${describeTensor(spec)}: `;
  if (datatype === "FP16") {
    return `${what}base64 of ${elementCount(shape)} numbers, ${rowBytes(spec)} bytes, little-endian, row by row.`;
  }
  if (shape.length === 0) return `${what}${one}.`;
  const lists = shape.map((size, depth) => {
    const isLast = depth === shape.length - 1;
    return `${size} ${isLast ? (size === 1 ? one.replace(/^an? /, "") : many) : size === 1 ? "list" : "lists"}`;
  });
  const listed = `${what}${lists.join(" of ")}`;
  return isPackable(spec) ? `${listed}, or base64 of ${rowBytes(spec)} bytes.` : `${listed}.`;
}

interface Elements {
  readonly type: GraphQLScalarType;
  readonly one: string;
  readonly many: string;
}

const integers = (type: GraphQLScalarType, from: number, to: number): Elements => ({
  type,
  one: `an integer from ${from} to ${to}`,
  many: `integers from ${from} to ${to}`,
});
const NUMBERS: Elements = { type: GraphQLFloat, one: "a number", many: "numbers" };

/** GraphQL's Int has 32 bits with a sign: larger integers travel as Float, exactly up to 2^53. */
const ELEMENTS: Readonly<Record<Datatype, Elements>> = {
  BOOL: { type: GraphQLBoolean, one: "true or false", many: "times true or false" },
  UINT8: integers(GraphQLInt, 0, 0xff),
  UINT16: integers(GraphQLInt, 0, 0xffff),
  UINT32: integers(GraphQLFloat, 0, 0xffffffff),
  UINT64: integers(GraphQLFloat, 0, Number.MAX_SAFE_INTEGER),
  INT8: integers(GraphQLInt, -0x80, 0x7f),
  INT16: integers(GraphQLInt, -0x8000, 0x7fff),
  INT32: integers(GraphQLInt, -0x80000000, 0x7fffffff),
  INT64: integers(GraphQLFloat, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
  FP16: { ...NUMBERS, type: GraphQLString },
  FP32: NUMBERS,
  FP64: NUMBERS,
  BYTES: { type: GraphQLString, one: "a text", many: "texts" },
};
