import {
  GraphQLError,
  getNamedType,
  getNullableType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  parse,
  validate,
} from "graphql";
import type { GraphQLCompositeType, GraphQLField, GraphQLInputType, GraphQLObjectType, GraphQLSchema } from "graphql";
import { parseWithinLimits } from "../../../src/graphql/documentLimits.js";
import { isObject } from "../../../src/lib/isObject.js";
import type { Draws } from "./draws.js";
import type { RandomValues } from "./randomValues.js";

export interface RandomOperation {
  readonly query: string;
  /** Names to ask for it by, some of them of the document's other operation or of none, and how often. */
  readonly operationNames: readonly (readonly [string | undefined, number])[];
  readonly variables: readonly RandomVariable[];
  readonly rootFields: readonly string[];
}

export interface RandomVariable {
  readonly name: string;
  readonly type: GraphQLInputType;
  /** Where values for it come from. */
  readonly place: string;
  /** It may be left out. */
  readonly isOptional: boolean;
}

const MAX_DEPTH = 5;

/** The rest has weight 1. */
const WEIGHTS: Readonly<Record<string, number>> = {
  predict: 12,
  predictMany: 6,
  observe: 8,
  observeMany: 3,
  createApplication: 3,
  linkModel: 3,
  deleteApplication: 0.5,
  deleteEntity: 0.4,
  revokeApiKey: 0.5,
  rotateReceiptKey: 0.3,
  registerModelVersion: 0.5,
  removeModelVersion: 0.3,
};

/** One valid operation over the schema. Undefined when what was drawn broke a rule of validation: draw again. */
export function randomOperation(
  schema: GraphQLSchema,
  draws: Draws,
  values: RandomValues,
): RandomOperation | undefined {
  const drawn = new OperationText(schema, draws, values).draw();
  return validate(schema, parse(drawn.query)).length === 0 ? drawn : undefined;
}

