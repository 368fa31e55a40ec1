import { GraphQLError, isEnumType, locatedError } from "graphql";
import type { FieldNode, GraphQLLeafType } from "graphql";
import { pathKeys } from "./fieldErrors.js";
import type { CollectedErrors, ResponsePath } from "./fieldErrors.js";
import { isPromiseLike, settleAll } from "./settleTexts.js";
import type { Text } from "./settleTexts.js";

/** One run: what resolvers see, and the errors so far. */
export interface Run {
  readonly context: unknown;
  readonly variables: Record<string, unknown>;
  readonly errors: CollectedErrors;
}

/** What a resolver gave, as the response has it: perhaps in a promise. Throws what makes the field fail. */
export type Complete = (run: Run, value: unknown, path: ResponsePath) => Text | Promise<Text>;

/** A field, or an item of a list. */
export interface FieldPlace {
  readonly nodes: readonly FieldNode[];
  readonly isNonNull: boolean;
  readonly complete: Complete;
}

/** A field that may be null is null and its error noted; else its parent fails. */
export function failField(run: Run, { nodes, isNonNull }: FieldPlace, path: ResponsePath, raw: unknown): null {
  const error = locatedError(raw, nodes, pathKeys(path));
  if (isNonNull) throw error;
  run.errors.add(error, path);
  return null;
}

/** What stands there, perhaps in a promise that is never rejected where null may stand instead. */
export function completePlace(
  run: Run,
  place: FieldPlace,
  path: ResponsePath,
  resolved: unknown,
): Text | Promise<Text> {
  try {
    const completed = isPromiseLike(resolved)
      ? resolved.then((value) => place.complete(run, value, path))
      : place.complete(run, resolved, path);
    if (completed === null || typeof completed === "string") return completed;
    return Promise.resolve(completed).catch((error: unknown) => failField(run, place, path, error));
  } catch (error) {
    return failField(run, place, path, error);
  }
}

export function nonNull(complete: Complete, field: string): Complete {
  return (run, value, path) => {
    const completed = complete(run, value, path);
    if (completed === null) throw new Error(`Cannot return null for non-nullable field ${field}.`);
    return completed;
  };
}

/** Of a field whose texts have nothing in them that JSON escapes: to look for that in each takes longer than to write it. */
export function plainText(complete: Complete): Complete {
  return (run, value, path) => (typeof value === "string" ? `"${value}"` : complete(run, value, path));
}

export function leaf(type: GraphQLLeafType): Complete {
  const names = isEnumType(type) ? new Map(type.getValues().map(({ value, name }) => [value, `"${name}"`])) : undefined;
  return (_run, value) => {
    if (value instanceof Error) throw value;
    if (value == null) return null;
    const name = names?.get(value);
    if (name !== undefined) return name;
    const serialized: unknown = type.serialize(value);
    if (serialized == null) throw new Error(`${type.name} has no value for what it was given`);
    // As JSON writes them, in half of the time.
    return typeof serialized === "number" && Number.isFinite(serialized)
      ? String(serialized)
      : JSON.stringify(serialized);
  };
}

export function list(complete: Complete, nodes: readonly FieldNode[], isNonNull: boolean, field: string): Complete {
  const place = { nodes, isNonNull, complete };
  return (run, value, path) => {
    if (value instanceof Error) throw value;
    if (value == null) return null;
    if (typeof value !== "object" || !(Symbol.iterator in value)) {
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${field}".`);
    }
    const items: (Text | Promise<Text>)[] = [];
    try {
      for (const one of value as Iterable<unknown>) {
        const at = { prev: path, key: items.length, typename: undefined };
        items.push(completePlace(run, place, at, one));
      }
    } catch (error) {
      for (const one of items) if (one instanceof Promise) one.catch(() => undefined);
      throw error;
    }
    const isThere = items.every((one) => !(one instanceof Promise));
    return isThere ? listOf(items as Text[]) : settleAll(items, listOf);
  };
}

function listOf(items: readonly Text[]): string {
  let text = "[";
  for (let i = 0; i < items.length; i++) text += `${i === 0 ? "" : ","}${items[i] ?? "null"}`;
  return `${text}]`;
}
