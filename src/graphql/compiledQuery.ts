import {
  getArgumentValues,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  locatedError,
  OperationTypeNode,
  TypeNameMetaFieldDef,
} from "graphql";
import type {
  ExecutionResult,
  FieldNode,
  GraphQLAbstractType,
  GraphQLField,
  GraphQLLeafType,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLResolveInfo,
  GraphQLSchema,
  OperationDefinitionNode,
} from "graphql";
import { variableCoercion } from "./coerceVariables.js";
import { CollectedErrors, pathKeys } from "./fieldErrors.js";
import type { ResponsePath } from "./fieldErrors.js";
import { collectFields, fragmentsOf } from "./fieldSelection.js";
import type { Fragments } from "./fieldSelection.js";
import { isPromiseLike, settleOnly, settleValues } from "./settleValues.js";

/** One run: what resolvers see, and the errors so far. */
interface Run {
  readonly context: unknown;
  readonly variables: Record<string, unknown>;
  readonly errors: CollectedErrors;
}

type Values = Record<string, unknown>;
/** What a resolver gave, as the response has it: perhaps in a promise. Throws what makes the field fail. */
type Complete = (run: Run, value: unknown, path: ResponsePath) => unknown;

/** A field of a selection with everything about it that does not depend on the run. */
interface CompiledField {
  readonly key: string;
  readonly name: string;
  readonly nodes: readonly FieldNode[];
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  readonly takesArguments: boolean;
  /** Where its only argument is a variable. */
  readonly fromVariable: { readonly argument: string; readonly variable: string } | undefined;
  /** A leaf without a resolver of its own: its place is needed only if it fails. */
  readonly isPlain: boolean;
  readonly isNonNull: boolean;
  readonly complete: Complete;
}

type Selection = readonly CompiledField[];

/**
 * A query whose selections were collected and whose types were looked up once, so that running it only resolves,
 * completes and collects errors, exactly as graphql-js's `execute` would (graphql.org/spec, section 6: the hot lane's tests
 * compare the two on every kind of answer). Values are coerced by graphql-js itself on every run.
 */
export class CompiledQuery {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #fragments: Fragments;
  readonly #root: Selection;
  readonly #coerce: (rawVariables: Values) => Values | undefined;

  /** The operation is valid, no subscription, without directives, and asks no introspection beyond `__typename`. */
  constructor(schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Fragments) {
    this.#schema = schema;
    this.#operation = operation;
    this.#fragments = fragments;
    this.#root = this.#compileSelection(schema.getRootType(operation.operation) as GraphQLObjectType, [operation]);
    this.#coerce = variableCoercion(schema, operation);
  }

  get rootFields(): number {
    return this.#root.length;
  }

  /** Undefined when the variables do not fit: nothing was run. A promise only where a resolver gave one. */
  run(rawVariables: Values, context: unknown): ExecutionResult | undefined | Promise<ExecutionResult> {
    const variables = this.#coerce(rawVariables);
    if (variables === undefined) return undefined;
    const errors = new CollectedErrors();
    const response = (data: Values | null): ExecutionResult =>
      errors.all.length === 0 ? { data } : { errors: errors.all, data };
    const failed = (error: unknown): ExecutionResult => {
      errors.add(error as GraphQLError, undefined);
      return response(null);
    };
    try {
      const data = this.#runRoot({ context, variables, errors });
      return data instanceof Promise ? (data as Promise<Values>).then(response, failed) : response(data as Values);
    } catch (error) {
      return failed(error);
    }
  }

