import { createHash } from "node:crypto";
import { GraphQLError } from "graphql";
import { isObject } from "../lib/isObject.js";
import { refusal } from "./accessRefusal.js";

const MAX_ENTRIES = 1000;
const MAX_CHARACTERS = 4 * 2 ** 20;

/** What a client sent, whichever way. */
type Sent = Readonly<Record<string, unknown>>;

/**
 * Operations that clients name by their hash instead of sending their text, as Apollo's automatic persisted queries do
 * (`extensions.persistedQuery.sha256Hash`) or with a `documentId`. With an allow-list nothing else is answered; without one
 * the texts that clients have sent with their hash are kept, the least recently used given up beyond 1,000 or 4 Mi
 * characters.
 */
export class PersistedOperations {
  readonly #allowed: ReadonlyMap<string, string> | undefined;
  readonly #allowedTexts: ReadonlySet<string> | undefined;
  /** Least recently used first. */
  readonly #kept = new Map<string, string>();
  #characters = 0;

  /** `allowed`: texts by id; undefined: whatever clients send. */
  constructor(allowed?: ReadonlyMap<string, string>) {
    this.#allowed = allowed;
    this.#allowedTexts = allowed && new Set(allowed.values());
  }

  /**
   * The same as if its text had been sent. Throws a GraphQLError: PERSISTED_QUERY_NOT_FOUND, upon which clients send the
   * text as well; FORBIDDEN for what is not on the list; BAD_INPUT for a hash that is another text's.
   */
  withText(sent: Sent): Sent {
    const id = idOf(sent);
    const { query } = sent;
    // The websocket protocol wants a text: clients that name the operation leave it empty.
    if (typeof query === "string" && !(query === "" && id !== undefined)) {
      if (id?.isHash === true) this.#check(id.value, query);
      this.#admit(query);
      if (id?.isHash === true && this.#allowed === undefined) this.#keep(id.value, query);
      return id === undefined ? sent : plain(sent, query);
    }
    if (id === undefined) return sent;
    const text = this.#allowed === undefined ? this.#recall(id.value) : this.#allowed.get(id.value);
    if (text === undefined) throw notFound();
    return plain(sent, text);
  }

  #check(hash: string, text: string): void {
    if (createHash("sha256").update(text).digest("hex") === hash.toLowerCase()) return;
    throw new GraphQLError("sha256Hash is not the SHA-256 of query, in hexadecimal digits", {
      extensions: { code: "BAD_INPUT" },
    });
  }

  #admit(text: string): void {
    if (this.#allowedTexts?.has(text) !== false) return;
    const remedy = "add it to the file that --operations names";
    throw refusal(
      "FORBIDDEN",
      `this server answers only the operations on its list, and this is none of them: ${remedy}`,
    );
  }

  #recall(id: string): string | undefined {
    const text = this.#kept.get(id);
    if (text !== undefined) this.#keep(id, text);
    return text;
  }

  #keep(id: string, text: string): void {
    this.#forget(id);
    this.#kept.set(id, text);
    this.#characters += text.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MAX_ENTRIES && this.#characters <= MAX_CHARACTERS) break;
      this.#forget(oldest);
    }
  }

  #forget(id: string): void {
    this.#characters -= this.#kept.get(id)?.length ?? 0;
    this.#kept.delete(id);
  }
}

/** How the operation is named, if it is. */
function idOf({ documentId, extensions }: Sent): { readonly value: string; readonly isHash: boolean } | undefined {
  const persisted = isObject(extensions) ? extensions["persistedQuery"] : undefined;
  if (isObject(persisted)) {
    const { version, sha256Hash } = persisted;
    if (version !== 1 || typeof sha256Hash !== "string") {
      throw new GraphQLError("extensions.persistedQuery: expected version 1 and a text sha256Hash", {
        extensions: { code: "BAD_INPUT" },
      });
    }
    return { value: sha256Hash, isHash: true };
  }
  return typeof documentId === "string" ? { value: documentId, isHash: false } : undefined;
}

/** Without what named it; other extensions stay. */
function plain({ documentId: _id, extensions, ...rest }: Sent, query: string): Sent {
  const { persistedQuery: _persisted, ...others } = isObject(extensions) ? extensions : {};
  return { ...rest, query, ...(Object.keys(others).length > 0 && { extensions: others }) };
}

/** Its message and code are what Apollo's clients look for. */
function notFound(): GraphQLError {
  return new GraphQLError("PersistedQueryNotFound", { extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } });
}
