import { getOperationAST, GraphQLError, Kind, OperationTypeNode, valueFromASTUntyped } from "graphql";
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from "graphql";
import { OPEN_ACCESS } from "../domain/access.js";
import type { Access, Bucket, Costs } from "../domain/access.js";
import type { FailureCode } from "../domain/failure.js";
import { refusal } from "./accessRefusal.js";
import { ruleOf } from "./accessRules.js";
import type { ACCESS_RULES, AccessRule, FieldArguments } from "./accessRules.js";
import { mutationEntry } from "./auditedField.js";
import type { RequestContext } from "./context.js";
import { DOCUMENT_LIMITS } from "./documentLimits.js";

declare module "graphql" {
  interface GraphQLSchemaExtensions {
    /** Undefined: those of the schema of all applications. */
    accessRules?: typeof ACCESS_RULES | undefined;
  }
}

type Variables = Record<string, unknown>;

/** A root field of an operation, by its response key. */
interface AskedField {
  readonly name: string;
  readonly node: FieldNode;
  readonly rule: AccessRule | undefined;
}

/**
 * What an operation needs to be let through, found once per document: the same over HTTP, on the hot lane, over
 * websockets and event streams. Fields count whatever their `@skip` and `@include` say, so that nobody's variables decide what is checked.
 */
export class Admission {
  readonly #operation: OperationDefinitionNode;
  readonly #type: string;
  readonly #fields: readonly AskedField[];
  /** Of the fields whose rows do not depend on what they are given. */
  readonly #fixedCosts: Costs;
  readonly #counted: readonly AskedField[];
  /** Of variables that are not given. */
  readonly #defaults: Variables;

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#operation = operation;
    this.#type = schema.getRootType(operation.operation)?.name ?? "";
    this.#fields = rootFields(document, operation).map((node) => askedField(schema, this.#type, node));
    const costs = { PREDICT: 0, OBSERVE: 0, OTHER: 0 };
    for (const { rule } of this.#fields) if (rule !== undefined && rule.rows === undefined) costs[rule.bucket] += 1;
    this.#fixedCosts = costs;
    this.#counted = this.#fields.filter(({ rule }) => rule?.rows !== undefined);
    this.#defaults = defaultsOf(operation);
  }

