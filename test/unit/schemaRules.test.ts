import { describe, expect, test } from "@jest/globals";
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isIntrospectionType,
  isListType,
  isLeafType,
  isObjectType,
  isSpecifiedScalarType,
} from "graphql";
import type { GraphQLInputObjectType, GraphQLSchema, GraphQLType } from "graphql";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import { buildApplicationSchema } from "../../src/graphql/applicationSchema.js";
import { describeTheRest, membersOf, TEXTS } from "../../src/graphql/descriptions.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";

const MAIN = buildGraphqlSchema();
const SCHEMAS: readonly (readonly [string, GraphQLSchema])[] = [
  ["all applications", MAIN],
  ["an application with labels", buildApplicationSchema(MAIN, declared({ kind: "LABEL", labels: ["a", "b"] }))],
  ["an application with numbers", buildApplicationSchema(MAIN, declared({ kind: "NUMBER" }))],
  ["an application with vectors", buildApplicationSchema(MAIN, declared({ kind: "VECTOR", size: 2 }))],
];

function declared(output: Parameters<typeof buildApplicationSchema>[1]["output"]) {
  const input = [{ name: "x", datatype: "FP32", shape: [1] } as const];
  const loss = { kind: "REWARD", min: 0, max: 1 } as const;
  return {
    name: "a",
    description: "",
    sloMs: 50,
    input,
    output,
    loss,
    feedback: { ...DEFAULT_FEEDBACK, deferActivation: true },
  };
}

const ownTypes = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type));

function saysExactlyOne(type: GraphQLInputObjectType): boolean {
  const said = [type.description, ...Object.values(type.getFields()).map(({ description }) => description)];
  return said.some((text) => /exactly one|either .* or/i.test(text ?? ""));
}

function undescribed(schema: GraphQLSchema): string[] {
  return ownTypes(schema).flatMap((type) => {
    const members = membersOf(type).filter(([, { description }]) => (description ?? "") === "");
    return [...((type.description ?? "") === "" ? [type.name] : []), ...members.map(([place]) => place)];
  });
}

/**
 * Lists of objects that are no page of a connection, since something else bounds them: the request, the application's or
 * the model's signature, the models linked, or a fixed set of kinds.
 */
const BOUNDED: Readonly<Record<string, string>> = {
  "Query.predictMany": "1,000 inputs of the request",
  "Query.nodes": "100 ids of the request",
  "Mutation.observeMany": "1,000 of the request",
  "Mutation.activateMany": "1,000 of the request",
  "WrapperLog.lines": "`last`, at most 1,000",
  "Application.policyVersions": "the newest 100; policyVersionConnection has all",
  "Model.versions": "the newest 100; versionConnection has all",
  "ModelVersion.replicas": "100; replicaConnection has all",
  "ModelVersion.approximateCaches": "100",
  "ModelSample.replicas": "this server's links, one figure each",
  "LabelOutput.scores": "the application's labels",
  "Prediction.probabilities": "the application's labels",
  "LearnedState.regression": "the application's labels",
};
const BY_SIGNATURE = /\.(input|inputs|outputs|shape)$/;
const BY_LINKS = /\.(models|modelsMissing|members|weights)$/;
const BY_KINDS = /\.(sources|failures|defaultReasons|dispatches|skipped)$|Buckets$|\.batchRows$/;

