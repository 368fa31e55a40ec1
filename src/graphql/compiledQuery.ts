import {
  getArgumentValues,
  getNamedType,
  GraphQLError,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  Kind,
  OperationTypeNode,
  TypeNameMetaFieldDef,
} from "graphql";
import type {
  FieldNode,
  GraphQLAbstractType,
  GraphQLField,
  GraphQLObjectType,
  GraphQLOutputType,
  GraphQLResolveInfo,
  GraphQLSchema,
  OperationDefinitionNode,
} from "graphql";
import { variableCoercion } from "./coerceVariables.js";
import { completePlace, failField, leaf, list, nonNull, plainText } from "./completeText.js";
import type { Complete, FieldPlace, Run } from "./completeText.js";
import { CollectedErrors } from "./fieldErrors.js";
import type { ResponsePath } from "./fieldErrors.js";
import { collectFields, fragmentsOf } from "./fieldSelection.js";
import type { Fragments } from "./fieldSelection.js";
import type { Repeated } from "./repeatedVariables.js";
import { isPromiseLike, settleOnly, settleTexts } from "./settleTexts.js";
import type { Text } from "./settleTexts.js";

declare module "graphql" {
  interface GraphQLFieldExtensions<_TSource, _TContext, _TArgs> {
    /** Its value is a text without anything that JSON escapes. */
    isPlainText?: true;
  }
}

type Values = Record<string, unknown>;
/** An answer whose data is JSON already: made as objects first it takes twice as long. */
export interface Answer {
  readonly data: string;
  /** Those that were noted until it is looked at. */
  readonly errors: readonly GraphQLError[];
}

/** A field of a selection with everything about it that does not depend on the run. */
interface CompiledField extends FieldPlace {
  readonly key: string;
  /** What stands before its value: the key, and what separates it from the field before. */
  readonly begin: string;
  readonly name: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  readonly takesArguments: boolean;
  /** Where its only argument is a variable. */
  readonly fromVariable: { readonly argument: string; readonly variable: string } | undefined;
  /** A leaf without a resolver of its own: its place is needed only if it fails. */
  readonly isPlain: boolean;
}

type Selection = readonly CompiledField[];

