import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  getNullableType,
  isRequiredInputField,
} from "graphql";
import type { GraphQLInputField, GraphQLInputObjectType, GraphQLInputType } from "graphql";
import { isObject } from "../../../src/lib/isObject.js";
import type { Draws } from "./draws.js";
import type { Vocabulary } from "./vocabulary.js";

const NUMBERS = [0, 1, 2, 0.5, 0.1, 5, 50, 1000, -1, 1e7, 1e300];
const INTEGERS = [1, 1, 2, 3, 5, 20, 0, -1, 1001, 2 ** 31 - 1];
const INSTANTS = ["2100-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "2000-02-29T12:00:00Z"];
/** The model's way with its rows is in the first number: see laneWorld.ts. */
const FIRST_NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, -0];

/** Of vectors that are to have two numbers. */
const LENGTHS = [[2, 12], [1, 2], [0, 1], [3, 1]] as const; // prettier-ignore

/** A field of an application's own input. */
function isTensor(place: string): boolean {
  return place.startsWith("Input.");
}

/** Values of input types, right for graphql-js and often for what is behind it. */
export class RandomValues {
  readonly #draws: Draws;
  readonly #vocabulary: Vocabulary;

  constructor(draws: Draws, vocabulary: Vocabulary) {
    this.#draws = draws;
    this.#vocabulary = vocabulary;
  }

  /** `place`: what the value is for, as `PredictInput.entity`. */
  valueOf(type: GraphQLInputType, place: string): unknown {
    const draws = this.#draws;
    if (isNonNullType(type)) return this.#present(type.ofType, place);
    return draws.chance(0.08) ? null : this.#present(type, place);
  }

  #present(type: GraphQLInputType, place: string): unknown {
    const draws = this.#draws;
    if (isNonNullType(type)) return this.#present(type.ofType, place);
    if (isListType(type)) {
      // One alone is a list of one.
      if (draws.chance(0.08)) return this.valueOf(type.ofType, place);
      const count = draws.weighted(isTensor(place) ? LENGTHS : [[0, 1], [1, 4], [2, 4], [3, 1]]); // prettier-ignore
      return Array.from({ length: count }, () => this.valueOf(type.ofType, place));
    }
    if (isInputObjectType(type)) return this.#object(type);
    if (isEnumType(type)) return draws.pick(type.getValues()).name;
    return this.#scalar((type as { name: string }).name, place);
  }

  #object(type: GraphQLInputObjectType): Record<string, unknown> {
    const fields = Object.values(type.getFields());
    const draws = this.#draws;
    if (type.isOneOf) {
      const usual = fields.find(({ name }) => name === (type.name === "TensorInput" ? "values" : "label"));
      const field = usual !== undefined && draws.chance(0.5) ? usual : draws.pick(fields);
      return { [field.name]: this.#present(field.type, `${type.name}.${field.name}`) };
    }
    const value: Record<string, unknown> = {};
    for (const field of fields) {
      if (!isRequiredInputField(field) && !draws.chance(wanted(field))) continue;
      value[field.name] = this.valueOf(field.type, `${type.name}.${field.name}`);
    }
    return value;
  }

  #scalar(name: string, place: string): unknown {
    const draws = this.#draws;
    switch (name) {
      case "Int":
        return place.endsWith(".shape") ? draws.pick([2, 2, 1]) : draws.pick(INTEGERS);
      case "Float":
        return draws.pick(isTensor(place) ? FIRST_NUMBERS : NUMBERS);
      case "Boolean":
        return draws.chance(0.5);
      case "FloatVector":
        return this.#numbers();
      case "Base64":
        return Buffer.from(Float32Array.from(this.#numbers()).buffer).toString("base64");
      case "DateTimeISO":
        return draws.pick(INSTANTS);
      case "NoParameters":
        return {};
      default:
        return this.#vocabulary.text(draws, place);
    }
  }

  #numbers(): number[] {
    const draws = this.#draws;
    const count = draws.weighted(LENGTHS);
    return Array.from({ length: count }, (_, i) => (i === 0 ? draws.pick(FIRST_NUMBERS) : draws.below(3) / 2));
  }

  /**
   * The same value with something wrong in one place, in a way that graphql-js may refuse: nulls, wrong scalars, huge
   * integers, unknown names, missing and unknown fields, none or two where one is to be.
   */
  spoilt(type: GraphQLInputType, value: unknown): unknown {
    const draws = this.#draws;
    const isRequired = isNonNullType(type);
    const bare = getNullableType(type);
    if (value == null || draws.chance(0.15)) return isRequired && draws.chance(0.5) ? null : wrongFor(bare, draws);
    if (isListType(bare) && Array.isArray(value)) {
      if (value.length === 0) return draws.pick([{}, 7, [null], [{}]]);
      const at = draws.below(value.length);
      return value.map((item: unknown, i) => (i === at ? this.spoilt(bare.ofType, item) : item));
    }
    if (isInputObjectType(bare) && isObject(value)) return this.#spoiltObject(bare, value);
    return wrongFor(bare, draws);
  }

  #spoiltObject(type: GraphQLInputObjectType, value: Readonly<Record<string, unknown>>): unknown {
    const draws = this.#draws;
    const fields = Object.values(type.getFields());
    const given = fields.filter(({ name }) => Object.hasOwn(value, name));
    const draw = draws.next();
    if (draw < 0.12) return { ...value, [draws.pick(["nobody", "__proto__x", "toString", "Application"])]: 1 };
    if (draw < 0.24) {
      const required = given.filter(isRequiredInputField);
      const gone = draws.pick(required.length > 0 ? required : given.length > 0 ? given : fields);
      return Object.fromEntries(Object.entries(value).filter(([name]) => name !== gone.name));
    }
    if (type.isOneOf && draw < 0.75) {
      const other = draws.pick(fields);
      return draws.pick<unknown>([
        {},
        { ...value, [other.name]: null },
        { ...value, [other.name]: this.#present(other.type, `${type.name}.${other.name}`) },
        { [other.name]: null },
      ]);
    }
    if (given.length === 0) return draws.pick([7, [], "text"]);
    const field = draws.pick(given);
    return { ...value, [field.name]: this.spoilt(field.type, value[field.name]) };
  }
}

