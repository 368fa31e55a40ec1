import { stateKey } from "../domain/learningPorts.js";
import type { StateRef } from "../domain/learningPorts.js";
import type { HeldState } from "./heldState.js";

/** That an entity has no state is remembered too: else each of its queries would ask the database again. */
export const ABSENT = "ABSENT";
type Entry = HeldState | typeof ABSENT;

/** What an entry costs beside its key and its state: objects, its place among its entity's versions. */
const ENTRY_BYTES = 500;
/**
 * What every state costs decoded, beside its bytes: 1,800 as measured. What a policy's own takes more it says itself. Counted of
 * those too that nobody has looked at yet.
 */
const STATE_BYTES = 2000;

interface Slot {
  readonly application: string;
  readonly ref: StateRef;
  entry: Entry;
}

/** Entities' states in this process, the least recently used leave first: what leaves is in the database. */
export class HeldStates {
  readonly #capacityBytes: number;
  /** Least recently used first. */
  readonly #slots = new Map<string, Slot>();
  /** By application and entity the versions that are held: what has changed is found without looking through the rest. */
  readonly #versions = new Map<string, Map<string, readonly number[]>>();
  #bytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  get size(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(application: string, ref: StateRef): Entry | undefined {
    const key = keyOf(application, ref);
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    this.#slots.delete(key);
    this.#slots.set(key, slot);
    return slot.entry;
  }

  /** What is newer stays: a reading may come after a commit that it has not seen. */
  put(application: string, ref: StateRef, entry: Entry): void {
    const key = keyOf(application, ref);
    const before = this.#slots.get(key);
    if (before === undefined) {
      this.#add(key, { application, ref: { policyVersion: ref.policyVersion, entity: ref.entity }, entry });
    } else {
      if (seqOf(before.entry) > seqOf(entry)) return;
      this.#replace(key, before, entry);
    }
    if (this.#bytes > this.#capacityBytes) this.#makeRoom(key);
  }

  #makeRoom(newest: string): void {
    for (const oldest of this.#slots.keys()) {
      if (this.#bytes <= this.#capacityBytes || oldest === newest) return;
      this.#remove(oldest);
    }
  }

  /** The policy versions of which an entity is held, known to be absent included. */
  versionsOf(application: string, entity: string): readonly number[] {
    return this.#versions.get(application)?.get(entity) ?? [];
  }

  forget(application: string, ref: StateRef): void {
    this.#remove(keyOf(application, ref));
  }

  /** Of all versions and entities. */
  forgetApplication(application: string): void {
    for (const [entity, versions] of this.#versions.get(application) ?? []) {
      for (const policyVersion of versions) this.forget(application, { policyVersion, entity });
    }
  }

  /** Those that have a state. */
  *entries(): IterableIterator<{ readonly application: string; readonly ref: StateRef; readonly held: HeldState }> {
    for (const { application, ref, entry } of this.#slots.values()) {
      if (entry !== ABSENT) yield { application, ref, held: entry };
    }
  }

  /** Used last, as if it were new. */
  #replace(key: string, slot: Slot, entry: Entry): void {
    this.#bytes += costOf(key, entry) - costOf(key, slot.entry);
    slot.entry = entry;
    this.#slots.delete(key);
    this.#slots.set(key, slot);
  }

  #add(key: string, slot: Slot): void {
    const { application, ref, entry } = slot;
    this.#slots.set(key, slot);
    this.#bytes += costOf(key, entry);
    const ofApplication = this.#versions.get(application) ?? new Map<string, readonly number[]>();
    this.#versions.set(application, ofApplication);
    ofApplication.set(ref.entity, [...(ofApplication.get(ref.entity) ?? []), ref.policyVersion]);
  }

  #remove(key: string): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    const { application, ref, entry } = slot;
    this.#slots.delete(key);
    this.#bytes -= costOf(key, entry);
    const ofApplication = this.#versions.get(application);
    const others = ofApplication?.get(ref.entity)?.filter((version) => version !== ref.policyVersion) ?? [];
    if (others.length > 0) ofApplication?.set(ref.entity, others);
    else ofApplication?.delete(ref.entity);
    if (ofApplication?.size === 0) this.#versions.delete(application);
  }
}

/** Names of applications have no spaces. */
function keyOf(application: string, ref: StateRef): string {
  return `${application} ${stateKey(ref)}`;
}

function seqOf(entry: Entry): number {
  return entry === ABSENT ? -1 : entry.seq;
}

function costOf(key: string, entry: Entry): number {
  const own = ENTRY_BYTES + 2 * key.length;
  if (entry === ABSENT) return own;
  return own + STATE_BYTES + entry.bytes + (entry.encoded?.length ?? 0) + entry.birth.length;
}
