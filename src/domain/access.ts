import type { Failure } from "./failure.js";

/** What a key may be used for. None includes another. */
export const SCOPES = ["PREDICT", "OBSERVE", "READ", "METRICS", "ADMIN"] as const;
export type Scope = (typeof SCOPES)[number];

/** What rows are counted for, each apart from the others: learning goes on when the quota of predictions is used up. */
export const BUCKETS = ["PREDICT", "OBSERVE", "OTHER"] as const;
export type Bucket = (typeof BUCKETS)[number];

/** Rows that one request asks for. */
export type Costs = Readonly<Record<Bucket, number>>;

/** What whoever asks may do and see. */
export interface Access {
  /** Of the API key, or issuer and subject of a token; undefined where access is open. */
  readonly keyId: string | undefined;
  readonly scopes: ReadonlySet<Scope>;
  /** Undefined: all. */
  readonly applications: ReadonlySet<string> | undefined;
  /** Wall clock; undefined: never. */
  readonly expiresAtMs: number | undefined;
  /** Undefined: as much as one likes. */
  readonly limit: RowLimit | undefined;
}

/** Counts rows against what a key may ask for. */
export interface RowLimit {
  /** Takes all of it and gives undefined, or takes nothing and says why. */
  take(costs: Costs): { readonly bucket: Bucket; readonly retryAfterMs: number } | undefined;
  readonly rowsPerSecond: number;
}

/** Everybody's, where no key has been made. */
export const OPEN_ACCESS: Access = {
  keyId: undefined,
  scopes: new Set(SCOPES),
  applications: undefined,
  expiresAtMs: undefined,
  limit: undefined,
};

/** The process's own, for what it sets up through its own API. */
export const OWN_ACCESS: Access = { ...OPEN_ACCESS, keyId: "server" };

/** Of a connection that is being closed. */
export const NO_ACCESS: Access = { ...OPEN_ACCESS, keyId: "", scopes: new Set(), applications: new Set() };

export function sees({ applications }: Access, application: string): boolean {
  return applications === undefined || applications.has(application);
}

export interface ApiKey {
  /** 16 hexadecimal digits, the part of the key's text that is no secret. */
  readonly id: string;
  /** Of the client whose key it is: two of one name may be active at once, so that they can be exchanged. */
  readonly name: string;
  /** SHA-256 of the secret. It is random, so that nothing slower is needed. */
  readonly digest: Uint8Array;
  readonly scopes: readonly Scope[];
  /** Undefined: all, those to come too. */
  readonly applications: readonly string[] | undefined;
  /** Undefined: no limit. */
  readonly rowsPerSecond: number | undefined;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | undefined;
  readonly revokedAtMs: number | undefined;
  readonly lastUsedAtMs: number | undefined;
}

export type NewApiKey = Omit<ApiKey, "createdAtMs" | "revokedAtMs" | "lastUsedAtMs">;

/** API keys, shared by all servers on the database. Every change notifies all of them. */
export interface ApiKeyStore {
  /** Revoked and expired ones too, oldest first. Rejects when the database cannot be asked. */
  read(): Promise<readonly ApiKey[]>;
  /** CONFLICT when two keys of the name are active. BAD_INPUT for a first key that `mayBeFirst` refuses. */
  create(key: NewApiKey, mayBeFirst: (key: NewApiKey) => Failure | undefined): Promise<ApiKey | Failure>;
  /** A revoked one stays as it is. NOT_FOUND for an unknown id. CONFLICT for the last key that may make others. */
  revoke(id: string): Promise<ApiKey | Failure>;
  /** When keys were last used: milliseconds on the wall clock by id. */
  noteUses(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Calls `changed` after each change by any server, and after each reconnect. */
  onChange(changed: () => void): Promise<{ stop(): Promise<void> }>;
}

/** One change by an administrator, or an attempt at one. Inputs and secrets are no part of it. */
export interface AuditEntry {
  /** Wall clock. */
  readonly atMs: number;
  /** Empty where access was open. */
  readonly keyId: string;
  readonly address: string;
  /** The mutation. */
  readonly action: string;
  /** Name of the application, model or key that it was about; empty for none. */
  readonly target: string;
  /** OK, or the code of the failure. */
  readonly outcome: string;
}

export interface StoredAuditEntry extends AuditEntry {
  /** From 1, without gaps. */
  readonly seq: number;
  readonly previousHash: Uint8Array;
  readonly hash: Uint8Array;
}

export interface AuditHead {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** The audit log in the order in which it was written: a chain, so that what is changed later shows. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<Failure | undefined>;
  /** Before `seq`, newest first. */
  before(seq: number, count: number): Promise<readonly StoredAuditEntry[] | Failure>;
  /** After `seq`, oldest first. */
  after(seq: number, count: number): Promise<readonly StoredAuditEntry[] | Failure>;
  head(): Promise<AuditHead | Failure>;
}
