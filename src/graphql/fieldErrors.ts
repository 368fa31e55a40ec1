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
  readonly #nulled = new Set<ResponsePath>();

  add(error: GraphQLError, path: ResponsePath): void {
    if (this.#isNulled(path)) return;
    this.#nulled.add(path);
    this.all.push(error);
  }

  #isNulled(path: ResponsePath): boolean {
    for (let at = path; at !== undefined; at = at.prev) if (this.#nulled.has(at)) return true;
    return this.#nulled.has(undefined);
  }
}
