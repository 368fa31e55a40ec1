import { Kind, typeFromAST, visit, BREAK, isAbstractType } from "graphql";
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLObjectType,
  GraphQLSchema,
  InlineFragmentNode,
  SelectionSetNode,
} from "graphql";

export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

const NOT_FIXED: ReadonlySet<string> = new Set(["__schema", "__type", "__proto__"]);

/**
 * By name; undefined if the document has directives or asks for the schema, since what is selected then is not fixed, or has
 * a key that would be a plain object's prototype.
 */
export function fragmentsOf(document: DocumentNode): Fragments | undefined {
  let isFixed = true;
  visit(document, {
    Directive: () => {
      isFixed = false;
      return BREAK;
    },
    Name: ({ value }) => {
      if (NOT_FIXED.has(value)) isFixed = false;
      return isFixed ? undefined : BREAK;
    },
  });
  if (!isFixed) return undefined;
  const fragments: Record<string, FragmentDefinitionNode> = {};
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

/** The fields that nodes with selections come to on an object type, by response key, in order (spec, 6.3.2 CollectFields). */
export function collectFields(
  schema: GraphQLSchema,
  fragments: Fragments,
  type: GraphQLObjectType,
  parents: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
): ReadonlyMap<string, readonly FieldNode[]> {
  const fields = new Map<string, FieldNode[]>();
  const visited = new Set<string>();
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const nodes = fields.get(key);
        if (nodes === undefined) fields.set(key, [selection]);
        else nodes.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        if (applies(schema, selection, type)) collect(selection.selectionSet);
      } else if (!visited.has(selection.name.value)) {
        visited.add(selection.name.value);
        const fragment = fragments[selection.name.value];
        if (fragment !== undefined && applies(schema, fragment, type)) collect(fragment.selectionSet);
      }
    }
  };
  for (const { selectionSet } of parents) if (selectionSet !== undefined) collect(selectionSet);
  return fields;
}

function applies(
  schema: GraphQLSchema,
  { typeCondition }: FragmentDefinitionNode | InlineFragmentNode,
  type: GraphQLObjectType,
): boolean {
  if (typeCondition === undefined) return true;
  const condition = typeFromAST(schema, typeCondition);
  return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type));
}
