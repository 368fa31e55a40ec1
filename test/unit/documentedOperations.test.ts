import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { buildSchema, parse, validate } from "graphql";
import { askingIt } from "../../src/cli/modelReadme.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");

const SCHEMAS = [
  buildGraphqlSchema(),
  ...["digits", "reading"].map((name) => buildSchema(read(`schema/apps/${name}.graphql`))),
];
const PAGES: readonly (readonly [string, string])[] = [
  ["README.md", read("README.md")],
  ...readdirSync(new URL("docs", ROOT))
    .filter((name) => name.endsWith(".md"))
    .map((name) => [`docs/${name}`, read(`docs/${name}`)] as const),
  ["the README of a new wrapper", askingIt("mine")],
];

/** In the JSON of a command, in a program, or by themselves. */
function operationsOf(page: string): readonly string[] {
  const inJson = [...page.matchAll(/"query": ?("(?:[^"\\\n]|\\.)*")/g)].map(
    ([, text]) => JSON.parse(text as string) as string,
  );
  const inPrograms = [...page.matchAll(/const query = `([^`]*)`/g)].map(([, text]) => text as string);
  const alone = [...page.matchAll(/```graphql\n([^]*?)```/g)].map(([, text]) => text as string);
  return [...inJson, ...inPrograms, ...alone];
}

const OPERATIONS = PAGES.flatMap(([name, page]) => operationsOf(page).map((operation) => [name, operation] as const));

test.each(OPERATIONS)("%s shows an operation that the schema takes: %s", (_name, operation) => {
  const [main = [], ...others] = SCHEMAS.map((schema) => validate(schema, parse(operation)));
  // Those of one application are not the main schema's.
  if (!others.some((errors) => errors.length === 0)) expect(main.map(({ message }) => message)).toEqual([]);
});

test("operations are found in every page that has some", () => {
  expect(OPERATIONS.length).toBeGreaterThan(35);
  expect(new Set(OPERATIONS.map(([name]) => name)).size).toBeGreaterThan(8);
});
