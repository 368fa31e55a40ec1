import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { renderGraphiQL } from "@graphql-yoga/render-graphiql";

/** GraphiQL in one page that loads nothing from elsewhere: 9 MB, a quarter of it compressed, made when first asked for. */
export class GraphiqlPage {
  readonly #firstQuery: string;
  #page: { readonly plain: Buffer; readonly gzipped: Buffer } | undefined;

  /** `firstQuery` is what a visitor finds in the editor. */
  constructor(firstQuery: string) {
    this.#firstQuery = firstQuery;
  }

  send(request: IncomingMessage, response: ServerResponse): void {
    this.#page ??= render(this.#firstQuery);
    const gzip = String(request.headers["accept-encoding"] ?? "").includes("gzip");
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      vary: "accept, accept-encoding",
      ...(gzip && { "content-encoding": "gzip" }),
    });
    response.end(gzip ? this.#page.gzipped : this.#page.plain);
  }
}

function render(defaultQuery: string): { plain: Buffer; gzipped: Buffer } {
  const html = renderGraphiQL({
    title: "Skysail GraphiQL",
    endpoint: "/graphql",
    subscriptionsProtocol: "WS",
    defaultQuery,
  });
  const plain = Buffer.from(html);
  return { plain, gzipped: gzipSync(plain) };
}
