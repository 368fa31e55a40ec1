import type { IncomingMessage, ServerResponse } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";

interface Page {
  readonly plain: Buffer;
  readonly gzipped: Buffer;
}

/** GraphiQL in one page that loads nothing from elsewhere: 9 MB, a quarter of it compressed, made when first asked for. */
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
      vary: "accept, accept-encoding",
      ...(compress && { "content-encoding": "gzip" }),
    });
    response.end(compress ? gzipped : plain);
  }
}

/** Compressed off the event loop: a quarter of a second in which nothing else would be answered. */
async function render(defaultQuery: string): Promise<Page> {
  const html = renderGraphiQL({
    // Without an endpoint it asks where it was opened.
    title: "Skysail GraphiQL",
    subscriptionsProtocol: "WS",
    defaultQuery,
  });
  const plain = Buffer.from(html);
  return { plain, gzipped: await promisify(gzip)(plain) };
}
