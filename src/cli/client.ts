import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";
import type { FailureCode } from "../domain/failure.js";
import { jsonHeaders, keyHeaders } from "./jsonHeaders.js";

const RESPONSE = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string().optional() }).optional() }))
    .optional(),
});
const MAYBE_FAILURE = z.looseObject({
  __typename: z.string(),
  message: z.string().optional(),
  code: z.string().optional(),
});

/** Asks a running server through its public interface, as any client would. */
export class Client {
  /** Without a path. */
  readonly server: string;
  readonly #url: string;

  constructor(url: string) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
      throw refused(`--url ${url}: expected an address like http://127.0.0.1:4000`);
    }
    this.server = url.replace(/\/+$/, "").replace(/\/graphql$/, "");
    this.#url = `${this.server}/graphql`;
  }

  /** What the document's only field gives. Throws a FailureError for what the server refuses, in its own words. */
  async ask<T>(field: string, document: string, variables: object, shape: z.ZodType<T>): Promise<T> {
    const { data, errors } = RESPONSE.parse(await this.#post({ query: document, variables }));
    if (errors !== undefined) throw refused(errorText(errors));
    const result = data?.[field];
    const failed = MAYBE_FAILURE.safeParse(result);
    // Of the types that are answered only failures have a code.
    if (failed.success && failed.data.code !== undefined) {
      const { code, message = code } = failed.data;
      // Fields of a mutation's input are options here.
      throw new FailureError(failure(code as FailureCode, message.replace(/^input\./, "")));
    }
    return shape.parse(result);
  }

  /** What stands at an address below the server's, as it is. */
  async text(path: string): Promise<string> {
    const url = `${this.#url}${path}`;
    const response = await reach(this.#url, url, { headers: jsonHeaders() });
    const text = await response.text();
    if (response.ok) return text;
    const { errors } = RESPONSE.parse(parseAnswer(url, response.status, text));
    throw refused(errors === undefined ? `${url} answers ${response.status}` : errorText(errors));
  }

  async #post(body: object): Promise<unknown> {
    const request = { method: "POST", headers: jsonHeaders(), body: JSON.stringify(body) };
    const response = await reach(this.#url, this.#url, request);
    return parseAnswer(this.#url, response.status, await response.text());
  }
}

function errorText(errors: NonNullable<z.infer<typeof RESPONSE>["errors"]>): string {
  // Which header a key goes in is told to all clients; this one takes it from the environment.
  if (errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED"))
    return unauthenticated(errors[0]?.message);
  return errors.map(({ message }) => message).join("; ");
}

/** What a command says where the server takes nobody without a key, or not this key. */
export function unauthenticated(why = ""): string {
  const isGiven = keyHeaders()["authorization"] !== undefined;
  return isGiven
    ? `the key in SKYSAIL_KEY is not good: ${why}`
    : "the server needs a key: give one in the environment as SKYSAIL_KEY (docs/access.md)";
}

/** Fetches something of the server at `address`. Throws a FailureError, in one line, where none answers. */
export function reach(address: string, url: string | URL, request: RequestInit): Promise<Response> {
  return fetch(url, request).catch((error: unknown) => {
    throw refused(`no server answers at ${address} (${whyUnreached(error)}); start one (npm start) or give --url`);
  });
}

/** Of `fetch`. OpenSSL's own message is a line of numbers and places in its source. */
function whyUnreached(error: unknown): string {
  const { cause } = error as { readonly cause?: { readonly code?: string; readonly message: string } };
  if (cause === undefined) return String(error);
  return cause.code?.startsWith("ERR_SSL") === true ? cause.code : cause.message;
}

function parseAnswer(url: string, status: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refused(`${url} answers ${status} and no JSON; is it a Skysail server? give --url`);
  }
}

/** What ends a command with one line. */
export function refused(message: string): FailureError {
  return new FailureError(failure("BAD_INPUT", message));
}

const CONNECTION = z.object({ edges: z.array(z.object({ node: z.object({ name: z.string() }) })) });

/** The application that was named, or the only one that there is. */
export async function applicationOf(client: Client, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const { edges } = await client.ask(
    "applications",
    "{ applications(first: 100) { edges { node { name } } } }",
    {},
    CONNECTION,
  );
  const [only] = edges;
  if (edges.length === 1 && only !== undefined) return only.node.name;
  const names = edges.map(({ node }) => node.name).join(", ") || "none";
  throw refused(`--application: give one of the server's (${names})`);
}
