import { createClient } from "graphql-ws";
import type { Client } from "graphql-ws";
import { WebSocket } from "ws";
import { readEvents } from "./eventReader.js";
import type { TestServer } from "./testServer.js";

export interface Answer {
  readonly status: number;
  readonly data: Record<string, unknown> | null | undefined;
  /** Of the errors, and of typed failures in the data. */
  readonly codes: readonly string[];
  readonly text: string;
}

export interface Asked {
  readonly query: string;
  readonly variables: Record<string, unknown>;
}

/** One operation with a key's text, or none. */
export async function askWith(server: TestServer, key: string | undefined, asked: Asked): Promise<Answer> {
  const { status, text } = await server.post(asked, key === undefined ? {} : { authorization: `Bearer ${key}` });
  return { status, ...read(text) };
}

/** The first result as a server-sent event. */
export async function askEvents(server: TestServer, key: string | undefined, asked: Asked): Promise<Answer> {
  const response = await server.events(asked, key === undefined ? {} : { authorization: `Bearer ${key}` });
  if (!response.ok) return { status: response.status, ...read(await response.text()) };
  for await (const { data } of readEvents(response)) return { status: 200, ...read(JSON.stringify(data)) };
  throw new Error("the stream ended before its first result");
}

/**
 * The first result over a websocket. One that is not let in has the code of its closing. `mayBeQuiet`: no result by the
 * time that other operations have been answered is one without codes.
 */
export async function askSocket(
  server: TestServer,
  key: string | undefined,
  asked: Asked,
  mayBeQuiet = false,
): Promise<Answer> {
  const client = createClient({
    url: `${server.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
    ...(key !== undefined && { connectionParams: { authorization: `Bearer ${key}` } }),
  });
  try {
    const first = client.iterate(asked).next();
    const quiet = mayBeQuiet ? answered(client, 10) : new Promise<undefined>(() => undefined);
    const result = await Promise.race([first, quiet]);
    first.catch(() => undefined);
    return { status: 200, ...read(JSON.stringify(result?.value ?? { data: {} })) };
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    return typeof code === "number"
      ? { status: code, data: undefined, codes: [String(code)], text: "" }
      : { status: 200, ...read(JSON.stringify({ errors: error })) };
  } finally {
    await client.dispose();
  }
}

async function answered(client: Client, times: number): Promise<undefined> {
  for (let i = 0; i < times; i++) await client.iterate({ query: "{ __typename }" }).next();
  return undefined;
}

function read(text: string): Omit<Answer, "status"> {
  const { data, errors = [] } = JSON.parse(text) as {
    data?: Record<string, unknown> | null;
    errors?: readonly { extensions?: { code?: string } }[];
  };
  const typed = [...text.matchAll(/"__typename":"(NotFound|BadInput|Conflict|Unavailable|Overloaded)"/g)];
  const codes = errors.map(({ extensions }) => extensions?.code ?? "NONE");
  return { data, codes: [...codes, ...typed.map((match) => match[1] ?? "")], text };
}
