import type { ServerResponse } from "node:http";

/** Announced to clients (`Keep-Alive: timeout=5`). */
export const KEEP_ALIVE_SECONDS = 5;

/**
 * Whether node would write this answer with the usual head and keep its connection: HTTP/1.1, its turn on a connection that
 * takes it, no header set so far, and no end announced by either side.
 */
export function isPlainAnswer(response: ServerResponse): boolean {
  const { socket, req } = response;
  if (socket === null || !socket.writable || response.destroyed || response.headersSent) return false;
  if (!response.shouldKeepAlive || req.httpVersionMinor !== 1) return false;
  return response.getHeaderNames().length === 0;
}

/**
 * Head and body in one write, past the response's own: node:http builds and checks a head anew for every answer and hands
 * the socket two pieces, a seventh of what a request costs a server that does nothing else (docs/performance.md). `finish`
 * is what its server waits for to let go of a response and go on with the connection, as after `end`; node does not
 * document that, and a test holds it.
 */
export function writeWhole(response: ServerResponse, message: string, isAscii: boolean): void {
  response.socket?.write(message, isAscii ? "latin1" : "utf8");
  response.emit("finish");
}
