import type { GraphQLError } from "graphql";

/** Where a value stands in the response, from itself up. */
export type ResponsePath =
  { readonly prev: ResponsePath; readonly key: string | number; readonly typename: string | undefined } | undefined;

export function pathKeys(path: ResponsePath): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at = path; at !== undefined; at = at.prev) keys.push(at.key);
  return keys.reverse();
}

/** The errors of one run. What fails below a place that is null already is not noted: nobody could see it. */
export class CollectedErrors {
  readonly all: GraphQLError[] = [];
  /** Made with the first: most runs have none. */
  #nulled: Set<ResponsePath> | undefined;

  add(error: GraphQLError, path: ResponsePath): void {
    const nulled = (this.#nulled ??= new Set());
    if (isNulled(nulled, path)) return;
    nulled.add(path);
    this.all.push(error);
  }
}

function isNulled(nulled: ReadonlySet<ResponsePath>, path: ResponsePath): boolean {
  for (let at = path; at !== undefined; at = at.prev) if (nulled.has(at)) return true;
  return nulled.has(undefined);
}
