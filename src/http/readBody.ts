import type { IncomingMessage } from "node:http";

export type Body =
  | { readonly kind: "body"; readonly bytes: Buffer }
  | { readonly kind: "tooLarge" }
  /** The client went away. */
  | { readonly kind: "aborted" };

/**
 * The whole body of a request, refused at its Content-Length or at the first byte beyond the limit: nothing larger is
 * ever held in memory. Calls back once; what comes after `tooLarge` is dropped.
 */
export function readBody(request: IncomingMessage, limitBytes: number, done: (body: Body) => void): void {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) {
    done({ kind: "tooLarge" });
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  let settled = false;
  const settle = (body: Body): void => {
    if (settled) return;
    settled = true;
    done(body);
  };
  request.on("data", (chunk: Buffer) => {
    if (settled) return;
    length += chunk.length;
    if (length > limitBytes) {
      chunks.length = 0;
      settle({ kind: "tooLarge" });
    } else {
      chunks.push(chunk);
    }
  });
  request.on("end", () => {
    const only = chunks[0];
    settle({ kind: "body", bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
  });
  request.on("error", () => settle({ kind: "aborted" }));
  request.on("close", () => settle({ kind: "aborted" }));
}
