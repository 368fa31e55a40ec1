import { describe, expect, test } from "@jest/globals";
import { parse } from "graphql";
import { OPEN_ACCESS, SCOPES } from "../../src/domain/access.js";
import type { Access } from "../../src/domain/access.js";
import { RowBuckets } from "../../src/access/rowBuckets.js";
import { ACCESS_RULES } from "../../src/graphql/accessRules.js";
import { admissionOf } from "../../src/graphql/admission.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";

const SCHEMA = buildGraphqlSchema();

function rootFields(): string[] {
  const types = [SCHEMA.getQueryType(), SCHEMA.getMutationType(), SCHEMA.getSubscriptionType()];
  return types.flatMap((type) => Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`));
}

test.each(rootFields())("%s has an access rule", (field) => {
  expect(ACCESS_RULES[field]).toBeDefined();
});

test("no access rule is for a field that is not there", () => {
  const known = new Set(rootFields());
  const left = Object.keys(ACCESS_RULES).filter((field) => !field.includes(".__") && !known.has(field));
  expect(left).toEqual([]);
});

describe("an operation is admitted whole or not at all", () => {
  const limited = (rowsPerSecond: number, nowMs = () => 0): Access => ({
    ...OPEN_ACCESS,
    keyId: "k",
    limit: new RowBuckets(rowsPerSecond, nowMs),
  });
  const codeOf = (text: string, access: Access, variables: Record<string, unknown> = {}): string => {
    try {
      admissionOf(SCHEMA, parse(text), undefined)?.admit(access, variables);
      return "OK";
    } catch (error) {
      return String((error as { extensions: { code: unknown } }).extensions.code);
    }
  };
  const predict = (count: number, input = "values: [1]"): string =>
    Array.from({ length: count }, (_, i) => `p${i}: predict(input: { application: "a", input: { ${input} } })`)
      .map((field) => `${field} { __typename }`)
      .join("\n");

  test("a hundred aliases of predict are a hundred rows, and the next row is one too many", () => {
    const access = limited(100);
    expect(codeOf(`{ ${predict(100)} }`, access)).toBe("OK");
    expect(codeOf(`{ ${predict(1)} }`, access)).toBe("RATE_LIMITED");
  });

  test("a refused operation takes nothing", () => {
    const access = limited(100);
    expect(codeOf(`{ ${predict(60)} }`, access)).toBe("OK");
    expect(codeOf(`{ ${predict(41)} }`, access)).toBe("RATE_LIMITED");
    expect(codeOf(`{ ${predict(40)} }`, access)).toBe("OK");
  });

  test("more rows than ever fit at once are not worth waiting for", () => {
    expect(codeOf(`{ ${predict(101)} }`, limited(100))).toBe("QUERY_TOO_COMPLEX");
  });

  test("predictMany counts its inputs, whether they stand in the document or in a variable", () => {
    const many =
      'query ($inputs: [TensorInput!]!) { predictMany(input: { application: "a", inputs: $inputs }) { __typename } }';
    const inputs = (count: number) => ({ inputs: Array.from({ length: count }, () => ({ values: [1] })) });
    const access = limited(10);
    expect(codeOf(many, access, inputs(9))).toBe("OK");
    expect(codeOf(many, access, inputs(2))).toBe("RATE_LIMITED");
    const literal = "inputs: [{ values: [1] }, { values: [2] }]";
    expect(codeOf(`{ predictMany(input: { application: "a", ${literal} }) { __typename } }`, access)).toBe(
      "RATE_LIMITED",
    );
    expect(codeOf(many, access, inputs(1))).toBe("OK");
  });

  test("a document of more than 1,000 rows is refused before its first field, whoever asks", () => {
    const field = (name: string) => `${name}: observeMany(input: { observations: $all }) { __typename }`;
    const observe = `mutation ($all: [ObserveInput!]!) { ${field("a")} ${field("b")} }`;
    const all = (count: number) => ({ all: new Array(count).fill({ of: { receipt: "r" }, truth: { label: "a" } }) });
    for (const access of [OPEN_ACCESS, limited(2000)]) {
      expect(codeOf(observe, access, all(600))).toBe("QUERY_TOO_COMPLEX");
      expect(codeOf(observe, access, all(500))).toBe("OK");
    }
    const given = "query ($input: PredictManyInput!) { predictMany(input: $input) { __typename } }";
    const inputs = new Array(1001).fill({ values: [1] });
    expect(codeOf(given, OPEN_ACCESS, { input: { application: "a", inputs } })).toBe("QUERY_TOO_COMPLEX");
  });

  test("a variable that is not given counts as its default", () => {
    const list = "[{ values: [1] }, { values: [2] }]";
    const many = `query ($inputs: [TensorInput!]! = ${list}) { predictMany(input: { application: "a", inputs: $inputs }) { __typename } }`;
    const access = limited(3);
    expect(codeOf(many, access)).toBe("OK");
    expect(codeOf(many, access)).toBe("RATE_LIMITED");
    expect(codeOf(many, access, { inputs: [{ values: [1] }] })).toBe("OK");
  });

  test("fields of fragments count, once where they are merged", () => {
    const text = `{ ...F ... { ...F } ${predict(1)} } fragment F on Query { ${predict(1)} q: ${predict(1).slice(4)} }`;
    const access = limited(2);
    expect(codeOf(text, access)).toBe("OK");
    expect(codeOf(`{ ${predict(1)} }`, access)).toBe("RATE_LIMITED");
  });

  test("observations are counted apart, so that learning goes on", () => {
    const access = limited(1);
    const observe = 'mutation { observe(input: { of: { receipt: "r" }, truth: { label: "a" } }) { __typename } }';
    expect(codeOf(`{ ${predict(1)} }`, access)).toBe("OK");
    expect(codeOf(`{ ${predict(1)} }`, access)).toBe("RATE_LIMITED");
    expect(codeOf(observe, access)).toBe("OK");
    expect(codeOf(observe, access)).toBe("RATE_LIMITED");
    expect(codeOf("mutation { rotateReceiptKey(input: {}) { __typename } }", access)).toBe("OK");
  });

  test("variables that skip a field do not skip its check", () => {
    const access = { ...limited(10), scopes: new Set(SCOPES.filter((scope) => scope !== "ADMIN")) };
    const text = "query ($no: Boolean!) { applications { __typename } auditLog @include(if: $no) { __typename } }";
    expect(codeOf(text, access, { no: false })).toBe("FORBIDDEN");
    expect(codeOf("{ __schema { __typename } }", access)).toBe("FORBIDDEN");
    expect(codeOf("{ ... { __typename } }", { ...access, scopes: new Set() })).toBe("OK");
  });
});
