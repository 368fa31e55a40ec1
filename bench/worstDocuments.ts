import { DOCUMENT_LIMITS } from "../src/graphql/documentLimits.js";

const MODELS = "applications { edges { node {";
const repeat = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join(" ");
const FIELDS = ["name", "sloMs", "description", "revision", "__typename", "policyVersion"];
/** So many fields with a field below each, or fragments, have no more pairs than documents may have. */
const NESTED = Math.floor(Math.sqrt(DOCUMENT_LIMITS.mergedPairs));
const FRAGMENTS = Math.floor(Math.sqrt(DOCUMENT_LIMITS.mergedPairs / 0.75)) - 3;
const WITH_FIELDS = Math.floor(Math.sqrt(DOCUMENT_LIMITS.mergedPairs / 1.5)) - 5;
const INLINE = 80 * FIELDS.length;

/** Documents that go to a limit, each in another way, and that parsing or validation works on for long. */
export const WORST_DOCUMENTS: Readonly<Record<string, string>> = {
  "a field many times": `{ ${MODELS} ${repeat(NESTED, () => "policyVersions { version }")} } } } }`,
  "a field with arguments many times": `{ ${MODELS} ${repeat(NESTED, () => "policyVersionConnection(first: 1) { __typename }")} } } } }`,
  "conflicting fields": `{ ${MODELS} ${repeat(NESTED, (i) => `policyVersionConnection(first: ${i}) { __typename }`)} } } } }`,
  "fragments at one place": `{ ${MODELS} ${repeat(FRAGMENTS, (i) => `...F${i}`)} } } } } ${repeat(FRAGMENTS, (i) => `fragment F${i} on Application { ${i % 2 === 0 ? "name" : "sloMs"} }`)}`,
  "fields beside fragments": `{ ${MODELS} name sloMs description ${repeat(WITH_FIELDS, (i) => `...F${i}`)} } } } } ${repeat(WITH_FIELDS, (i) => `fragment F${i} on Application { name sloMs }`)}`,
  "inline fragments": `{ ${MODELS} ${repeat(INLINE, (i) => `... on Application { ${FIELDS[i % FIELDS.length]} }`)} } } } }`,
  "many operations": repeat(780, (i) => `query Q${i} { __typename }`),
  "operations that share fragments": `${repeat(4, (i) => `query Q${i} { ...F0 }`)} ${repeat(99, (i) => `fragment F${i} on Query { ...F${i + 1} }`)} fragment F99 on Query { __typename }`,
  "variables that nothing uses": `query (${repeat(900, (i) => `$v${i}: Int`)}) { __typename }`,
  "long names that do not exist": `{ ${repeat(95, (i) => `${"x".repeat(600)}${i}`)} }`,
  "arguments that do not exist": `{ predict(${repeat(900, (i) => `arg${i}: 1`)}) { __typename } }`,
  "literal inputs": `{ predictMany(input: { application: "x", inputs: [${repeat(500, () => "{ values: [1] }")}] }) { __typename } }`,
  "aliases of predict": `{ ${repeat(DOCUMENT_LIMITS.aliases, (i) => `a${i}: predict(input: { application: "x", input: { values: [1] } }) { __typename }`)} }`,
  "nested lists": `{ predict(input: { application: "x", input: { values: ${"[".repeat(1900)}1${"]".repeat(1900)} } }) { __typename } }`,
  "a block string": `{ application(name: """${"\n  x".repeat(16_000)}""") { name } }`,
  comments: `${"#x\n".repeat(21_000)}{ __typename }`,
};
