import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { BodyFrames } from "../../src/graphql/bodyFrames.js";

const QUERY = 'query Q($a: Int, $b: String) { f(a: $a, b: $b, c: "variables") }';
const plain = (variables: unknown): string => JSON.stringify({ query: QUERY, variables });

/** As clients write bodies: names in different orders, with blanks or without. */
const WRITERS: readonly ((variables: string) => string)[] = [
  (variables) => `{"query":${JSON.stringify(QUERY)},"variables":${variables}}`,
  (variables) => `{"operationName":"Q","variables":${variables},"query":${JSON.stringify(QUERY)}}`,
  (variables) => `{"operationName":null,"query":${JSON.stringify(QUERY)},"variables":${variables}}`,
  (variables) => `{"query": ${JSON.stringify(QUERY)}, "variables": ${variables}}`,
  (variables) => `{"variables": ${variables}, "query": ${JSON.stringify(QUERY)}}`,
];

function remembering(...texts: readonly string[]): BodyFrames {
  const frames = new BodyFrames();
  for (const text of texts) frames.remember(text);
  return frames;
}

describe("a body that is framed as one before it", () => {
  test("is what JSON.parse makes of it, whatever the variables", () => {
    const frames = remembering(...WRITERS.map((write) => write('{"a":1}')));
    fc.assert(
      fc.property(fc.constantFrom(...WRITERS), fc.jsonValue(), (write, variables) => {
        const text = write(JSON.stringify(variables));
        expect(frames.parse(text)?.sent).toEqual(JSON.parse(text));
      }),
    );
  });

  test("gives the operation as one and the same text", () => {
    const frames = remembering(plain({ a: 1 }));
    const [one, other] = [frames.parse(plain({ a: 2 }))?.sent, frames.parse(plain({ a: 3 }))?.sent];
    expect(one).toEqual({ query: QUERY, variables: { a: 2 } });
    expect(Object.is(one?.["query"], other?.["query"])).toBe(true);
  });
});

describe("left to JSON.parse is", () => {
  const frames = remembering(plain({ a: 1 }), WRITERS[1]?.('{"a":1}') ?? "");
  const begin = plain(0).slice(0, -2);

  test.each([
    ["a body with more behind the variables", `${begin}{"a":1},"operationName":"R"}`],
    ["a body with the variables twice", `${begin}{"a":1},"variables":{"a":2}}`],
    ["a body with another operation at its end", `${begin}{"a":1},"query":"{ g }"}`],
    ["another operation", plain({ a: 1 }).replace("f(", "g(")],
    ["a body that ends early", `${begin}{"a":1`],
    ["a body without variables", `${begin}}`],
    ["a body with text behind its end", `${begin}{"a":1}}]`],
    ["nothing", ""],
  ])("%s", (_what, text) => {
    expect(frames.parse(text)).toBeUndefined();
  });

  test.each([
    ["says more", '{"query":"{ f }","extensions":{},"variables":{}}'],
    ["names variables elsewhere", '{"query":"{ f }","extensions":{"variables":{}}}'],
    ["has a name that ends like it", '{"query":"{ f }","my\\"variables":{}}'],
    ["has no operation", '{"operationName":"Q","variables":{}}'],
    ["is very long", JSON.stringify({ query: `{ f } #${"x".repeat(20_000)}`, variables: {} })],
    ["is no JSON", '{"query":"{ f }","variables":{]}'],
  ])("the next body like one that %s", (_what, text) => {
    expect(remembering(text).parse(text)).toBeUndefined();
  });
});

test("keeps the sixteen frames that were asked for last", () => {
  const body = (i: number): string => JSON.stringify({ query: `{ f${i} }`, variables: {} });
  const frames = remembering(...Array.from({ length: 16 }, (_, i) => body(i)));
  expect(frames.parse(body(0))?.sent).toEqual({ query: "{ f0 }", variables: {} });
  frames.remember(body(16));
  const known = Array.from({ length: 17 }, (_, i) => i).filter((i) => frames.parse(body(i)) !== undefined);
  expect(known).toEqual([0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
});
