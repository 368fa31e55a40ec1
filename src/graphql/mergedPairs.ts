import { Kind } from "graphql";
import type { DocumentNode, FragmentDefinitionNode, SelectionSetNode } from "graphql";

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/**
 * Pairs that validation may have to compare to see whether fields of one response key can be merged (GraphQL specification,
 * section 5.3.2): of fields with the same place in the answer, and of fragments spread at one place. graphql-js compares
 * them one by one, so that its time grows with their square where all else grows with the text. Fragments must not contain
 * themselves.
 */
export function mergedPairs({ definitions }: DocumentNode, fragments: Fragments): number {
  const reached = new Set<string>();
  let pairs = 0;
  for (const definition of definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    pairs += pairsAt([definition.selectionSet], fragments, reached);
  }
  for (const [name, { selectionSet }] of fragments) {
    if (!reached.has(name)) pairs += pairsAt([selectionSet], fragments, reached);
  }
  return pairs;
}

/** Of selections that are merged into one, and of all below them. */
function pairsAt(sets: readonly SelectionSetNode[], fragments: Fragments, reached: Set<string>): number {
  const fields = new Map<string, { count: number; readonly below: SelectionSetNode[] }>();
  const spread = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const same = fields.get(key) ?? { count: 0, below: [] };
        same.count += 1;
        if (selection.selectionSet !== undefined) same.below.push(selection.selectionSet);
        fields.set(key, same);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        reached.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet);
      }
    }
  };
  for (const set of sets) collect(set);
  let pairs = pairsOf(spread.size);
  for (const { count, below } of fields.values()) {
    pairs += pairsOf(count) + (below.length > 0 ? pairsAt(below, fragments, reached) : 0);
  }
  return pairs;
}

function pairsOf(count: number): number {
  return (count * (count - 1)) / 2;
}
