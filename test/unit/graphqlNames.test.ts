import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { graphqlNames, NO_ENUM_VALUES } from "../../src/graphql/graphqlNames.js";

describe("GraphQL names of texts", () => {
  test.each([
    ["names as they are", ["read", "Skip_2", "_x"], ["read", "Skip_2", "_x"]],
    ["integers", ["0", "10", "-1"], ["_0", "_10", "minus_1"]],
    ["words and signs", ["sea lion", "C++", "50 %", "a/b"], ["sea_lion", "C", "_50", "a_b"]],
    ["accents and other alphabets", ["café", "日本", "Ωmega"], ["cafe", "u65e5_u672c", "u3a9_mega"]],
    ["nothing", ["", " ", "?"], ["other", "other_2", "other_3"]],
    ["what is reserved", ["true", "null", "__typename"], ["_true", "_null", "typename"]],
  ])("%s", (_what, texts, names) => {
    expect(graphqlNames(texts, NO_ENUM_VALUES)).toEqual(names);
  });

  test("a text that is a name keeps it, wherever another comes to the same", () => {
    expect(graphqlNames(["a b", "a-b", "a_b", "a_b_2"])).toEqual(["a_b_3", "a_b_4", "a_b", "a_b_2"]);
  });

  test("names differ in more than case, since code generators write them alike", () => {
    expect(graphqlNames(["yes", "Yes", "YES", "yes!"])).toEqual(["yes", "Yes_2", "YES_3", "yes_4"]);
  });

  test("every list of different texts gets valid, different names, always the same", () => {
    const text = fc.oneof(fc.string({ unit: "binary", maxLength: 6 }), fc.constantFrom("a", "A", "a b", "a_b", "true"));
    fc.assert(
      fc.property(fc.uniqueArray(text, { maxLength: 30 }), (texts) => {
        const names = graphqlNames(texts, NO_ENUM_VALUES);
        for (const name of names) {
          expect(name).toMatch(/^(?!__)[_A-Za-z][_0-9A-Za-z]*$/);
          expect(NO_ENUM_VALUES.has(name)).toBe(false);
        }
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(texts.length);
        expect(graphqlNames(texts, NO_ENUM_VALUES)).toEqual(names);
      }),
    );
  });
});
