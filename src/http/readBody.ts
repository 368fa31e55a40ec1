import type { IncomingMessage } from "node:http";

export type Body = { readonly kind: "body"; readonly bytes: Buffer } | { readonly kind: "tooLarge" };

/**
 * The whole body of a request, refused at its Content-Length or at the first byte beyond the limit: nothing larger is
 * ever held in memory. Calls back once, and not at all if the client goes away before that; what comes after `tooLarge`
 * is dropped.
 */
export function readBody(request: IncomingMessage, limitBytes: number, done: (body: Body) => void): void {
  if (Number(request.headers["content-length"] ?? 0) > limitBytes) {
    done({ kind: "tooLarge" });
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    if (length > limitBytes) return;
    length += chunk.length;
    if (length <= limitBytes) {
      chunks.push(chunk);
    } else {
      chunks.length = 0;
      done({ kind: "tooLarge" });
    }
  });
  request.on("end", () => {
    if (length > limitBytes) return;
    const only = chunks[0];
    done({ kind: "body", bytes: chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks) });
  });
}