/**
 * A query whose selections were collected and whose types were looked up once, so that running it only resolves,
 * completes and collects errors, exactly as graphql-js's `execute` would (graphql.org/spec, section 6: the hot lane's tests
 * compare the two on every kind of answer). Values are coerced by graphql-js itself, on every run but
 * where they come again word for word.
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

  get #isQuery(): boolean {
    return this.#operation.operation === OperationTypeNode.QUERY;
  }

  get rootFields(): number {
    return this.#root.length;
  }

  /** Undefined when the variables do not fit: nothing was run. A promise only where a resolver gave one. */
  run(rawVariables: Values, context: unknown, repeated?: Repeated): Answer | undefined | Promise<Answer> {
    const variables = repeated?.coerced ?? this.#coerce(rawVariables);
    if (variables === undefined) return undefined;
    // Of a query alone: what mutations are given is often theirs to keep.
    if (repeated !== undefined && this.#isQuery) repeated.coerced = variables;
    const run: Run = { context, variables, errors: new CollectedErrors() };
    try {
      const [only, another] = this.#root;
      const isAlone = only !== undefined && another === undefined;
      if (isAlone && this.#isQuery) return this.#runOnly(run, only);
      const data = isAlone ? this.#runChange(run, only) : this.#runSelection(run, this.#root, undefined, undefined);
      return data instanceof Promise ? answerOnceThere(run, data) : answerOf(run, data);
    } catch (error) {
      return failedAnswer(run, error);
    }
  }

  #compileSelection(type: GraphQLObjectType, parents: Parameters<typeof collectFields>[3]): Selection {
    return [...collectFields(this.#schema, this.#fragments, type, parents)].map(([key, nodes], i) => {
      const name = (nodes[0] as FieldNode).name.value;
      const definition = definitionOf(type, name);
      const complete = this.#compileType(definition.type, nodes, `${type.name}.${definition.name}`);
      return {
        key,
        begin: `${i === 0 ? "{" : ","}"${key}":`,
        name,
        nodes,
        definition,
        parentType: type,
        takesArguments: definition.args.length > 0,
        fromVariable: onlyVariable(definition, nodes[0] as FieldNode),
        isPlain:
          definition.resolve === undefined && isLeafType(getNamedType(definition.type)) && !hasList(definition.type),
        isNonNull: isNonNullType(definition.type),
        complete: definition.extensions.isPlainText === true ? plainText(complete) : complete,
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

  /**
   * A query's only field. Where it has all of its value as soon as it is resolved, so has the answer; what fails or waits
   * for more is noted as late as `execute` notes it, or other errors might come first.
   */
  #runOnly(run: Run, field: CompiledField): Answer | Promise<Answer> {
    const path = placeOf(field, undefined);
    const resolved = this.#resolved(run, field, undefined, path);
    if (!(resolved instanceof Promise)) {
      const text = resolved === FAILED ? null : completePlace(run, field, path, resolved);
      return text instanceof Promise
        ? answerOnceThere(run, settleOnly(field.begin, text))
        : answerOf(run, objectOf(field, text));
    }
    return new Promise((resolve) => {
      resolved.then(
        (value) => {
          try {
            const text = field.complete(run, value, path);
            if (text instanceof Promise)
              answerLater(run, field, path, new Promise((adopt) => void adopt(text)), resolve);
            else resolve(answerOf(run, objectOf(field, text)));
          } catch (error) {
            answerLater(run, field, path, Promise.reject(error), resolve);
          }
        },
        (error: unknown) => answerLater(run, field, path, Promise.reject(error as Error), resolve),
      );
    });
  }

  /** A mutation's only field. */
  #runChange(run: Run, field: CompiledField): string | Promise<string> {
    const text = this.#runField(run, field, undefined, undefined);
    return text instanceof Promise ? text.then((there) => objectOf(field, there)) : objectOf(field, text);
  }

  #runSelection(
    run: Run,
    selection: Selection,
    source: Values | undefined,
    path: ResponsePath,
  ): string | Promise<string> {
    let text = "";
    /** From the first promise on; what was there until then is in the first of the beginnings. */
    let waiting: { readonly begins: string[]; readonly values: (Text | Promise<Text>)[] } | undefined;
    try {
      for (const field of selection) {
        const value = this.#runField(run, field, source, path);
        if (waiting !== undefined) {
          waiting.begins.push(field.begin);
          waiting.values.push(value);
        } else if (value instanceof Promise) waiting = { begins: [text + field.begin], values: [value] };
        else text += field.begin + (value ?? "null");
      }
    } catch (error) {
      // Promises of the other fields may be rejected too, and must be somebody's. Thrown, not returned as a rejected promise:
      // that would be noted some turns later than `execute` does, after errors that come meanwhile.
      if (waiting !== undefined) {
        return settleTexts(waiting.begins, waiting.values).finally(() => {
          throw error as Error;
        });
      }
      throw error;
    }
    if (waiting !== undefined) return settleTexts(waiting.begins, waiting.values);
    return text === "" ? "{}" : `${text}}`;
  }

  #runField(run: Run, field: CompiledField, source: Values | undefined, parent: ResponsePath): Text | Promise<Text> {
    if (field.isPlain) {
      const property = source?.[field.name];
      if (typeof property !== "function" && !isPromiseLike(property)) return plainValue(run, field, property, parent);
    }
    const path = placeOf(field, parent);
    const resolved = this.#resolved(run, field, source, path);
    return resolved === FAILED ? null : completePlace(run, field, path, resolved);
  }

  #resolved(run: Run, field: CompiledField, source: Values | undefined, path: ResponsePath): unknown {
    try {
      return this.#resolve(run, field, source, path);
    } catch (error) {
      failField(run, field, path, error);
      return FAILED;
    }
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
    if (fromVariable !== undefined && given != null) return argumentOf(fromVariable.argument, given);
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

/** To name the key in a literal takes several times as long. */
function argumentOf(name: string, value: unknown): Values {
  const given: Values = {};
  given[name] = value;
  return given;
}

/** In place of what a resolver gave: it threw, and that is noted. */
const FAILED = Symbol("failed");

function answerOf({ errors }: Run, data: string): Answer {
  return { data, errors: errors.all };
}

/** The root itself failed. */
function failedAnswer(run: Run, error: unknown): Answer {
  run.errors.add(error as GraphQLError, undefined);
  return answerOf(run, "null");
}

function answerOnceThere(run: Run, data: Promise<string>): Promise<Answer> {
  return data.then(
    (text) => answerOf(run, text),
    (error: unknown) => failedAnswer(run, error),
  );
}

/** Of a query's only field. */
function answerLater(
  run: Run,
  field: CompiledField,
  path: ResponsePath,
  text: Promise<Text>,
  resolve: (answer: Answer) => void,
): void {
  const settled = text.catch((error: unknown) => failField(run, field, path, error));
  settleOnly(field.begin, settled).then(
    (data) => resolve(answerOf(run, data)),
    (error: unknown) => resolve(failedAnswer(run, error)),
  );
}

function objectOf({ begin }: CompiledField, value: Text): string {
  return `${begin}${value ?? "null"}}`;
}

function placeOf({ key, parentType }: CompiledField, parent: ResponsePath): ResponsePath {
  return { prev: parent, key, typename: parentType.name };
}

function plainValue(run: Run, field: CompiledField, property: unknown, parent: ResponsePath): Text | Promise<Text> {
  try {
    return field.complete(run, property, undefined);
  } catch (error) {
    return failField(run, field, placeOf(field, parent), error);
  }
}

function hasList(type: GraphQLOutputType): boolean {
  return isListType(type) || (isNonNullType(type) && hasList(type.ofType));
}
