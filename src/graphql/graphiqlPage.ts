import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { OPEN_WITH_KEY } from "./graphiqlKey.js";
import { FAVICON, LOGO, STYLE } from "./graphiqlStyle.js";

interface Page {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/**
 * GraphiQL in one page that loads nothing from elsewhere: 9 MB, a quarter of it compressed, made when first asked for. It
 * holds no schema and is for everybody: what it asks the server for needs the key that it asks its visitor for.
 */
export class GraphiqlPage {
  readonly #firstQuery: string;
  /** Being made or made: visitors who come meanwhile wait for the same. */
  #page: Promise<Page> | undefined;

  /** `firstQuery` is what a visitor finds in the editor. */
  constructor(firstQuery: string) {
    this.#firstQuery = firstQuery;
  }

  async send(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#page ??= render(this.#firstQuery);
    const { plain, gzipped } = await this.#page;
    const compress = String(request.headers["accept-encoding"] ?? "").includes("gzip");
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      // No other page may show it in a frame: somebody types a key into it.
      "content-security-policy": "frame-ancestors 'none'",
      vary: "accept, accept-encoding",
      ...(compress && { "content-encoding": "gzip" }),
    });
    response.end(compress ? gzipped : plain);
  }
}

/** What JSON our scalars are: the editor of variables takes all but texts, numbers and booleans for mistakes. */
const SCALARS = { FloatVector: { type: "array" }, NoParameters: { type: "object", maxProperties: 0 } };

/** Places in the package's page, and what stands there in ours. */
const OURS: readonly (readonly [theirs: string, ours: string])[] = [
  ['<div id="root">', `${STYLE}<div id="root">`],
  ["setSchemaConfig([{", `setSchemaConfig([{customScalarSchemas:${JSON.stringify(SCALARS)},`],
  ["YogaGraphiQL.renderYogaGraphiQL(", `${OPEN_WITH_KEY}openWithKey(`],
];

/** Compressed off the event loop: a quarter of a second in which nothing else would be answered. */
async function render(defaultQuery: string): Promise<Page> {
  const html = renderGraphiQL({
    // Without an endpoint it asks where it was opened.
    title: "Skysail GraphiQL",
    logo: LOGO,
    favicon: FAVICON,
    subscriptionsProtocol: "WS",
    defaultQuery,
  });
  const plain = Buffer.from(OURS.reduce((page, [theirs, ours]) => withLast(page, theirs, ours), html));
  return { plain, gzipped: await promisify(gzip)(plain) };
}

function withLast(page: string, theirs: string, ours: string): string {
  const at = page.lastIndexOf(theirs);
  if (at < 0) throw new Error(`the page of @graphql-yoga/render-graphiql has no ${theirs}`);
  return page.slice(0, at) + ours + page.slice(at + theirs.length);
}
