import { stateKey } from "../domain/learningPorts.js";
import type { StateRef } from "../domain/learningPorts.js";
import type { HeldState } from "./heldState.js";

/** That an entity has no state is remembered too: else each of its queries would ask the database again. */
export const ABSENT = "ABSENT";
type Entry = HeldState | typeof ABSENT;

/** What an entry costs beside its encoded state: objects, keys, the birth. */
const OVERHEAD_BYTES = 400;

/** Entities' states in this process, the least recently used leave first: what leaves is in the database. */
export class HeldStates {
  readonly #capacityBytes: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(application: string, ref: StateRef): Entry | undefined {
    const key = keyOf(application, ref);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** What is newer stays: a reading may come after a commit that it has not seen. */
  put(application: string, ref: StateRef, entry: Entry): void {
    const key = keyOf(application, ref);
    const before = this.#entries.get(key);
    if (before !== undefined && seqOf(before) > seqOf(entry)) return;
    this.#remove(key);
    this.#entries.set(key, entry);
    this.#bytes += costOf(key, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#capacityBytes || oldest === key) return;
      this.#remove(oldest);
    }
  }

  forget(application: string, ref: StateRef): void {
    this.#remove(keyOf(application, ref));
  }

  /** Of one application, all versions and entities: `all` decides by reference. */
  forgetWhere(application: string, all: (ref: StateRef) => boolean): void {
    for (const key of this.#entries.keys()) {
      const ref = refOf(application, key);
      if (ref !== undefined && all(ref)) this.#remove(key);
    }
  }

  /** Those with more observations than the database has as a whole. */
  *entries(): IterableIterator<{ readonly application: string; readonly ref: StateRef; readonly held: HeldState }> {
    for (const [key, held] of this.#entries) {
      const application = key.slice(0, key.indexOf(" "));
      const ref = refOf(application, key);
      if (held !== ABSENT && ref !== undefined) yield { application, ref, held };
    }
  }

  #remove(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= costOf(key, entry);
  }
}

/** Names of applications have no spaces. */
function keyOf(application: string, ref: StateRef): string {
  return `${application} ${stateKey(ref)}`;
}

function refOf(application: string, key: string): StateRef | undefined {
  if (!key.startsWith(`${application} `)) return undefined;
  const rest = key.slice(application.length + 1);
  const space = rest.indexOf(" ");
  return { policyVersion: Number(rest.slice(0, space)), entity: rest.slice(space + 1) };
}

function seqOf(entry: Entry): number {
  return entry === ABSENT ? -1 : entry.seq;
}

function costOf(key: string, entry: Entry): number {
  return (
    OVERHEAD_BYTES +
    2 * key.length +
    (entry === ABSENT ? 0 : entry.bytes + (entry.encoded?.length ?? 0) + entry.birth.length)
  );
}