/** How often an optional field is given. */
function wanted({ name }: GraphQLInputField): number {
  if (name === "receipt") return 0.8;
  // Whoever asks for a state that is not there yet waits.
  if (name === "minStateSeq") return 0.02;
  if (name === "rowsPerSecond" || name === "deadlineMs") return 0.15;
  return name === "entity" ? 0.6 : 0.25;
}

const WRONG: Readonly<Record<string, readonly unknown[]>> = {
  Int: ["1", 1.5, 2 ** 31, -(2 ** 31) - 1, 1e100, true, {}, [1, 2], "", null],
  Float: ["1", true, {}, "NaN", [1, 2], null],
  Boolean: [1, 0, "true", {}, null],
  String: [7, true, {}, ["a", "b"], null, 1e21],
  ID: [1.5, true, {}, ["a", "b"], 2 ** 53],
  FloatVector: [["1"], [null], {}, "1", 7, [[1]], [true], ["1e999"], [1, , 2]], // eslint-disable-line no-sparse-arrays
  Base64: [7, "*", {}, "AAA", ["AAAA"], "AAAA AAAA"],
  NoParameters: [7, { a: 1 }, [], true, "", null],
  DateTimeISO: [7, "yesterday", {}, "2026-13-01T00:00:00Z", "2026-01-01", true],
};

function wrongFor(type: GraphQLInputType, draws: Draws): unknown {
  if (isInputObjectType(type)) return draws.pick<unknown>([7, "text", [], true, [{}]]);
  if (isEnumType(type)) {
    const [first] = type.getValues();
    return draws.pick<unknown>(["NOT_THERE", first?.name.toLowerCase(), 1, true, {}, ""]);
  }
  if (isListType(type)) return draws.pick<unknown>([{}, [null], 7, "text", [[[1]]]]);
  const name = (getNullableType(type) as { name: string }).name;
  return draws.pick(WRONG[name] ?? [{}]);
}
