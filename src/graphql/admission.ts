import { getArgumentValues, getOperationAST, getVariableValues, GraphQLError, Kind, OperationTypeNode } from "graphql";
import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLField,
  GraphQLObjectType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from "graphql";
import { OPEN_ACCESS } from "../domain/access.js";
import type { Access, Bucket, Costs } from "../domain/access.js";
import type { FailureCode } from "../domain/failure.js";
import { refusal } from "./accessRefusal.js";
import { ruleOf } from "./accessRules.js";
import type { ACCESS_RULES, AccessRule } from "./accessRules.js";
import { mutationEntry } from "./auditedField.js";
import type { RequestContext } from "./context.js";

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
  readonly definition: GraphQLField<unknown, unknown> | undefined;
}

/**
 * What an operation needs to be let through, found once per document: the same over HTTP, on the hot lane, over
 * websockets and event streams. Fields count whatever their `@skip` and `@include` say, so that nobody's variables decide what is checked.
 */
export class Admission {
  readonly #schema: GraphQLSchema;
  readonly #operation: OperationDefinitionNode;
  readonly #type: string;
  readonly #fields: readonly AskedField[];
  /** Of the fields whose rows do not depend on what they are given. */
  readonly #fixedCosts: Costs;
  readonly #counted: readonly AskedField[];

  constructor(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) {
    this.#schema = schema;
    this.#operation = operation;
    const type = schema.getRootType(operation.operation);
    this.#type = type?.name ?? "";
    this.#fields = rootFields(document, operation).map((node) => askedField(schema, type, node));
    const costs = { PREDICT: 0, OBSERVE: 0, OTHER: 0 };
    for (const { rule } of this.#fields) if (rule !== undefined && rule.rows === undefined) costs[rule.bucket] += 1;
    this.#fixedCosts = costs;
    this.#counted = this.#fields.filter(({ rule }) => rule?.rows !== undefined);
  }

  /** The first of the administrators' mutations that it asks for: an attempt that was refused is recorded. */
  get mutation(): string | undefined {
    if (this.#operation.operation !== OperationTypeNode.MUTATION) return undefined;
    return this.#fields.find(({ rule }) => rule?.scope === "ADMIN")?.name;
  }

  /**
   * Whether this may run at all, before any of it does. Throws a GraphQLError with code FORBIDDEN (a scope is missing, or
   * the key is for single applications), RATE_LIMITED, or QUERY_TOO_COMPLEX for more rows than the limit ever allows.
   */
  admit(access: Access, rawVariables: Variables | null | undefined): void {
    for (const field of this.#fields) this.#requireRight(access, field);
    const { limit } = access;
    if (limit === undefined) return;
    const costs = this.#costs(rawVariables ?? {});
    const tooMany = costs && limit.take(costs);
    if (tooMany !== undefined && costs !== undefined) throw limited(tooMany, costs, limit.rowsPerSecond);
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

  /** Undefined where variables do not fit: nothing will run, and that is worded where it would have. */
  #costs(rawVariables: Variables): Costs | undefined {
    if (this.#counted.length === 0) return this.#fixedCosts;
    const { coerced } = getVariableValues(this.#schema, this.#operation.variableDefinitions ?? [], rawVariables);
    if (coerced === undefined) return undefined;
    const costs = { ...this.#fixedCosts };
    for (const { rule, definition, node } of this.#counted) {
      if (rule?.rows === undefined) continue;
      costs[rule.bucket] += rule.rows(definition === undefined ? {} : getArgumentValues(definition, node, coerced));
    }
    return costs;
  }
}

/**
 * The one check of scopes and limits, before anything of an operation runs: Apollo Server's way, the hot lane,
 * websockets and event streams all call it. Once an operation, whichever of them it goes through. Where access is open it
 * costs nothing. What is refused is counted, and recorded where an administrator's mutation was asked for: one entry a request.
 */
export function admit(
  admission: Admission | undefined,
  context: RequestContext,
  variables: Variables | null | undefined,
): void {
  if (admission === undefined || context.access === OPEN_ACCESS || context.isAdmitted) return;
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

function askedField(schema: GraphQLSchema, type: GraphQLObjectType | null | undefined, node: FieldNode): AskedField {
  const name = node.name.value;
  const rule = type == null ? undefined : ruleOf(type.name, name, schema.extensions.accessRules);
  return { name, node, rule, definition: type?.getFields()[name] };
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