/** The same of a subscription. */
export function randomSubscription(
  schema: GraphQLSchema,
  draws: Draws,
  values: RandomValues,
): RandomOperation | undefined {
  const drawn = new OperationText(schema, draws, values).drawSubscription();
  try {
    return validate(schema, parseWithinLimits(drawn.query)).length === 0 ? drawn : undefined;
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
}

class OperationText {
  readonly #schema: GraphQLSchema;
  readonly #draws: Draws;
  readonly #values: RandomValues;
  readonly #variables: (RandomVariable & { readonly declared: string })[] = [];
  readonly #fragments: string[] = [];
  readonly #rootFields: string[] = [];
  readonly #hasDirectives: boolean;
  #aliases = 0;

  constructor(schema: GraphQLSchema, draws: Draws, values: RandomValues) {
    this.#schema = schema;
    this.#draws = draws;
    this.#values = values;
    this.#hasDirectives = draws.chance(0.15);
  }

  draw(): RandomOperation {
    const draws = this.#draws;
    const isMutation = draws.chance(0.3);
    const root = (isMutation ? this.#schema.getMutationType() : this.#schema.getQueryType()) as GraphQLObjectType;
    const count = isMutation ? (draws.chance(0.85) ? 1 : 2) : 1 + draws.below(3);
    const fields = Array.from({ length: count }, () => this.#rootField(root));
    if (draws.chance(0.1)) fields.push("__typename");
    if (draws.chance(0.04) && !isMutation) fields.push(this.#introspection());
    return this.#operation(isMutation ? "mutation" : "query", root, fields);
  }

  drawSubscription(): RandomOperation {
    const root = this.#schema.getSubscriptionType() as GraphQLObjectType;
    return this.#operation("subscription", root, [this.#rootField(root)]);
  }

  #operation(kind: string, root: GraphQLObjectType, fields: readonly string[]): RandomOperation {
    const draws = this.#draws;
    const selection = draws.chance(0.1) ? this.#spread(root, fields.join(" ")) : fields.join(" ");
    const name = draws.chance(0.4) ? "Main" : undefined;
    const declared = this.#variables.map((variable) => variable.declared).join(", ");
    const head = `${kind} ${name ?? ""}${declared === "" ? "" : `(${declared})`}`;
    const other = name !== undefined && draws.chance(0.25) ? "query Other { __typename }" : "";
    const query = [`${head} { ${selection} }`, other, ...this.#fragments].filter((text) => text !== "").join("\n");
    return {
      query,
      operationNames: operationNames(name, other !== ""),
      variables: this.#variables,
      rootFields: this.#rootFields,
    };
  }

  #rootField(root: GraphQLObjectType): string {
    const fields = Object.values(root.getFields());
    const field = this.#draws.weighted(fields.map((each) => [each, WEIGHTS[each.name] ?? 1] as const));
    this.#rootFields.push(field.name);
    return this.#field(root, field, MAX_DEPTH);
  }

  #introspection(): string {
    return this.#draws.pick([
      "__schema { queryType { name } }",
      '__type(name: "Prediction") { name kind fields { name } }',
      '__type(name: "Nobody") { name }',
    ]);
  }

  #field(parent: GraphQLObjectType, field: GraphQLField<unknown, unknown>, depth: number): string {
    const draws = this.#draws;
    const given = field.args.flatMap((arg) => {
      if (!isRequiredArgument(arg) && draws.chance(0.6)) return [];
      return [`${arg.name}: ${this.#argument(arg.type, `${parent.name}.${field.name}.${arg.name}`)}`];
    });
    const alias = given.length > 0 || draws.chance(0.25) ? `a${this.#aliases++}_${field.name}: ` : "";
    const args = given.length > 0 ? `(${given.join(", ")})` : "";
    const type = getNamedType(field.type);
    const selection = isCompositeType(type) ? ` ${this.#selection(type, depth - 1)}` : "";
    return `${alias}${field.name}${args}${this.#directive()}${selection}`;
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const draws = this.#draws;
    if (isObjectType(type)) return `{ ${this.#fieldsOf(type, depth)} }`;
    const parts = draws.chance(0.9) ? ["__typename"] : [];
    for (const possible of this.#schema.getPossibleTypes(type)) {
      if (draws.chance(0.6)) parts.push(this.#spread(possible, this.#fieldsOf(possible, depth)));
    }
    const failure = this.#schema.getType("Failure");
    if (isInterfaceType(failure) && draws.chance(0.5)) parts.push("... on Failure { code message retryable }");
    return `{ ${parts.length === 0 ? "__typename" : parts.join(" ")} }`;
  }

  #fieldsOf(type: GraphQLObjectType, depth: number): string {
    const draws = this.#draws;
    const fields = Object.values(type.getFields()).filter((field) => {
      return !field.args.some(isRequiredArgument) && (depth > 0 || !isCompositeType(getNamedType(field.type)));
    });
    if (fields.length === 0) return "__typename";
    const chosen = fields.filter(({ name }) => draws.chance(name === "receipt" ? 0.8 : 3 / fields.length + 0.1));
    const parts = (chosen.length === 0 ? [draws.pick(fields)] : chosen).map((field) => this.#field(type, field, depth));
    if (draws.chance(0.15)) parts.push("__typename");
    // Merged: with itself, and with another selection of the same.
    if (draws.chance(0.1)) parts.push(parts[0] as string);
    const wide = chosen.find(({ type: below, args }) => args.length === 0 && isCompositeType(getNamedType(below)));
    if (wide !== undefined && draws.chance(0.3)) {
      const below = getNamedType(wide.type) as GraphQLCompositeType;
      for (let times = 0; times < 2; times++) parts.push(`${wide.name} ${this.#selection(below, depth - 1)}`);
    }
    const text = parts.join(" ");
    return draws.chance(0.12) ? this.#spread(type, text) : text;
  }

  /** In a fragment, inline or named. */
  #spread(type: GraphQLObjectType, selected: string): string {
    const draws = this.#draws;
    if (draws.chance(0.65))
      return `...${draws.chance(0.85) ? ` on ${type.name}` : ""}${this.#directive()} { ${selected} }`;
    const name = `F${this.#fragments.length}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${selected} }`);
    return draws.chance(0.1) ? `...${name} ...${name}` : `...${name}${this.#directive()}`;
  }

  #directive(): string {
    const draws = this.#draws;
    if (!this.#hasDirectives || draws.chance(0.75)) return "";
    const condition = draws.chance(0.5) ? String(draws.chance(0.5)) : this.#variable("Boolean", true, "switch");
    return ` @${draws.pick(["include", "skip"])}(if: ${condition})`;
  }

  /** A variable, a literal, or a literal with variables in it. */
  #argument(type: GraphQLInputType, place: string): string {
    return this.#draws.chance(0.65) ? this.#variableOf(type, place) : this.#literal(type, place);
  }

  #variableOf(type: GraphQLInputType, place: string, mustBeGiven = false): string {
    const name = getNamedType(type).name;
    const hasDefault = !mustBeGiven && (name === "String" || name === "Int") && this.#draws.chance(0.2);
    if (hasDefault && !isListType(getNullableType(type))) {
      const nullable = getNullableType(type);
      return this.#declare(nullable, place, ` = ${JSON.stringify(this.#present(nullable, place))}`);
    }
    const asked = mustBeGiven && !isNonNullType(type) ? `${String(type)}!` : String(type);
    return this.#declareAs(asked, type, place, "", mustBeGiven || isNonNullType(type));
  }

  #present(type: GraphQLInputType, place: string): unknown {
    for (;;) {
      const value = this.#values.valueOf(type, place);
      if (value !== null) return value;
    }
  }

  #variable(type: "Boolean", isRequired: boolean, place: string): string {
    const scalar = this.#schema.getType(type) as GraphQLInputType;
    return this.#declareAs(`${type}!`, scalar, place, "", isRequired);
  }

  #declare(type: GraphQLInputType, place: string, defaultText: string): string {
    return this.#declareAs(String(type), type, place, defaultText, false);
  }

  #declareAs(asked: string, type: GraphQLInputType, place: string, defaultText: string, isRequired: boolean): string {
    const name = `v${this.#variables.length}`;
    this.#variables.push({ name, type, place, isOptional: !isRequired, declared: `$${name}: ${asked}${defaultText}` });
    return `$${name}`;
  }

  #literal(type: GraphQLInputType, place: string): string {
    return this.#print(type, this.#values.valueOf(type, place), place);
  }

  #print(type: GraphQLInputType, value: unknown, place: string): string {
    if (value === null) return "null";
    const bare = getNullableType(type);
    if (isListType(bare)) {
      if (!Array.isArray(value)) return this.#print(bare.ofType, value, place);
      return `[${value.map((item) => this.#print(bare.ofType, item, place)).join(", ")}]`;
    }
    if (isEnumType(bare)) return value as string;
    if (isInputObjectType(bare) && isObject(value)) {
      const fields = Object.entries(value).map(([name, given]) => {
        const field = bare.getFields()[name];
        if (field === undefined) throw new Error(`no field ${bare.name}.${name}`);
        const at = `${bare.name}.${name}`;
        const text = this.#draws.chance(0.2)
          ? this.#variableOf(field.type, at, bare.isOneOf)
          : this.#print(field.type, given, at);
        return `${name}: ${text}`;
      });
      return `{ ${fields.join(", ")} }`;
    }
    return Object.is(value, -0) ? "-0" : JSON.stringify(value);
  }
}

function operationNames(name: string | undefined, isOneOfTwo: boolean): RandomOperation["operationNames"] {
  const wrong = [["Nobody", 0.3], ["", 0.3]] as const; // prettier-ignore
  if (isOneOfTwo) return [[name, 6], ["Other", 4], [undefined, 1], ...wrong];
  return [[name, 6], [undefined, 6], ...wrong];
}
