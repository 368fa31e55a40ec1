import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { getIntrospectionQuery, GraphQLError, parse } from "graphql";
import { DOCUMENT_LIMITS, parseWithinLimits } from "../../src/graphql/documentLimits.js";

const repeat = (count: number, text: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");
const nested = (levels: number) => "{ a ".repeat(levels) + "}".repeat(levels);

/** What is thrown, in short. */
function refusal(text: string): { code: unknown; message: string } | undefined {
  try {
    parseWithinLimits(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { code: error.extensions["code"], message: error.message };
  }
}

/** Fragments that each spread the next twice: 2^levels fields. */
const bomb = (levels: number, leaf = "a") =>
  `{ ...F0 } ${repeat(levels, (i) => `fragment F${i} on Q { x${i} { ...F${i + 1} } ...F${i + 1} }`)} fragment F${levels} on Q { ${leaf} }`;

/** Whichever comes first: the limit of tokens or the end of the stack. */
const DEEPER = "levels of nesting: too many to parse, limit 15|tokens: more, limit 4000";

const numbers = (count: number) => `[${repeat(count, (i) => (i % 2 === 0 ? "1" : "0.5"))}]`;
const LITERAL = "numbers in a literal list: 65, limit 64: send the list as a variable";

describe("document limits", () => {
  test.each<[string, string, string]>([
    ["5,000 levels", nested(5000), DEEPER],
    ["16 levels", nested(16), "levels of nesting: 16, limit 15"],
    [
      "16 levels through inline fragments",
      "{ ... { a ".repeat(16) + "}}".repeat(16),
      "levels of nesting: 16, limit 15",
    ],
    [
      "16 levels through fragments",
      `{ ...F0 } ${repeat(16, (i) => `fragment F${i} on Q { a { ...F${i + 1} } }`)} fragment F16 on Q { b }`,
      "levels of nesting: 17",
    ],
    ["5,000 levels of a literal list", `{ a(x: ${"[".repeat(5000)}${"]".repeat(5000)}) }`, DEEPER],
    ["10,000 fields", `{ ${repeat(10_000, () => "a")} }`, "tokens: more"],
    ["101 root fields", `{ ${repeat(101, () => "a")} }`, "root fields: 101, limit 100"],
    [
      "101 root fields through fragments",
      `{ ...F ...F ... { a } } fragment F on Q { ${repeat(50, () => "a")} }`,
      "root fields: 101, limit 100",
    ],
    ["2,001 fields below", `{ a { ${repeat(2000, () => "b")} } }`, "fields: 2001, limit 2000"],
    ["101 aliases", `{ r { ${repeat(101, (i) => `a${i}: b`)} } }`, "aliases: 101, limit 100"],
    ["101 aliases of __typename", `{ r { ${repeat(101, (i) => `a${i}: __typename`)} } }`, "aliases: 101, limit 100"],
    [
      "102 aliases through fragments",
      `{ r { ...F ...F } } fragment F on R { ${repeat(51, (i) => `a${i}: b`)} }`,
      "aliases: 102, limit 100",
    ],
    ["6 directives on a field", `{ a ${repeat(6, () => "@include(if: true)")} }`, "directives on a field: 6, limit 5"],
    [
      "6 directives on a spread",
      `{ ...F ${repeat(6, () => "@x")} } fragment F on Q { a }`,
      "directives on a field: 6, limit 5",
    ],
    [
      "6 directives on an inline fragment",
      `{ ... ${repeat(6, () => "@x")} { a } }`,
      "directives on a field: 6, limit 5",
    ],
    ["65 numbers in a literal list", `{ a(x: ${numbers(65)}) }`, LITERAL],
    ["65 numbers within lists and objects", `{ a { b(x: { y: [[1], ${numbers(65)}] }) } }`, LITERAL],
    ["65 numbers in a fragment", `{ ...F } fragment F on Q { a(x: ${numbers(65)}) }`, LITERAL],
    ["65 numbers as a variable's default", `query ($x: [Int] = ${numbers(65)}) { a(x: $x) }`, LITERAL],
    ["65 numbers for a directive", `{ a @x(y: ${numbers(65)}) }`, LITERAL],
    ["65 numbers for the operation's directive", `query @x(y: ${numbers(65)}) { a }`, LITERAL],
    ["one field 202 times", `{ a { ${repeat(202, () => "b { c }")} } }`, "pairs of equal fields: 40602, limit 20000"],
    [
      "one field 300 times in 30 fields of one name",
      `{ ${repeat(30, () => `a { ${repeat(10, () => "b")} }`)} }`,
      "pairs of equal fields: 45285, limit 20000",
    ],
    [
      "one place with 202 fragments",
      `{ ${repeat(202, (i) => `...F${i}`)} } ${repeat(202, (i) => `fragment F${i} on Q { a${i % 90} }`)}`,
      "root fields|pairs of equal fields",
    ],
    [
      "one field 202 times where no operation comes",
      `{ a } fragment F on Q { ${repeat(202, () => "b")} }`,
      "pairs of equal fields: 20301, limit 20000",
    ],
    ["5,000 directives", `{ a ${repeat(5000, () => "@x")} }`, "tokens: more"],
    ["5,000 directives on the operation", `query ${repeat(5000, () => "@x")} { a }`, "tokens: more"],
    ["a fragment bomb of 2^10", bomb(10), "fields: 2047, limit 2000"],
    [
      "a fragment bomb of 2^14 below a field",
      bomb(14).replace("{ ...F0 }", "{ r { ...F0 } }"),
      "levels of nesting: 16",
    ],
    [
      "a flat fragment bomb",
      `{ r { ...A } } fragment A on Q { ${repeat(9, () => "...B")} } fragment B on Q { ${repeat(9, () => "...C")} } fragment C on Q { ${repeat(30, () => "c")} }`,
      "fields: 2431, limit 2000",
    ],
    [
      "a fragment that contains itself",
      "{ ...A } fragment A on Q { a { ...A } }",
      "endless: fragment A contains itself",
    ],
    [
      "a fragment that contains itself at once",
      "{ ...A } fragment A on Q { ...A }",
      "endless: fragment A contains itself",
    ],
    [
      "a cycle of three fragments",
      "{ r { ...A } } fragment A on Q { ...B } fragment B on Q { b { ...C } } fragment C on Q { ... { ...A } }",
      "endless: fragment A contains itself",
    ],
    [
      "a cycle of fragments that no operation spreads",
      "{ r } fragment A on Q { ...B } fragment B on Q { b ...A }",
      "endless: fragment A contains itself",
    ],
    [
      "a fragment bomb that no operation spreads",
      bomb(12, "x").replace("{ ...F0 }", "{ r }"),
      "fields: 2047|fields: 4095|fields: 8191",
    ],
    [
      "16 levels in a fragment that no operation spreads",
      `{ r } fragment A on Q ${nested(16)}`,
      "levels of nesting: 16",
    ],
    ["a second operation beyond them", `query A { a } query B ${nested(16)}`, "levels of nesting: 16"],
    ["a mutation beyond them", `mutation { ${repeat(101, () => "a")} }`, "root fields: 101"],
    ["64 KiB and a byte", `{ a } #${" ".repeat(64 * 1024 - 6)}`, "bytes of text: 65537, limit 65536"],
    ["64 KiB in fewer characters", `{ a } #${"é".repeat(33_000)}`, "bytes of text: 66007, limit 65536"],
    ["a megabyte of nothing", " ".repeat(1_000_000), "bytes of text: 1000000"],
  ])("refuse %s as QUERY_TOO_COMPLEX, with the figure", (_, text, figures) => {
    expect(refusal(text)).toEqual({ code: "QUERY_TOO_COMPLEX", message: expect.stringMatching(figures) as unknown });
  });

  test.each([
    ["15 levels", nested(15)],
    ["100 root fields with an alias each", `{ ${repeat(100, (i) => `a${i}: b`)} }`],
    ["2,000 fields", `{ a { ${repeat(1999, (i) => `b${i % 100}`)} } }`],
    ["one field 200 times", `{ a { ${repeat(200, () => "b")} } }`],
    ["5 directives on a field", `{ a ${repeat(5, () => "@include(if: true)")} }`],
    ["64 numbers in a literal list", `{ a(x: ${numbers(64)}) }`],
    ["65 texts in a literal list", `{ a(x: [${repeat(65, () => '"t"')}]) }`],
    ["64 KiB", `{ a } #${" ".repeat(64 * 1024 - 7)}`],
    ["a fragment used often", `{ ${repeat(50, (i) => `a${i} { ...F }`)} } fragment F on Q { b c d }`],
    ["the standard introspection query", getIntrospectionQuery()],
    [
      "the introspection query with all that can be asked for",
      getIntrospectionQuery({
        descriptions: true,
        directiveIsRepeatable: true,
        inputValueDeprecation: true,
        oneOf: true,
        schemaDescription: true,
        specifiedByUrl: true,
      }),
    ],
    ["an unknown fragment, which validation names", "{ ...Nobody }"],
  ])("let %s pass, as graphql-js parses it", (_, text) => {
    expect(parseWithinLimits(text).definitions.map(({ kind }) => kind)).toEqual(
      parse(text).definitions.map(({ kind }) => kind),
    );
  });

  test.each(["", "{", "{ a(x: ) }", "query { a } }", "\ud800", '{ a(x: "', "{ a(x: 1e) }"])(
    "refuse %j, which is no GraphQL, as BAD_INPUT",
    (text) => {
      expect(refusal(text)).toMatchObject({
        code: "BAD_INPUT",
        message: expect.stringContaining("Syntax Error") as unknown,
      });
    },
  );

  test.each([
    ["a field", "subscription { a @skip(if: true) }"],
    ["a field by a variable", "subscription ($x: Boolean!) { a @include(if: $x) }"],
    ["an inline fragment", "subscription { ... @include(if: false) { a } }"],
    ["a fragment", "subscription { ...F @skip(if: true) } fragment F on S { a }"],
    ["a field of a fragment", "subscription S { ...F } query Q { a } fragment F on S { ... { a @skip(if: true) } }"],
  ])("go with no condition at a subscription's root: of %s", (_, text) => {
    expect(refusal(text)).toEqual({
      code: "BAD_INPUT",
      message: expect.stringContaining("at the root of a subscription") as unknown,
    });
    expect(refusal(text.replace("subscription", "query"))).toBeUndefined();
    expect(refusal("subscription { a { b @skip(if: true) } }")).toBeUndefined();
  });

  test("either pass a document or refuse it with a code, whatever it is", () => {
    const word = fc.constantFrom(
      "{",
      "}",
      "a",
      "b:",
      "...",
      "... on Q",
      "fragment",
      "on",
      "Q",
      "query",
      "(",
      ")",
      "[",
      "]",
      "$x",
      "@d",
      '"',
      "1",
      "F",
      ":",
      "=",
      "!",
      "...F",
      "#\n",
    );
    const outcomes = new Set<unknown>();
    fc.assert(
      fc.property(fc.array(word, { maxLength: 60 }), (words) => {
        outcomes.add(refusal(words.join(" "))?.code);
        outcomes.add(refusal(`{ a ${words.slice(0, 2).join(" ")} } fragment F on Q { a }`)?.code);
        outcomes.add(refusal(`{ a } fragment F on Q { a ...F ${words.slice(0, 2).join(" ")} }`)?.code);
      }),
      { numRuns: 3000 },
    );
    expect(outcomes).toEqual(new Set([undefined, "BAD_INPUT", "QUERY_TOO_COMPLEX"]));
  });

  test("measure each fragment once, so that a bomb costs no more than its text", () => {
    expect(refusal(bomb(400))).toMatchObject({ code: "QUERY_TOO_COMPLEX" });
    expect(DOCUMENT_LIMITS.tokens).toBe(4000);
  });
});