  /** The first of the administrators' mutations that it asks for: an attempt that was refused is recorded. */
  get mutation(): string | undefined {
    if (this.#operation.operation !== OperationTypeNode.MUTATION) return undefined;
    return this.#fields.find(({ rule }) => rule?.scope === "ADMIN")?.name;
  }

  /**
   * Whether this may run at all, before any of it does: its first fields could be committed when a later one is refused.
   * Throws a GraphQLError with code FORBIDDEN (a scope is missing, or the key is for single applications), RATE_LIMITED, or
   * QUERY_TOO_COMPLEX for more rows than a document may ask for, or than the key's limit ever allows.
   */
  admit(access: Access, rawVariables: Variables | null | undefined): void {
    if (access !== OPEN_ACCESS) for (const field of this.#fields) this.#requireRight(access, field);
    const costs = this.#costs(rawVariables ?? {});
    const rows = costs.PREDICT + costs.OBSERVE;
    if (rows > DOCUMENT_LIMITS.rows) throw tooManyRows(rows);
    const { limit } = access;
    const tooMany = limit?.take(costs);
    if (limit !== undefined && tooMany !== undefined) throw limited(tooMany, costs, limit.rowsPerSecond);
  }

  #requireRight({ scopes, applications }: Access, { name, rule }: AskedField): void {
    if (rule === undefined) throw forbidden(`${this.#type}.${name} has no access rule: it is refused to all keys`);
    if (rule.scope !== undefined && !scopes.has(rule.scope)) {
      throw forbidden(`${name} needs a key with the scope ${rule.scope}; this one has ${[...scopes].join(", ")}`);
    }
    if (rule.concern.kind === "ALL" && applications !== undefined) {
      throw forbidden(`${name} concerns all applications, and this key is for ${applications.size} of them`);
    }
  }

  /** From what was sent, as it is: a list's items are counted without coercing them, which would cost more than all else here. */
  #costs(rawVariables: Variables): Costs {
    if (this.#counted.length === 0) return this.#fixedCosts;
    const variables = { ...this.#defaults, ...rawVariables };
    const costs = { ...this.#fixedCosts };
    for (const { rule, node } of this.#counted) {
      if (rule?.rows !== undefined) costs[rule.bucket] += rule.rows(argumentsOf(node, variables));
    }
    return costs;
  }
}

/**
 * The one check of scopes and limits, before anything of an operation runs: Apollo Server's way, the hot lane,
 * websockets and event streams all call it. Once an operation, whichever of them it goes through. What is refused is
 * counted, and recorded where an administrator's mutation was asked for: one entry a request.
 */
export function admit(
  admission: Admission | undefined,
  context: RequestContext,
  variables: Variables | null | undefined,
): void {
  if (admission === undefined || context.isAdmitted) return;
  try {
    admission.admit(context.access, variables);
    context.isAdmitted = true;
  } catch (error) {
    const code = error instanceof GraphQLError ? (error.extensions["code"] as FailureCode) : "INTERNAL";
    const { refusals } = context.services;
    refusals.count(code);
    if (admission.mutation !== undefined) void refusals.record(mutationEntry(context, admission.mutation, code));
    throw error;
  }
}

/** Undefined where the document has no such operation: the pipeline words that. */
export function admissionOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string | null | undefined,
): Admission | undefined {
  const operation = getOperationAST(document, operationName);
  return operation == null ? undefined : new Admission(schema, document, operation);
}

function askedField(schema: GraphQLSchema, type: string, node: FieldNode): AskedField {
  const name = node.name.value;
  return { name, node, rule: ruleOf(type, name, schema.extensions.accessRules) };
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  const given = variableDefinitions.filter(({ defaultValue }) => defaultValue !== undefined);
  return Object.fromEntries(
    given.map(({ variable, defaultValue }) => [variable.name.value, defaultValue && valueFromASTUntyped(defaultValue)]),
  );
}

function argumentsOf({ arguments: given = [] }: FieldNode, variables: Variables): FieldArguments {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value, variables)]));
}

/** By response key, fragments followed: fields that are merged run once. */
function rootFields(document: DocumentNode, operation: OperationDefinitionNode): readonly FieldNode[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const fields = new Map<string, FieldNode>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        fields.set(selection.alias?.value ?? selection.name.value, selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet);
      } else {
        const fragment = fragments.get(selection.name.value);
        // Each once: what it selects is then known.
        fragments.delete(selection.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  return [...fields.values()];
}

function forbidden(message: string): GraphQLError {
  return refusal("FORBIDDEN", message);
}

function tooManyRows(rows: number): GraphQLError {
  const message = `the document asks for too many rows: ${rows}, limit ${DOCUMENT_LIMITS.rows} of all its predictions, observations and activations`;
  return refusal("QUERY_TOO_COMPLEX", `${message}: send several`);
}

const WHAT: Readonly<Record<Bucket, string>> = {
  PREDICT: "predictions",
  OBSERVE: "observations",
  OTHER: "other fields",
};

function limited(
  { bucket, retryAfterMs }: { readonly bucket: Bucket; readonly retryAfterMs: number },
  costs: Costs,
  rowsPerSecond: number,
): GraphQLError {
  const limit = `this key's limit is ${rowsPerSecond} rows/s of ${WHAT[bucket]}`;
  if (retryAfterMs === Infinity) {
    return refusal("QUERY_TOO_COMPLEX", `${limit}, and ${costs[bucket]} at once never fit: ask for fewer`);
  }
  const message = `${limit}, and ${costs[bucket]} more exceed it: ask again in ${retryAfterMs} ms`;
  return refusal("RATE_LIMITED", message, retryAfterMs);
}
