import { GraphQLError } from "graphql";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";

const MAX_PAGE = 100;

/** Which page of a connection: `first` items behind the cursor `after`. */
interface AskedPage {
  /** Name of the connection's items: cursors are good for that alone. */
  readonly of: string;
  readonly first: number;
  readonly after: string | null | undefined;
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | undefined;
  readonly endCursor: string | undefined;
}

interface Page<T> {
  readonly edges: { node: T; cursor: string }[];
  readonly pageInfo: PageInfo;
}

/** One page of a list sorted by name, with cursors that stay valid while rows come and go (Relay's connections). */
export function pageByName<T>(asked: AskedPage, items: readonly T[], nameOf: (item: T) => string): Page<T> {
  checkFirst(asked);
  const after = placeAfter(asked);
  const sorted = [...items].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  return pageOf(asked, rest, nameOf, rest.length < items.length);
}

/** The same of numbered items, the highest number first. */
export function pageDown<T>(asked: AskedPage, items: readonly T[], numberOf: (item: T) => number): Page<T> {
  checkFirst(asked);
  const before = Number(placeAfter(asked) ?? Infinity);
  const rest = items.filter((item) => numberOf(item) < before).sort((a, b) => numberOf(b) - numberOf(a));
  return pageOf(asked, rest, (item) => String(numberOf(item)), rest.length < items.length);
}

/**
 * One page of a list in the database numbered from 1, the highest number first; what is added meanwhile moves nothing.
 * Reads once, one item more than it shows; what `after` stands for is taken to be there still.
 */
export async function pageDownFrom<T extends { readonly seq: number }, Node>(
  asked: AskedPage,
  read: (beforeSeq: number, count: number) => Promise<readonly T[] | Failure>,
  nodeOf: (item: T) => Node,
): Promise<Page<Node> | Failure> {
  checkFirst(asked);
  const after = placeAfter(asked);
  const before = Number(after ?? Number.MAX_SAFE_INTEGER);
  const found = await read(Number.isSafeInteger(before) ? before : 0, asked.first + 1);
  if (isFailure(found)) return found;
  const { edges, pageInfo } = pageOf(asked, found, ({ seq }) => String(seq), after !== undefined);
  return { edges: edges.map(({ node, cursor }) => ({ node: nodeOf(node), cursor })), pageInfo };
}

function pageOf<T>(
  { of, first }: AskedPage,
  rest: readonly T[],
  placeOf: (item: T) => string,
  hasPreviousPage: boolean,
): Page<T> {
  const edges = rest.slice(0, first).map((node) => ({ node, cursor: cursorOf(of, placeOf(node)) }));
  const [startCursor, endCursor] = [edges[0]?.cursor, edges.at(-1)?.cursor];
  return { edges, pageInfo: { hasNextPage: rest.length > edges.length, hasPreviousPage, startCursor, endCursor } };
}

function checkFirst({ first }: AskedPage): void {
  if (first >= 1 && first <= MAX_PAGE) return;
  throw new GraphQLError(`first: expected 1 to ${MAX_PAGE}, got ${first}`, { extensions: { code: "BAD_INPUT" } });
}

function cursorOf(of: string, place: string): string {
  return Buffer.from(`${of}:${place}`).toString("base64url");
}

/** Undefined: from the beginning. */
function placeAfter({ of, after }: AskedPage): string | undefined {
  if (after == null) return undefined;
  const text = Buffer.from(after, "base64url").toString();
  if (text.startsWith(`${of}:`)) return text.slice(of.length + 1);
  throw new GraphQLError(`after: expected a cursor of a connection of ${of}, got "${after.slice(0, 80)}"`, {
    extensions: { code: "BAD_INPUT" },
  });
}
