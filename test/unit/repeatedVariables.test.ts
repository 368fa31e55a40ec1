import { expect, test } from "@jest/globals";
import { RepeatedVariables } from "../../src/graphql/repeatedVariables.js";

const textOf = (i: number): string => JSON.stringify({ input: { values: [i, 2 * i, 3 * i] } });

function askedTwice(...texts: readonly string[]): RepeatedVariables {
  const variables = new RepeatedVariables();
  for (const text of texts) for (let i = 0; i < 2; i++) variables.note(text, JSON.parse(text));
  return variables;
}

test("what comes the second time has a place from then on, and what came once has none", () => {
  const variables = new RepeatedVariables();
  expect(variables.note(textOf(1), "first")).toBeUndefined();
  expect(variables.find(textOf(1))).toBeUndefined();
  const place = variables.note(textOf(1), "second");
  expect(place).toEqual({ variables: "second", coerced: undefined });
  expect(variables.find(textOf(1))).toBe(place);
});

test("each text finds its own, those that differ in one character too", () => {
  const text = textOf(123456);
  const variables = askedTwice(text);
  for (let i = 0; i < text.length; i++) {
    const other = `${text.slice(0, i)}\u00fc${text.slice(i + 1)}`;
    expect(variables.find(other)).toBeUndefined();
  }
  expect(variables.find(text)?.variables).toEqual(JSON.parse(text));
});

test("long texts have no place", () => {
  const text = JSON.stringify({ input: "x".repeat(600) });
  expect(askedTwice(text).find(text)).toBeUndefined();
});

test("of more texts than there are places the one that has been here longest goes", () => {
  const texts = Array.from({ length: 1025 }, (_, i) => textOf(i));
  const variables = askedTwice(...texts);
  const known = texts.filter((text) => variables.find(text) !== undefined);
  expect(known).toEqual(texts.slice(1));
});