  #compileSelection(type: GraphQLObjectType, parents: Parameters<typeof collectFields>[3]): Selection {
    return [...collectFields(this.#schema, this.#fragments, type, parents)].map(([key, nodes]) => {
      const name = (nodes[0] as FieldNode).name.value;
      const definition = definitionOf(type, name);
      return {
        key,
        name,
        nodes,
        definition,
        parentType: type,
        takesArguments: definition.args.length > 0,
        fromVariable: onlyVariable(definition, nodes[0] as FieldNode),
        isPlain:
          definition.resolve === undefined && isLeafType(getNamedType(definition.type)) && !hasList(definition.type),
        isNonNull: isNonNullType(definition.type),
        complete: this.#compileType(definition.type, nodes, `${type.name}.${definition.name}`),
      };
    });
  }

  #compileType(type: GraphQLOutputType, nodes: readonly FieldNode[], field: string): Complete {
    if (isNonNullType(type)) return nonNull(this.#compileType(type.ofType, nodes, field), field);
    if (isListType(type)) {
      return list(this.#compileType(type.ofType, nodes, field), nodes, isNonNullType(type.ofType), field);
    }
    if (isLeafType(type)) return leaf(type);
    if (isAbstractType(type)) return this.#compileAbstract(type, nodes, field);
    return this.#compileObject(type, nodes);
  }

  #compileObject(type: GraphQLObjectType, nodes: readonly FieldNode[]): Complete {
    // Compiled when first met: of a union most members never are.
    let selection: Selection | undefined;
    return (run, value, path) => {
      if (value instanceof Error) throw value;
      if (value == null) return null;
      selection ??= this.#compileSelection(type, nodes);
      return this.#runSelection(run, selection, value as Values, path);
    };
  }

  /** All values of unions and interfaces carry their `__typename`. */
  #compileAbstract(type: GraphQLAbstractType, nodes: readonly FieldNode[], field: string): Complete {
    const byName = new Map<string, Complete>();
    for (const possible of this.#schema.getPossibleTypes(type)) {
      byName.set(possible.name, this.#compileObject(possible, nodes));
    }
    return (run, value, path) => {
      if (value instanceof Error) throw value;
      if (value == null) return null;
      const complete = byName.get((value as { __typename: string }).__typename);
      if (complete !== undefined) return complete(run, value, path);
      throw new GraphQLError(`${field} is none of the types of ${type.name}`, { nodes });
    };
  }

  /** Of a query's only field or a mutation's: waited for as long as `execute` does, or other errors might come first. */
  #runRoot(run: Run): unknown {
    const [only, another] = this.#root;
    if (only === undefined || another !== undefined) {
      return this.#runSelection(run, this.#root, undefined, undefined);
    }
    const value = this.#runField(run, only, undefined, undefined);
    if (!(value instanceof Promise)) return { [only.key]: value };
    if (this.#operation.operation === OperationTypeNode.QUERY) return settleOnly(only.key, value);
    return value.then((settled: unknown) => ({ [only.key]: settled }));
  }

  #runSelection(run: Run, selection: Selection, source: Values | undefined, path: ResponsePath): unknown {
    const values: Values = {};
    let hasPromise = false;
    try {
      for (const field of selection) {
        const value = this.#runField(run, field, source, path);
        values[field.key] = value;
        if (value instanceof Promise) hasPromise = true;
      }
    } catch (error) {
      // Promises of the other fields may be rejected too, and must be somebody's. Thrown, not returned as a rejected promise:
      // that would be noted some turns later than `execute` does, after errors that come meanwhile.
      if (hasPromise) {
        return settleValues(values).finally(() => {
          throw error as Error;
        });
      }
      throw error;
    }
    return hasPromise ? settleValues(values) : values;
  }

  #runField(run: Run, field: CompiledField, source: Values | undefined, parent: ResponsePath): unknown {
    if (field.isPlain) {
      const property = source?.[field.name];
      if (typeof property !== "function" && !isPromiseLike(property)) return plainValue(run, field, property, parent);
    }
    const path = placeOf(field, parent);
    let resolved: unknown;
    try {
      resolved = this.#resolve(run, field, source, path);
    } catch (error) {
      return failField(run, field, path, error);
    }
    return completePlace(run, field, path, resolved);
  }

  #resolve(run: Run, field: CompiledField, source: Values | undefined, path: ResponsePath): unknown {
    const { definition } = field;
    const { resolve } = definition;
    if (resolve === undefined) {
      const property = source?.[field.name];
      if (typeof property !== "function") return property;
      return (source as Record<string, (...given: unknown[]) => unknown>)[field.name]?.(
        this.#argumentsOf(run, field),
        run.context,
        this.#infoOf(run, field, path),
      );
    }
    return resolve(source, this.#argumentsOf(run, field), run.context, this.#infoOf(run, field, path));
  }

  #argumentsOf({ variables }: Run, { definition, nodes, takesArguments, fromVariable }: CompiledField): Values {
    if (!takesArguments) return {};
    const given = fromVariable && variables[fromVariable.variable];
    // It has been coerced.
    if (fromVariable !== undefined && given != null) return { [fromVariable.argument]: given };
    return getArgumentValues(definition, nodes[0] as FieldNode, variables);
  }

  #infoOf(run: Run, field: CompiledField, path: ResponsePath): GraphQLResolveInfo {
    return {
      fieldName: field.definition.name,
      fieldNodes: field.nodes,
      returnType: field.definition.type,
      parentType: field.parentType,
      path: path as GraphQLResolveInfo["path"],
      schema: this.#schema,
      fragments: this.#fragments,
      rootValue: undefined,
      operation: this.#operation,
      variableValues: run.variables,
    };
  }
}

