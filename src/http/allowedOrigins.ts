import type { IncomingMessage, ServerResponse } from "node:http";

const MAX_AGE_S = 600;

/** The sites whose pages may read answers (Fetch standard, CORS). Without cookies: pages send a key, or ask openly. */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  has(origin: string | undefined): boolean {
    return origin !== undefined && this.#origins.has(origin);
  }

  /** Says so in the answer's head. True for a browser's question beforehand, which this has answered. */
  answer({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
    if (this.#origins.size === 0) return false;
    // Also where none was sent, since what is sent depends on it.
    response.setHeader("vary", "origin");
    const { origin } = headers;
    if (origin === undefined || !this.#origins.has(origin)) return false;
    response.setHeader("access-control-allow-origin", origin);
    response.setHeader("access-control-expose-headers", "retry-after");
    if (method !== "OPTIONS" || headers["access-control-request-method"] === undefined) return false;
    response.writeHead(204, {
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers": "authorization, content-type, apollo-require-preflight",
      "access-control-max-age": String(MAX_AGE_S),
    });
    response.end();
    return true;
  }
}
