import type { EventStreamFront } from "../../../src/graphql/eventStreamFront.js";
import type { ServedOperations } from "../../../src/graphql/prepareOperation.js";
import type { WebsocketFront } from "../../../src/graphql/websocketFront.js";
import { FakeEventResponse, fakeRequest } from "../fakeEventResponse.js";
import { FakeWebsocket } from "../fakeWebsocket.js";

export interface StreamFronts {
  readonly served: ServedOperations;
  readonly websockets: WebsocketFront;
  readonly events: EventStreamFront;
  readonly nowMs: () => number;
}

export interface StreamPayload {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Record<string, unknown> | undefined;
}

/** What a client has heard so far, in words that both ways have. */
export interface Told {
  readonly results: readonly unknown[];
  /** REFUSED: nobody knows the key. CUT: the connection was closed, which neither way has a word for. */
  readonly ended: "OPEN" | "COMPLETE" | "REFUSED" | "CUT";
}

/** One operation on a connection of its own. */
export interface AskedStream {
  told(): Told;
  leave(): void;
}

export function askSocket(
  { websockets }: StreamFronts,
  payload: StreamPayload,
  authorization: string | undefined,
): AskedStream {
  const socket = new FakeWebsocket();
  const say = (message: object): void => void socket.emit("message", JSON.stringify(message));
  socket.send = (text, sent) => {
    FakeWebsocket.prototype.send.call(socket, text, sent);
    if (socket.sent.at(-1)?.type === "connection_ack") say({ id: "1", type: "subscribe", payload });
  };
  websockets.accept(socket, () => "");
  say({ type: "connection_init", payload: { authorization } });
  const ended = (): Told["ended"] => {
    if (socket.codes.length > 0) return socket.codes[0] === 4403 ? "REFUSED" : "CUT";
    return socket.types.some((type) => type === "complete" || type === "error") ? "COMPLETE" : "OPEN";
  };
  return {
    told: () => ({
      // Refused before it began, which events have no word of their own for.
      results: socket.sent.flatMap(({ type, payload: result }) =>
        type === "next" ? [result] : type === "error" ? [{ errors: result }] : [],
      ),
      ended: ended(),
    }),
    leave: () => socket.gone(),
  };
}

export function askEvents(
  { events, served, nowMs }: StreamFronts,
  payload: StreamPayload,
  authorization: string | undefined,
): AskedStream {
  const response = new FakeEventResponse();
  const asked = { request: fakeRequest(authorization), response: response.raw, payload, arrivalMs: nowMs() };
  let failed: unknown;
  events.accept({ ...served, ...asked }).catch((error: unknown) => (failed = error));
  const ended = (): Told["ended"] => {
    if (failed !== undefined) return "CUT";
    if (response.statusCode === 401) return "REFUSED";
    if (response.events.some(({ event }) => event === "complete")) return "COMPLETE";
    return response.writableEnded || response.destroyed ? "CUT" : "OPEN";
  };
  return {
    told: () => ({
      results:
        response.statusCode === 401
          ? []
          : response.events.flatMap(({ event, data }) => (event === "next" ? [data] : [])),
      ended: ended(),
    }),
    leave: () => response.destroy(),
  };
}
