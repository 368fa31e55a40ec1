import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a client may go on sending a body that has been answered. */
const LINGER_MS = 500;

/**
 * Answers a request whose body may not have been read to its end. The answer is complete before the connection closes:
 * closed with bytes unread it would be reset, and a client that is still sending would see that instead. What it sends
 * meanwhile is dropped as it comes.
 */
export function answerEarly(request: IncomingMessage, response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  const head = {
    "cache-control": "no-store",
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  };
  if (request.complete) {
    response.writeHead(status, head);
    response.end(text);
    return;
  }
  response.writeHead(status, { ...head, connection: "close" });
  response.write(text);
  const close = setTimeout(() => response.end(), LINGER_MS);
  request.once("close", () => clearTimeout(close));
  request.once("end", () => response.end());
  request.resume();
}
