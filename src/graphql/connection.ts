import { GraphQLError } from "graphql";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";

const MAX_PAGE = 100;

interface Page<T> {
  readonly edges: { node: T; cursor: string }[];
  readonly pageInfo: { hasNextPage: boolean; endCursor: string | undefined };
}

/** One page of a list sorted by name, with cursors that stay valid while rows come and go (Relay's connections). */
export function pageByName<T>(
  items: readonly T[],
  nameOf: (item: T) => string,
  first: number,
  after: string | null | undefined,
): Page<T> {
  checkFirst(first);
  const afterName = after == null ? undefined : nameOfCursor(after);
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rest = afterName === undefined ? sorted : sorted.filter((item) => nameOf(item) > afterName);
  return pageOf(rest, nameOf, first);
}

/** The same of numbered items, the highest number first. */
export function pageDown<T>(
  items: readonly T[],
  numberOf: (item: T) => number,
  first: number,
  after: string | null | undefined,
): Page<T> {
  checkFirst(first);
  const before = after == null ? Infinity : Number(nameOfCursor(after));
  const rest = items.filter((item) => numberOf(item) < before).sort((a, b) => numberOf(b) - numberOf(a));
  return pageOf(rest, (item) => String(numberOf(item)), first);
}

function pageOf<T>(rest: readonly T[], nameOf: (item: T) => string, first: number): Page<T> {
  const edges = rest.slice(0, first).map((node) => ({ node, cursor: cursorOf(nameOf(node)) }));
  return { edges, pageInfo: { hasNextPage: rest.length > edges.length, endCursor: edges.at(-1)?.cursor } };
}

/**
 * One page of a list in the database numbered from 1, the highest number first; what is added meanwhile moves nothing.
 * Reads once, one item more than it shows.
 */
export async function pageDownFrom<T extends { readonly seq: number }, Node>(
  { first, after }: { readonly first: number; readonly after: string | null | undefined },
  read: (beforeSeq: number, count: number) => Promise<readonly T[] | Failure>,
  nodeOf: (item: T) => Node,
): Promise<Page<Node> | Failure> {
  checkFirst(first);
  const before = after == null ? Number.MAX_SAFE_INTEGER : Number(nameOfCursor(after));
  const found = await read(Number.isSafeInteger(before) ? before : 0, first + 1);
  if (isFailure(found)) return found;
  const edges = found.slice(0, first).map((item) => ({ node: nodeOf(item), cursor: cursorOf(String(item.seq)) }));
  return { edges, pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor } };
}

function checkFirst(first: number): void {
  if (first >= 1 && first <= MAX_PAGE) return;
  throw new GraphQLError(`first: expected 1 to ${MAX_PAGE}, got ${first}`, { extensions: { code: "BAD_INPUT" } });
}

function cursorOf(name: string): string {
  return Buffer.from(`name:${name}`).toString("base64url");
}

function nameOfCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString();
  if (text.startsWith("name:")) return text.slice(5);
  throw new GraphQLError(`after: expected a cursor of this connection, got "${cursor.slice(0, 80)}"`, {
    extensions: { code: "BAD_INPUT" },
  });
}