describe.each(SCHEMAS)("the schema of %s", (_what, schema) => {
  test("describes every type, field, argument and value", () => {
    expect(undescribed(schema)).toEqual([]);
  });

  test("enforces every `exactly one` that it states", () => {
    const stated = ownTypes(schema).filter(isInputObjectType).filter(saysExactlyOne);
    expect(stated.map(({ name }) => name)).toContain("ObserveTargetInput");
    expect(stated.filter(({ isOneOf }) => !isOneOf)).toEqual([]);
  });

  test("gives moments as DateTimeISO: what is in milliseconds since 1970 is deprecated, and has that beside it", () => {
    const moments = ownTypes(schema).flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields())
            .filter(({ description }) => /since 1970/.test(description ?? ""))
            .map(
              (field) =>
                [`${type.name}.${field.name}`, field, type.getFields()[field.name.replace(/Ms$/, "")]] as const,
            )
        : [],
    );
    const wrong = moments.filter(
      ([, { deprecationReason }, twin]) => deprecationReason == null || String(twin?.type) !== "DateTimeISO!",
    );
    expect(wrong.map(([place]) => place)).toEqual([]);
  });

  test("gives lists of objects as connections, or bounds them", () => {
    const lists = ownTypes(schema)
      .filter(isObjectType)
      .flatMap((type) =>
        Object.values(type.getFields())
          .filter((field) => isListType(getNullableType(field.type)) && !isLeafType(getNamedType(field.type)))
          .map((field) => `${type.name}.${field.name}`),
      );
    const isBounded = (place: string): boolean =>
      place.endsWith("Connection.edges") ||
      place in BOUNDED ||
      [BY_SIGNATURE, BY_LINKS, BY_KINDS].some((pattern) => pattern.test(place));
    expect(lists.filter((place) => !isBounded(place))).toEqual([]);
  });
});

test.each(SCHEMAS)("places in a log are Float in the schema of %s: Int ends at 2^31", (_what, schema) => {
  const places = ownTypes(schema)
    .flatMap(membersOf)
    .filter(([place]) => /\.seq$|Seq$/.test(place))
    .map(([place, member]) => [place, getNamedType((member as { type: GraphQLType }).type).toString()]);
  expect(places.length).toBeGreaterThan(4);
  expect(places.filter(([, of]) => of !== "Float")).toEqual([]);
});

test.each(SCHEMAS)(
  "whoever or whatever is told apart by an ID in the schema of %s is so everywhere",
  (_what, schema) => {
    const ids = ownTypes(schema)
      .flatMap(membersOf)
      .filter(([place]) => /\.(id|ids|entity|predictionId)$/.test(place))
      .map(([place, member]) => [place, getNamedType((member as { type: GraphQLType }).type).toString()]);
    expect(ids.length).toBeGreaterThan(4);
    expect(ids.filter(([, of]) => of !== "ID")).toEqual([]);
  },
);

test.each(SCHEMAS)(
  "every mutation of the schema of %s takes one input, so that it can take more later",
  (_what, schema) => {
    const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).filter(({ args }) => args.length > 0);
    const inputs = mutations.map(({ name, args }) => [name, args.map((arg) => `${arg.name}: ${String(arg.type)}`)]);
    expect(mutations.length).toBeGreaterThan(3);
    for (const [name, given] of inputs) expect([name, given]).toEqual([name, [expect.stringMatching(/^input: \w+!$/)]]);
  },
);

test("a field that nobody describes is found", () => {
  const schema = buildGraphqlSchema();
  const field = schema.getQueryType()?.getFields()["models"];
  if (field === undefined) throw new Error("no such field");
  field.description = undefined;
  describeTheRest(schema);
  expect(undescribed(schema)).toEqual(["Query.models"]);
});

test("no text is left of something that is no more, or says it itself", () => {
  const types = ownTypes(MAIN);
  const members = types.flatMap((type) => membersOf(type).map(([place, { description }]) => ({ place, description })));
  const at = (name: string, text: string): boolean =>
    members.some(({ place, description }) => place.endsWith(`.${name}`) && description === text);
  const isUsed = {
    NAMES: at,
    VALUES: at,
    PLACES: (place: string, text: string) => members.some((one) => one.place === place && one.description === text),
    TYPES: (name: string, text: string) => types.some((type) => type.name === name && type.description === text),
  };
  const unused = Object.entries(TEXTS).flatMap(([table, texts]) =>
    Object.entries(texts).filter(([key, text]) => !isUsed[table as keyof typeof TEXTS](key, text)),
  );
  expect(unused).toEqual([]);
});
