import type { Access, ApiKey, ApiKeyStore } from "../domain/access.js";
import { messageOf } from "../domain/messageOf.js";
import type { Cancel, Clock } from "../domain/ports.js";
import { isSecretOf, parseKeyText } from "./keyText.js";
import { RowBuckets } from "./rowBuckets.js";

/** A notification may get lost with its connection: a revocation is in force everywhere within five seconds all the same. */
const READ_EVERY_MS = 3_000;
const NOTE_USES_EVERY_MS = 60_000;
/** Digests are kept for so many keys' texts. */
const MAX_TEXTS = 1_000;

export interface ApiKeysOptions {
  readonly clock: Clock;
  readonly store: ApiKeyStore;
  readonly warn: (message: string) => void;
  /** Keys are other ones than before. */
  readonly onChange: () => void;
}

/**
 * The API keys as this server knows them: read at the start, after each notification, and every few seconds. While the
 * database cannot be asked, those that were known stay good.
 */
export class ApiKeys {
  readonly #options: ApiKeysOptions;
  #keys: ReadonlyMap<string, ApiKey> = new Map();
  /** By a key's whole text, of those that were found good: a request costs one look-up, not a digest. */
  readonly #known = new Map<string, Access>();
  /** Counts go on when keys are read again. */
  readonly #limits = new Map<string, RowBuckets>();
  #uses = new Map<string, number>();
  #subscription: { stop(): Promise<void> } | undefined;
  #reading: Promise<void> | undefined;
  #again = false;
  #cancelRead: Cancel | undefined;
  #cancelNote: Cancel | undefined;
  #isStopped = false;

  constructor(options: ApiKeysOptions) {
    this.#options = options;
  }

  /** Ever made, revoked ones too. */
  get count(): number {
    return this.#keys.size;
  }

  /** Oldest first, revoked ones too. */
  all(): readonly ApiKey[] {
    return [...this.#keys.values()];
  }

  /** Listens before it reads. Rejects when the keys cannot be had: without them nobody can be known. */
  async start(): Promise<void> {
    this.#subscription = await this.#options.store.onChange(() => void this.refresh());
    this.#take(await this.#options.store.read());
    this.#readLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRead?.();
    this.#cancelNote?.();
    await this.#subscription?.stop();
    await this.#reading;
    await this.#noteUses();
  }

  /** What the text of a key allows; a text in words where it is no good. */
  accessOf(text: string): Access | string {
    const nowMs = this.#options.clock.wallMs();
    const known = this.#known.get(text);
    if (known !== undefined && !hasExpired(known, nowMs)) {
      this.#noteUse(known.keyId ?? "", nowMs);
      return known;
    }
    return this.#find(text, nowMs);
  }

  #find(text: string, nowMs: number): Access | string {
    const parsed = parseKeyText(text);
    if (parsed === undefined) return "the API key must look like pk_<16 hexadecimal digits>_<43 characters>";
    const key = this.#keys.get(parsed.id);
    // Nothing is told of a key to someone who does not have its secret.
    if (!isSecretOf(parsed.secret, key?.digest) || key === undefined) return "no key has this text: ask for one";
    if (key.revokedAtMs !== undefined) return `key ${key.id} is revoked: ask for another one`;
    const access = this.#accessOf(key);
    if (hasExpired(access, nowMs)) return `key ${key.id} has expired: ask for another one`;
    if (this.#known.size >= MAX_TEXTS) this.#known.clear();
    this.#known.set(text, access);
    this.#noteUse(key.id, nowMs);
    return access;
  }

  /** Calls that come while one reads share one more reading, which begins after them. */
  refresh(): Promise<void> {
    if (this.#reading !== undefined) this.#again = true;
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    do {
      this.#again = false;
      try {
        const keys = await this.#options.store.read();
        if (!this.#isStopped) this.#take(keys);
      } catch (error) {
        this.#options.warn(`API keys could not be read again: ${messageOf(error)}`);
      }
    } while (this.#again && !this.#isStopped);
  }

  #take(keys: readonly ApiKey[]): void {
    const before = this.#keys;
    this.#keys = new Map(keys.map((key) => [key.id, key]));
    const isSame = before.size === keys.length && keys.every((key) => rightsOf(key) === rightsOf(before.get(key.id)));
    if (isSame) return;
    this.#known.clear();
    for (const id of this.#limits.keys()) if (this.#keys.get(id)?.revokedAtMs !== undefined) this.#limits.delete(id);
    this.#options.onChange();
  }

  #readLater(): void {
    const { clock } = this.#options;
    this.#cancelRead = clock.at(clock.nowMs() + READ_EVERY_MS, () => {
      void this.refresh().then(() => {
        if (!this.#isStopped) this.#readLater();
      });
    });
  }

  #accessOf({ id, scopes, applications, expiresAtMs, rowsPerSecond }: ApiKey): Access {
    return {
      keyId: id,
      scopes: new Set(scopes),
      applications: applications && new Set(applications),
      expiresAtMs,
      limit: rowsPerSecond === undefined ? undefined : this.#limitOf(id, rowsPerSecond),
    };
  }

  #limitOf(id: string, rowsPerSecond: number): RowBuckets {
    const known = this.#limits.get(id);
    if (known?.rowsPerSecond === rowsPerSecond) return known;
    const limit = new RowBuckets(rowsPerSecond, () => this.#options.clock.nowMs());
    this.#limits.set(id, limit);
    return limit;
  }

  #noteUse(id: string, nowMs: number): void {
    this.#uses.set(id, nowMs);
    if (this.#cancelNote !== undefined) return;
    const { clock } = this.#options;
    this.#cancelNote = clock.at(clock.nowMs() + NOTE_USES_EVERY_MS, () => {
      this.#cancelNote = undefined;
      void this.#noteUses();
    });
  }

  async #noteUses(): Promise<void> {
    const uses = this.#uses;
    if (uses.size === 0) return;
    this.#uses = new Map();
    try {
      await this.#options.store.noteUses(uses);
    } catch (error) {
      this.#options.warn(`when API keys were used could not be noted: ${String(error)}`);
    }
  }
}

export function hasExpired({ expiresAtMs }: Pick<Access, "expiresAtMs">, wallMs: number): boolean {
  return expiresAtMs !== undefined && wallMs >= expiresAtMs;
}

/** Everything about a key that its access depends on. */
function rightsOf(key: ApiKey | undefined): string {
  if (key === undefined) return "";
  const { id, scopes, applications, rowsPerSecond, expiresAtMs, revokedAtMs } = key;
  return JSON.stringify([id, scopes, applications, rowsPerSecond, expiresAtMs, revokedAtMs]);
}
