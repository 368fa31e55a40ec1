import { execute, getOperationAST, OperationTypeNode } from "graphql";
import type { DocumentNode, ExecutionResult, GraphQLSchema } from "graphql";
import { admit, Admission } from "./admission.js";
import { compileQuery } from "./compiledQuery.js";
import type { Answer, CompiledQuery } from "./compiledQuery.js";
import type { RequestContext } from "./context.js";
import type { Repeated } from "./repeatedVariables.js";

export interface OperationRequest {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown> | undefined;
  /** Where these very variables have come with this operation before. */
  readonly repeated?: Repeated | undefined;
}

type Named = Pick<OperationRequest, "query" | "operationName">;
type Ran = Answer | undefined;

/** An operation that is neither parsed nor validated again. */
export interface KnownOperation {
  readonly document: DocumentNode;
  readonly admission: Admission;
}

interface Stored extends KnownOperation {
  readonly isSubscription: boolean;
  /** Undefined: it runs on `execute`. */
  readonly compiled: CompiledQuery | undefined;
  readonly bytes: number;
}

/** How much a lane keeps. */
export interface LaneBounds {
  readonly entries: number;
  readonly bytes: number;
}

const BOUNDS: LaneBounds = { entries: 1000, bytes: 8 * 2 ** 20 };
/**
 * Heap that a syntax tree takes for each character of its text. Measured on the benchmarks' operations as the growth of
 * `process.memoryUsage().heapUsed`: 48 bytes for their predict query (262 characters, 10,000 trees), 75 for a document
 * of 100 such fields (6,297 characters, 200 trees).
 */
const TREE_BYTES_PER_CHARACTER = 75;

/**
 * Operations that have been through the whole pipeline once (parsed, validated, limits checked, answered) run from
 * here, compiled or on graphql-js `execute`; every request's own variables are still coerced. The pipeline's work depends on
 * the text alone, and costs three times as much CPU as the execution. Connections that last take the documents from
 * here, and bring theirs. Bounded; the least recently used goes first.
 */
export class HotLane {
  readonly #schema: GraphQLSchema;
  readonly #operations = new Map<string, Stored>();
  readonly #bounds: LaneBounds;
  #bytes = 0;
  /** Asked for again and again by itself it stays where it is: moving it costs three look-ups of its text. */
  #newest: Stored | undefined;

  constructor(schema: GraphQLSchema, bounds = BOUNDS) {
    this.#schema = schema;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#operations.size;
  }

  /**
   * The result of a known operation, or undefined: unknown, or its variables do not fit, in which case nothing was
   * executed and the pipeline words the error. A promise only where a resolver gave one. Throws a GraphQLError where the
   * caller may not.
   */
  run(request: OperationRequest, context: RequestContext): Ran | Promise<Ran> {
    const stored = this.#recall(request);
    if (stored === undefined || stored.isSubscription) return undefined;
    admit(stored.admission, context, request.variables);
    if (stored.compiled !== undefined) return stored.compiled.run(request.variables ?? {}, context, request.repeated);
    const result = execute({
      schema: this.#schema,
      document: stored.document,
      contextValue: context,
      variableValues: request.variables,
      operationName: request.operationName,
    });
    return result instanceof Promise ? result.then(executed) : executed(result);
  }

  /** Undefined: it is to be parsed and validated. */
  find(request: Named): KnownOperation | undefined {
    return this.#recall(request);
  }

  #recall(request: Named): Stored | undefined {
    const key = keyOf(request);
    const stored = this.#operations.get(key);
    if (stored === undefined || stored === this.#newest) return stored;
    this.#operations.delete(key);
    this.#operations.set(key, stored);
    this.#newest = stored;
    return stored;
  }

  /** To be called with an operation that the pipeline has answered without an error, or that was let through to its execution. */
  store(request: Named, document: DocumentNode): void {
    const operation = getOperationAST(document, request.operationName);
    if (operation == null) return;
    const key = keyOf(request);
    const bytes = key.length * TREE_BYTES_PER_CHARACTER;
    if (bytes > this.#bounds.bytes || this.#operations.has(key)) return;
    const compiled = compileQuery(this.#schema, document, operation);
    const admission = new Admission(this.#schema, document, operation);
    const isSubscription = operation.operation === OperationTypeNode.SUBSCRIPTION;
    this.#newest = { document, compiled, admission, bytes, isSubscription };
    this.#operations.set(key, this.#newest);
    this.#bytes += bytes;
    for (const [oldest, { bytes: oldestBytes }] of this.#operations) {
      if (this.#operations.size <= this.#bounds.entries && this.#bytes <= this.#bounds.bytes) break;
      this.#operations.delete(oldest);
      this.#bytes -= oldestBytes;
    }
  }
}

/** graphql-js leaves `data` out exactly when it failed before executing anything. */
function executed(result: ExecutionResult): Ran {
  return "data" in result ? { data: JSON.stringify(result.data), errors: result.errors ?? [] } : undefined;
}

function keyOf({ query, operationName }: Named): string {
  return operationName === undefined ? query : `${operationName}\u0000${query}`;
}
