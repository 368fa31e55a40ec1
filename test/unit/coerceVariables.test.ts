import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { buildSchema, getVariableValues, parse } from "graphql";
import type { OperationDefinitionNode } from "graphql";
import { quickenInputFields, variableCoercion } from "../../src/graphql/coerceVariables.js";

const SDL = `
  enum Size { SMALL LARGE }
  input One @oneOf { text: String numbers: [Float!] }
  input Given { name: String! size: Size = SMALL one: One many: [One!] inner: Given }
  type Query { ask(given: Given, count: Int, sizes: [Size!]): String }
`;
const plain = buildSchema(SDL);
const quick = buildSchema(SDL);
quickenInputFields(quick);

function operation(variables: string): OperationDefinitionNode {
  return parse(`query (${variables}) { __typename }`).definitions[0] as OperationDefinitionNode;
}

const OPERATIONS = ["$given: Given", "$given: Given!", "$given: Given!, $count: Int = 3", "$sizes: [Size!]!"].map(
  operation,
);

const leaf = fc.oneof(
  fc.constantFrom<unknown>("SMALL", "LARGE", "text", 1, 2.5, null, true, undefined, "", 2 ** 40),
  fc.array(fc.double({ noNaN: true }), { maxLength: 3 }),
);
const names = fc.constantFrom(
  ...["name", "size", "one", "many", "inner", "text", "numbers", "constructor", "toString", "__proto__"],
);
/** As JSON gives them: `__proto__` is a name like any other. */
const { object } = fc.letrec<{ object: unknown; value: unknown }>((tie) => ({
  object: fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }).map((entries) => parsed(entries)),
  value: fc.oneof({ maxDepth: 3 }, leaf, tie("object"), fc.array(tie("object"), { maxLength: 2 })),
}));
const raw = fc.record({ given: object, count: leaf, sizes: leaf }, { requiredKeys: [] });

function parsed(entries: readonly (readonly [string, unknown])[]): unknown {
  return JSON.parse(
    `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value) ?? "0"}`).join()}}`,
  );
}

test("variables are coerced, or do not fit, as graphql-js has it", () => {
  const coercions = OPERATIONS.map((each) => variableCoercion(quick, each));
  let fitted = 0;
  fc.assert(
    fc.property(raw, (values) => {
      OPERATIONS.forEach(({ variableDefinitions = [] }, i) => {
        const { coerced } = getVariableValues(plain, variableDefinitions, values);
        expect(coercions[i]?.(values)).toEqual(coerced);
        if (coerced !== undefined) fitted += 1;
      });
    }),
    { numRuns: 400 },
  );
  // Of both there were enough to compare.
  expect(fitted).toBeGreaterThan(100);
  expect(fitted).toBeLessThan(1400);
});

test("a variable that was not given has its default, and is missed where it has none", () => {
  const coerce = variableCoercion(quick, operation("$given: Given!, $count: Int = 3"));
  expect(coerce({ given: { name: "a" } })).toEqual({ given: { name: "a", size: "SMALL" }, count: 3 });
  expect(coerce({ count: 1 })).toBeUndefined();
});

test("no name is a field's that is only every object's", () => {
  const coerce = variableCoercion(quick, operation("$given: Given!"));
  for (const name of ["constructor", "toString", "hasOwnProperty", "__proto__"]) {
    expect(coerce(JSON.parse(`{"given":{"name":"a","${name}":{}}}`) as Record<string, unknown>)).toBeUndefined();
  }
});

test("an input that is one of several things is exactly one, and not null", () => {
  const coerce = variableCoercion(quick, operation("$given: Given!"));
  const given = (one: unknown) => ({ given: { name: "a", one } });
  for (const one of [{}, { text: null }, { text: "a", numbers: null }, { text: "a", numbers: [1] }]) {
    expect(coerce(given(one))).toBeUndefined();
  }
  expect(coerce(given({ numbers: 1 }))).toEqual({ given: { name: "a", size: "SMALL", one: { numbers: [1] } } });
});
