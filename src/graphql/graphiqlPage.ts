import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";
import { OPEN_WITH_KEY } from "./graphiqlKey.js";

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

/** How the page begins. */
const OPEN = "YogaGraphiQL.renderYogaGraphiQL(";

/** Compressed off the event loop: a quarter of a second in which nothing else would be answered. */
async function render(defaultQuery: string): Promise<Page> {
  const html = renderGraphiQL({
    // Without an endpoint it asks where it was opened.
    title: "Skysail GraphiQL",
    subscriptionsProtocol: "WS",
    defaultQuery,
  });
  const at = html.lastIndexOf(OPEN);
  if (at < 0) throw new Error(`the page of @graphql-yoga/render-graphiql has no ${OPEN}`);
  const plain = Buffer.from(`${html.slice(0, at)}${OPEN_WITH_KEY}openWithKey(${html.slice(at + OPEN.length)}`);
  return { plain, gzipped: await promisify(gzip)(plain) };
}