/** What of the document the compiled query needs; undefined for operations that stay with `execute`. */
export function compileQuery(
  schema: GraphQLSchema,
  document: Parameters<typeof fragmentsOf>[0],
  operation: OperationDefinitionNode,
): CompiledQuery | undefined {
  const fragments = fragmentsOf(document);
  if (fragments === undefined || operation.operation === OperationTypeNode.SUBSCRIPTION) return undefined;
  const compiled = new CompiledQuery(schema, operation, fragments);
  // Several are to run one after the other.
  return operation.operation === OperationTypeNode.MUTATION && compiled.rootFields > 1 ? undefined : compiled;
}

function definitionOf(type: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> {
  const definition = name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : type.getFields()[name];
  if (definition === undefined) throw new Error(`no field ${type.name}.${name}`);
  return definition;
}

function onlyVariable({ args }: GraphQLField<unknown, unknown>, node: FieldNode): CompiledField["fromVariable"] {
  const [given, another] = node.arguments ?? [];
  if (args.length !== 1 || another !== undefined || given?.value.kind !== Kind.VARIABLE) return undefined;
  return { argument: given.name.value, variable: given.value.name.value };
}

function placeOf({ key, parentType }: CompiledField, parent: ResponsePath): ResponsePath {
  return { prev: parent, key, typename: parentType.name };
}

function plainValue(run: Run, field: CompiledField, property: unknown, parent: ResponsePath): unknown {
  try {
    return field.complete(run, property, undefined);
  } catch (error) {
    return failField(run, field, placeOf(field, parent), error);
  }
}

/** A field that may be null is null and its error noted; else its parent fails. */
function failField(run: Run, { nodes, isNonNull }: FieldPlace, path: ResponsePath, raw: unknown): null {
  const error = locatedError(raw, nodes, pathKeys(path));
  if (isNonNull) throw error;
  run.errors.add(error, path);
  return null;
}

/** A field, or an item of a list. */
type FieldPlace = Pick<CompiledField, "nodes" | "isNonNull" | "complete">;

/** What stands there, perhaps in a promise that is never rejected where null may stand instead. */
function completePlace(run: Run, place: FieldPlace, path: ResponsePath, resolved: unknown): unknown {
  try {
    const completed = isPromiseLike(resolved)
      ? resolved.then((value) => place.complete(run, value, path))
      : place.complete(run, resolved, path);
    if (!isPromiseLike(completed)) return completed;
    return Promise.resolve(completed).catch((error: unknown) => failField(run, place, path, error));
  } catch (error) {
    return failField(run, place, path, error);
  }
}

function hasList(type: GraphQLOutputType): boolean {
  return isListType(type) || (isNonNullType(type) && hasList(type.ofType));
}

function nonNull(complete: Complete, field: string): Complete {
  return (run, value, path) => {
    const completed = complete(run, value, path);
    if (completed === null) throw new Error(`Cannot return null for non-nullable field ${field}.`);
    return completed;
  };
}

function leaf(type: GraphQLLeafType): Complete {
  return (_run, value) => {
    if (value instanceof Error) throw value;
    if (value == null) return null;
    const serialized: unknown = type.serialize(value);
    if (serialized == null) throw new Error(`${type.name} has no value for what it was given`);
    return serialized;
  };
}

function list(complete: Complete, nodes: readonly FieldNode[], isNonNull: boolean, field: string): Complete {
  const place = { nodes, isNonNull, complete };
  return (run, value, path) => {
    if (value instanceof Error) throw value;
    if (value == null) return null;
    if (typeof value !== "object" || !(Symbol.iterator in value)) {
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${field}".`);
    }
    const items: unknown[] = [];
    try {
      for (const one of value as Iterable<unknown>) {
        const at = { prev: path, key: items.length, typename: undefined };
        items.push(completePlace(run, place, at, one));
      }
    } catch (error) {
      for (const one of items) if (one instanceof Promise) one.catch(() => undefined);
      throw error;
    }
    return items.some((one) => one instanceof Promise) ? Promise.all(items) : items;
  };
}
