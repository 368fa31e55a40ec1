import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { ACCEPTED_CHANGES, unacceptedChanges } from "../../src/cli/schemaChanges.js";

const DIGITS = "schema/apps/digits.graphql";
const sdl = readFileSync(DIGITS, "utf8");
const changed = (from: string | RegExp, to: string): string => {
  const now = sdl.replace(from, to);
  if (now === sdl) throw new Error(`the schema has no ${from}`);
  return now;
};

test.each([
  ["a label that is gone", changed(/\n {2}_9\n/g, "\n  nine\n"), "_9 was removed from enum type Label."],
  ["a tensor of another kind", changed("pixels: Float1D!", "pixels: [Int!]!"), "Input.pixels changed type from Float1D! to [Int!]!."], // prettier-ignore
  ["a tensor more", changed("pixels: Float1D!", "pixels: Float1D!\n  age: Float!"), "A required field age on input type Input was added."], // prettier-ignore
  ["a field that is gone", changed("confidence: Float", "doubt: Float"), "Prediction.confidence was removed."],
])("%s breaks clients", (_what, now, change) => {
  expect(unacceptedChanges(DIGITS, sdl, now, [])).toContain(change);
});

test.each([
  ["nothing", sdl],
  ["a description", changed("One input", "An input")],
  ["a field more", changed("  confidence: Float\n", "  confidence: Float\n  mood: String\n")],
  ["a label more", changed("enum Label {", 'enum Label {\n  "The label."\n  _10\n')],
])("%s breaks no client", (_what, now) => {
  expect(unacceptedChanges(DIGITS, sdl, now, [])).toEqual([]);
});

test("a schema that is gone breaks clients, one that is new does not", () => {
  expect(unacceptedChanges(DIGITS, sdl, undefined, [])).toEqual(["the schema was removed"]);
  expect(unacceptedChanges(DIGITS, undefined, sdl, [])).toEqual([]);
});

test("what was accepted of one schema with a reason passes, in that one alone", () => {
  const now = changed("confidence: Float", "doubt: Float");
  const accepted = [{ schema: DIGITS, change: "Prediction.confidence was removed.", why: "a test" }];
  expect(unacceptedChanges(DIGITS, sdl, now, accepted)).toEqual([]);
  expect(unacceptedChanges("schema/apps/other.graphql", sdl, now, accepted)).toHaveLength(1);
});

test("every accepted change has its reason", () => {
  ACCEPTED_CHANGES.parse(JSON.parse(readFileSync("schema/accepted-changes.json", "utf8")));
});
