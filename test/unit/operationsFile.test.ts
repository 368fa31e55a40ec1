import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildSchema } from "graphql";
import { readOperations } from "../../src/graphql/operationsFile.js";

const MAIN = buildSchema("type Query { all: Int }");
const DIGITS = buildSchema("type Query { predict(digit: Int): Int }");
const schemaOf = (name: string) => (name === "digits" ? DIGITS : undefined);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "skysail-operations-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: unknown) {
  const path = join(folder, "operations.json");
  await writeFile(path, JSON.stringify(content));
  return readOperations(path, MAIN, schemaOf);
}

test("a list without addresses is of /graphql, and no application's", async () => {
  const { main, of } = await read({ one: "{ all }" });
  expect([...main]).toEqual([["one", "{ all }"]]);
  expect([...of("digits")]).toEqual([]);
});

test("each address has the list that is given for it, in either form, and no other one", async () => {
  const operations = [{ id: "p", body: "{ predict(digit: 1) }" }];
  const { main, of } = await read({
    "/graphql": { one: "{ all }" },
    "/graphql/apps/digits": { format: "apollo-persisted-query-manifest", operations },
    "/graphql/apps/later": { l: "{ whatever }" },
  });
  expect([...main]).toEqual([["one", "{ all }"]]);
  expect([...of("digits")]).toEqual([["p", "{ predict(digit: 1) }"]]);
  expect([...of("later")]).toEqual([["l", "{ whatever }"]]);
  expect([...of("other")]).toEqual([]);
});

test.each([
  [
    "that its application's schema refuses",
    { "/graphql/apps/digits": { p: "{ all }" } },
    /apps\/digits: operation p: .*"all"/,
  ],
  ["that no schema could take", { "/graphql/apps/later": { l: "{" } }, /apps\/later: operation l: Syntax Error/],
  ["that is only an application's", { p: "{ predict(digit: 1) }" }, /operation p: .*"predict"/],
])("an operation %s is refused by its name", async (_what, content, message) => {
  await expect(read(content)).rejects.toThrow(message);
});
