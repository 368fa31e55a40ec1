import { GraphQLError } from "graphql";

const MAX_PAGE = 100;

/** One page of a list sorted by name, with cursors that stay valid while rows come and go (Relay's connections). */
export function pageByName<T extends { readonly name: string }>(
  items: readonly T[],
  first: number,
  after: string | null | undefined,
): { edges: { node: T; cursor: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string | undefined } } {
  if (!(first >= 1 && first <= MAX_PAGE)) {
    throw new GraphQLError(`first: expected 1 to ${MAX_PAGE}, got ${first}`, { extensions: { code: "BAD_INPUT" } });
  }
  const afterName = after == null ? undefined : nameOfCursor(after);
  const sorted = [...items].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rest = afterName === undefined ? sorted : sorted.filter((item) => item.name > afterName);
  const edges = rest.slice(0, first).map((node) => ({ node, cursor: cursorOf(node.name) }));
  return { edges, pageInfo: { hasNextPage: rest.length > edges.length, endCursor: edges.at(-1)?.cursor } };
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
