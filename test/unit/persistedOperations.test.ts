import { expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { PersistedOperations } from "../../src/graphql/persistedOperations.js";

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex");
const named = (text: string, more: object = {}) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hashOf(text) } },
  ...more,
});
const codeOf = (act: () => unknown): unknown => {
  try {
    return act();
  } catch (error) {
    return (error as { extensions: { code: string } }).extensions.code;
  }
};

test("a text that came with its hash is known by it from then on", () => {
  const operations = new PersistedOperations();
  expect(codeOf(() => operations.withText(named("{ a }")))).toBe("PERSISTED_QUERY_NOT_FOUND");
  const variables = { x: 1 };
  expect(operations.withText(named("{ a }", { query: "{ a }", variables }))).toEqual({ query: "{ a }", variables });
  expect(operations.withText(named("{ a }", { variables }))).toEqual({ query: "{ a }", variables });
});

test("a hash that is another text's is refused, and nothing is kept under it", () => {
  const operations = new PersistedOperations();
  expect(codeOf(() => operations.withText(named("{ a }", { query: "{ b }" })))).toBe("BAD_INPUT");
  expect(codeOf(() => operations.withText(named("{ a }")))).toBe("PERSISTED_QUERY_NOT_FOUND");
});

test("what is neither named nor a text is left to the pipeline, as are other extensions", () => {
  const operations = new PersistedOperations();
  expect(operations.withText({ query: 7 })).toEqual({ query: 7 });
  const sent = { query: "{ a }", extensions: { trace: true } };
  expect(operations.withText(sent)).toBe(sent);
  expect(operations.withText(named("{ a }", { query: "{ a }" }))).toEqual({ query: "{ a }" });
});

test.each([
  ["another version", { version: 2, sha256Hash: "x" }],
  ["no hash", { version: 1 }],
])("%s of the extension is refused", (_what, persistedQuery) => {
  expect(codeOf(() => new PersistedOperations().withText({ extensions: { persistedQuery } }))).toBe("BAD_INPUT");
});

test("at most a thousand texts are kept, and the least recently used goes first", () => {
  const operations = new PersistedOperations();
  const text = (i: number): string => `{ a${i} }`;
  for (let i = 0; i < 1000; i++) operations.withText(named(text(i), { query: text(i) }));
  operations.withText(named(text(0)));
  operations.withText(named(text(1000), { query: text(1000) }));
  expect(operations.withText(named(text(0)))).toEqual({ query: text(0) });
  expect(codeOf(() => operations.withText(named(text(1))))).toBe("PERSISTED_QUERY_NOT_FOUND");
  expect(operations.withText(named(text(2)))).toEqual({ query: text(2) });
});

test("at most four million characters are kept", () => {
  const operations = new PersistedOperations();
  const text = (i: number): string => `{ a${i} }`.padEnd(2 ** 20);
  for (let i = 0; i < 5; i++) operations.withText(named(text(i), { query: text(i) }));
  const known = [0, 1, 2, 3, 4].filter(
    (i) => codeOf(() => operations.withText(named(text(i)))) !== "PERSISTED_QUERY_NOT_FOUND",
  );
  expect(known).toEqual([1, 2, 3, 4]);
});

test("with a list only its operations are answered, by id or by their exact text", () => {
  const operations = new PersistedOperations(new Map([["first", "{ a }"]]));
  expect(operations.withText({ documentId: "first" })).toEqual({ query: "{ a }" });
  expect(operations.withText({ query: "{ a }" })).toEqual({ query: "{ a }" });
  expect(codeOf(() => operations.withText({ documentId: "second" }))).toBe("PERSISTED_QUERY_NOT_FOUND");
  expect(codeOf(() => operations.withText({ query: "{ a  }" }))).toBe("FORBIDDEN");
  expect(codeOf(() => operations.withText(named("{ b }", { query: "{ b }" })))).toBe("FORBIDDEN");
  expect(codeOf(() => operations.withText(named("{ b }")))).toBe("PERSISTED_QUERY_NOT_FOUND");
});
