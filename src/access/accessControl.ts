import { OPEN_ACCESS, SCOPES } from "../domain/access.js";
import type { Access, ApiKey, ApiKeyStore, NewApiKey } from "../domain/access.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import { ApiKeys, hasExpired } from "./apiKeys.js";
import { digestOf, newKeyText } from "./keyText.js";
import { newKeyProblem } from "./newKeyProblem.js";

export type RequestedKey = Omit<NewApiKey, "id" | "digest">;

/** Tokens of others than ours: JSON web tokens by their issuer. */
export interface TokenVerifier {
  accessOf(token: string): Access | string | Promise<Access | string>;
}

export interface AccessControlOptions {
  readonly clock: Clock;
  readonly store: ApiKeyStore;
  /** Undefined: no issuer is trusted. */
  readonly tokens: TokenVerifier | undefined;
  readonly randomBytes: (size: number) => Buffer;
  readonly warn: (message: string) => void;
}

const BEARER = /^Bearer +(\S+) *$/i;
const HOW = "send Authorization: Bearer <API key>, over a websocket in the payload of connection_init";

/**
 * Who may do what. Open as long as no API key was ever made and no issuer of tokens is trusted; from then on everybody
 * needs one or the other, and revoking the last key does not open it again.
 */
export class AccessControl {
  readonly #options: AccessControlOptions;
  readonly #keys: ApiKeys;
  readonly #listeners = new Set<() => void>();
  #unknownCallers = 0;

  constructor(options: AccessControlOptions) {
    this.#options = options;
    const { clock, store, warn } = options;
    const onChange = (): void => {
      for (const listener of this.#listeners) listener();
    };
    this.#keys = new ApiKeys({ clock, store, warn, onChange });
  }

  start(): Promise<void> {
    return this.#keys.start();
  }

  stop(): Promise<void> {
    return this.#keys.stop();
  }

  get isOpen(): boolean {
    return this.#keys.count === 0 && this.#options.tokens === undefined;
  }

  /** How often somebody was not known. */
  get unknownCallers(): number {
    return this.#unknownCallers;
  }

  /** What the header's value allows; UNAUTHENTICATED where it is none, or none that is good now. */
  identify(authorization: string | undefined): Access | Failure | Promise<Access | Failure> {
    if (this.isOpen) return OPEN_ACCESS;
    if (authorization === undefined) return this.#unknown(`a key is needed here: ${HOW}`);
    // Ours all begin alike: no pattern is needed for the usual case.
    const text = authorization.startsWith("Bearer pk_") ? authorization.slice(7) : BEARER.exec(authorization)?.[1];
    if (text === undefined) return this.#unknown(`authorization must be a Bearer token: ${HOW}`);
    if (text.startsWith("pk_")) return this.#accessOr(this.#keys.accessOf(text));
    const { tokens } = this.#options;
    if (tokens === undefined) return this.#unknown(`no key has this text: ${HOW}`);
    const found = tokens.accessOf(text);
    return found instanceof Promise ? found.then((awaited) => this.#accessOr(awaited)) : this.#accessOr(found);
  }

  #accessOr(found: Access | string): Access | Failure {
    return typeof found === "string" ? this.#unknown(found) : found;
  }

  #unknown(message: string): Failure {
    this.#unknownCallers += 1;
    return failure("UNAUTHENTICATED", message);
  }

  hasExpired(access: Access): boolean {
    return hasExpired(access, this.#options.clock.wallMs());
  }

  /** Called when keys are made or revoked. Gives the way to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Oldest first, revoked ones too. */
  keys(): readonly ApiKey[] {
    return this.#keys.all();
  }

  /** Its text is in the answer and nowhere else. In force here at once, on other servers within a moment. */
  async createKey(requested: RequestedKey): Promise<{ readonly key: ApiKey; readonly text: string } | Failure> {
    const problem = newKeyProblem(requested, this.#options.clock.wallMs());
    if (problem !== undefined) return problem;
    const { id, secret, text } = newKeyText(this.#options.randomBytes);
    const created = await this.#options.store.create({ ...requested, id, digest: digestOf(secret) }, firstKeyProblem);
    if (isFailure(created)) return created;
    await this.#keys.refresh();
    return { key: created, text };
  }

  async revokeKey(id: string): Promise<ApiKey | Failure> {
    const revoked = await this.#options.store.revoke(id);
    if (!isFailure(revoked)) await this.#keys.refresh();
    return revoked;
  }
}

/** A key that may do everything: for the first one, from the command line. */
export const ADMINISTRATOR: Omit<RequestedKey, "name"> = {
  scopes: SCOPES,
  applications: undefined,
  rowsPerSecond: undefined,
  expiresAtMs: undefined,
};

/** It takes everybody else's access away: then somebody must be able to give it back. */
function firstKeyProblem({ scopes, applications, expiresAtMs }: NewApiKey): Failure | undefined {
  if (scopes.includes("ADMIN") && applications === undefined && expiresAtMs === undefined) return undefined;
  const limits = [applications && " for single applications", expiresAtMs && " until some time"];
  const got = `${scopes.join(", ")}${limits.filter((limit) => limit !== undefined).join("")}`;
  return badInput(
    ["input", "scopes"],
    "the first key, from which on everybody needs one, to have the scope ADMIN for all applications without an end",
    got,
  );
}
