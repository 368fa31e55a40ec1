import {
  GraphQLBoolean,
  GraphQLFloat,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
} from "graphql";
import type { GraphQLInputType, GraphQLScalarType } from "graphql";
import type { Datatype, TensorSpec } from "../domain/tensor.js";
import { describeTensor, elementCount, rowBytes } from "../domain/tensor.js";
import type { InputValue, TensorData } from "../serving/inputRow.js";
import { graphqlNames } from "./graphqlNames.js";

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
  const type = new GraphQLInputObjectType({
    name: "Input",
    description: "One input: a field for each of the application's tensors.",
    fields: Object.fromEntries(
      fields.map(({ name, spec }) => [name, { type: typeOf(spec), description: descriptionOf(spec) }]),
    ),
  });
  const toValue = (given: unknown): InputValue => ({
    kind: "fields",
    fields: fields.map(({ name, spec }) => ({ field: name, data: dataOf(spec, (given as Given)[name]) })),
  });
  return { type, toValue };
}

/** The fields' names, in the tensors' order. */
export function tensorNames(specs: readonly TensorSpec[]): readonly string[] {
  return graphqlNames(specs.map(({ name }) => name));
}

type Given = Readonly<Record<string, unknown>>;

function typeOf(spec: TensorSpec): GraphQLInputType {
  let type: GraphQLInputType = new GraphQLNonNull(ELEMENTS[spec.datatype].type);
  if (spec.datatype === "FP16") return type;
  for (const _size of spec.shape) type = new GraphQLNonNull(new GraphQLList(type));
  return type;
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
  return `${what}${lists.join(" of ")}.`;
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
