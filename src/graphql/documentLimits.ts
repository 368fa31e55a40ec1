import { GraphQLError, Kind, parse } from "graphql";
import type { DirectiveNode, DocumentNode, FragmentDefinitionNode, SelectionSetNode, ValueNode } from "graphql";
import { mergedPairs } from "./mergedPairs.js";
import { requireUnconditionalSubscriptions } from "./unconditionalSubscription.js";

/** What one document may ask for. Checked before validation, whose cost grows with all of these. */
export const DOCUMENT_LIMITS = {
  bytes: 64 * 1024,
  tokens: 4000,
  depth: 15,
  /** With every fragment counted where it is spread. */
  fields: 2000,
  rootFields: 100,
  aliases: 100,
  directivesPerField: 5,
  /** In one list of the text: they are parsed into syntax nodes one by one, at many times the cost of JSON variables. */
  literalNumbers: 64,
  /** Of fields, or fragments, with one place in the answer: validation compares each of them with each. */
  mergedPairs: 20_000,
  /** What all its fields together ask to be predicted, observed or activated: known only when the variables are. */
  rows: 1000,
} as const;

/** Parses a document within the limits, or throws a GraphQLError with code QUERY_TOO_COMPLEX or BAD_INPUT. */
export function parseWithinLimits(text: string): DocumentNode {
  // A string has at least as many bytes as UTF-16 units, so most long texts are refused without being measured.
  if (text.length > DOCUMENT_LIMITS.bytes || Buffer.byteLength(text) > DOCUMENT_LIMITS.bytes) {
    throw tooComplex("bytes of text", Buffer.byteLength(text), DOCUMENT_LIMITS.bytes);
  }
  const document = parseBounded(text);
  checkDocument(document);
  return document;
}

function parseBounded(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: DOCUMENT_LIMITS.tokens });
  } catch (error) {
    if (error instanceof RangeError) throw tooComplex("levels of nesting", "too many to parse", DOCUMENT_LIMITS.depth);
    if (error instanceof GraphQLError && /more (than|that) \d+ tokens/.test(error.message)) {
      throw tooComplex("tokens", "more", DOCUMENT_LIMITS.tokens);
    }
    if (error instanceof GraphQLError) {
      throw new GraphQLError(error.message, { ...positionOf(error), extensions: { code: "BAD_INPUT" } });
    }
    throw error;
  }
}

function positionOf(error: GraphQLError) {
  return { source: error.source ?? null, positions: error.positions ?? null };
}

interface Extent {
  readonly depth: number;
  readonly fields: number;
  readonly aliases: number;
  readonly rootFields: number;
}

/** Totals with every fragment spread counted where it stands, each fragment measured once. */
function checkDocument(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const measured = new Map<string, Extent | "MEASURING">();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    checkDirectives(definition.directives);
    for (const { defaultValue, directives } of definition.variableDefinitions ?? []) {
      if (defaultValue !== undefined) checkLiteral(defaultValue);
      checkDirectives(directives);
    }
    const extent = measure(definition.selectionSet, fragments, measured);
    checkExtent(extent);
    if (extent.rootFields > DOCUMENT_LIMITS.rootFields) {
      throw tooComplex("root fields", extent.rootFields, DOCUMENT_LIMITS.rootFields);
    }
  }
  // Validation also walks the fragments that no operation spreads.
  for (const name of fragments.keys()) checkExtent(measureFragment(name, fragments, measured));
  const pairs = mergedPairs(document, fragments);
  if (pairs > DOCUMENT_LIMITS.mergedPairs)
    throw tooComplex("pairs of equal fields", pairs, DOCUMENT_LIMITS.mergedPairs);
  requireUnconditionalSubscriptions(document, fragments);
}

function checkExtent({ depth, fields, aliases }: Extent): void {
  if (depth > DOCUMENT_LIMITS.depth) throw tooComplex("levels of nesting", depth, DOCUMENT_LIMITS.depth);
  if (fields > DOCUMENT_LIMITS.fields) throw tooComplex("fields", fields, DOCUMENT_LIMITS.fields);
  if (aliases > DOCUMENT_LIMITS.aliases) throw tooComplex("aliases", aliases, DOCUMENT_LIMITS.aliases);
}

function measure(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  measured: Map<string, Extent | "MEASURING">,
): Extent {
  let depth = 0;
  let fields = 0;
  let aliases = 0;
  let rootFields = 0;
  for (const selection of set.selections) {
    const directives = selection.directives?.length ?? 0;
    if (directives > DOCUMENT_LIMITS.directivesPerField) {
      throw tooComplex("directives on a field", directives, DOCUMENT_LIMITS.directivesPerField);
    }
    checkDirectives(selection.directives);
    if (selection.kind === Kind.FIELD) {
      for (const { value } of selection.arguments ?? []) checkLiteral(value);
      const below = selection.selectionSet && measure(selection.selectionSet, fragments, measured);
      depth = Math.max(depth, 1 + (below?.depth ?? 0));
      fields += 1 + (below?.fields ?? 0);
      aliases += (selection.alias === undefined ? 0 : 1) + (below?.aliases ?? 0);
      rootFields += 1;
      continue;
    }
    const spread =
      selection.kind === Kind.INLINE_FRAGMENT
        ? measure(selection.selectionSet, fragments, measured)
        : measureFragment(selection.name.value, fragments, measured);
    depth = Math.max(depth, spread.depth);
    fields += spread.fields;
    aliases += spread.aliases;
    rootFields += spread.rootFields;
  }
  return { depth, fields, aliases, rootFields };
}

function measureFragment(
  name: string,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  measured: Map<string, Extent | "MEASURING">,
): Extent {
  const known = measured.get(name);
  if (known === "MEASURING")
    throw tooComplex("levels of nesting", `endless: fragment ${name} contains itself`, DOCUMENT_LIMITS.depth);
  if (known !== undefined) return known;
  const fragment = fragments.get(name);
  // Validation names the unknown fragment.
  if (fragment === undefined) return { depth: 0, fields: 0, aliases: 0, rootFields: 0 };
  measured.set(name, "MEASURING");
  const extent = measure(fragment.selectionSet, fragments, measured);
  measured.set(name, extent);
  return extent;
}

function checkDirectives(directives: readonly DirectiveNode[] = []): void {
  for (const { arguments: given = [] } of directives) for (const { value } of given) checkLiteral(value);
}

/** Whatever the schema's type for it is. Lists of other things than numbers are bounded by the tokens alone. */
function checkLiteral(value: ValueNode): void {
  if (value.kind === Kind.OBJECT) {
    for (const field of value.fields) checkLiteral(field.value);
  } else if (value.kind === Kind.LIST) {
    const numbers = value.values.filter(({ kind }) => kind === Kind.INT || kind === Kind.FLOAT).length;
    if (numbers > DOCUMENT_LIMITS.literalNumbers) {
      const remedy = "send the list as a variable";
      throw tooComplex("numbers in a literal list", numbers, `${DOCUMENT_LIMITS.literalNumbers}: ${remedy}`);
    }
    for (const item of value.values) checkLiteral(item);
  }
}

function tooComplex(what: string, got: number | string, limit: number | string): GraphQLError {
  return new GraphQLError(`the document has too many ${what}: ${got}, limit ${limit}`, {
    extensions: { code: "QUERY_TOO_COMPLEX" },
  });
}
