import { GraphQLError, Kind, OperationTypeNode } from "graphql";
import type { DocumentNode, FragmentDefinitionNode, SelectionSetNode } from "graphql";

const CONDITIONS: ReadonlySet<string> = new Set(["skip", "include"]);

/**
 * A subscription is of one field, whatever its variables say: `@skip` and `@include` at its root are no valid GraphQL
 * (specification of September 2025, section 5.2.4.1). graphql-js 16 allows them, and its validation or its subscription then
 * throws. Throws a GraphQLError with code BAD_INPUT.
 */
export function requireUnconditionalSubscriptions(
  { definitions }: DocumentNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): void {
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    if (definition.operation === OperationTypeNode.SUBSCRIPTION) checkRoot(definition.selectionSet, fragments);
  }
}

/** Fragments that contain themselves have been refused before. */
function checkRoot({ selections }: SelectionSetNode, fragments: ReadonlyMap<string, FragmentDefinitionNode>): void {
  for (const selection of selections) {
    const condition = selection.directives?.find(({ name }) => CONDITIONS.has(name.value));
    if (condition !== undefined) {
      const message = `@${condition.name.value} may not stand at the root of a subscription: leave it out, or ask for another operation`;
      throw new GraphQLError(message, { nodes: condition, extensions: { code: "BAD_INPUT" } });
    }
    if (selection.kind === Kind.INLINE_FRAGMENT) checkRoot(selection.selectionSet, fragments);
    if (selection.kind !== Kind.FRAGMENT_SPREAD) continue;
    const fragment = fragments.get(selection.name.value);
    if (fragment !== undefined) checkRoot(fragment.selectionSet, fragments);
  }
}
