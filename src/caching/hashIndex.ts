const SMALLEST = 16;
/** No such slot. */
export const NONE = -1;

/**
 * Values by 32-bit tags, several by one tag if need be: linear probing in one typed array, 8 bytes a slot, three
 * eighths to three quarters full. Removal closes the gap (Knuth, The Art of Computer Programming 3, 6.4, algorithm R),
 * so that no tombstones slow a table whose entries come and go for days.
 */
class HashTable {
  /** Tag and value + 1 in turn; 0 in place of the value: empty. */
  #slots = new Int32Array(2 * SMALLEST);
  #mask = SMALLEST - 1;
  #size = 0;

  /** The first slot of that tag, or `NONE`. Slots hold until the next `insert` or `remove`. */
  first(tag: number): number {
    return this.#scan(tag, tag & this.#mask);
  }

  /** The next slot of that tag after `slot`, or `NONE`. */
  next(tag: number, slot: number): number {
    return this.#scan(tag, (slot + 1) & this.#mask);
  }

  valueAt(slot: number): number {
    return ((this.#slots[2 * slot + 1] as number) - 1) >>> 0;
  }

  insert(tag: number, value: number): void {
    if (4 * (this.#size + 1) > 3 * (this.#mask + 1)) this.#resize(2 * (this.#mask + 1));
    this.#size += 1;
    this.#put(tag | 0, (value + 1) | 0);
  }

  replace(tag: number, value: number, by: number): void {
    const slot = this.#locate(tag, value);
    if (slot !== NONE) this.#slots[2 * slot + 1] = (by + 1) | 0;
  }

  remove(tag: number, value: number): boolean {
    let hole = this.#locate(tag, value);
    if (hole === NONE) return false;
    const slots = this.#slots;
    const mask = this.#mask;
    for (let at = (hole + 1) & mask; slots[2 * at + 1] !== 0; at = (at + 1) & mask) {
      const home = (slots[2 * at] as number) & mask;
      // What lies between its home and the hole must stay: a search for it would end at the hole.
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots[2 * hole] = slots[2 * at] as number;
      slots[2 * hole + 1] = slots[2 * at + 1] as number;
      hole = at;
    }
    slots[2 * hole + 1] = 0;
    this.#size -= 1;
    if (8 * this.#size < mask && mask >= 2 * SMALLEST) this.#resize((mask + 1) / 2);
    return true;
  }

  #scan(tag: number, slot: number): number {
    const slots = this.#slots;
    for (; slots[2 * slot + 1] !== 0; slot = (slot + 1) & this.#mask) if (slots[2 * slot] === tag) return slot;
    return NONE;
  }

  #locate(tag: number, value: number): number {
    let slot = this.first(tag);
    while (slot !== NONE && this.valueAt(slot) !== value) slot = this.next(tag, slot);
    return slot;
  }

  #put(tag: number, stored: number): void {
    let slot = tag & this.#mask;
    while (this.#slots[2 * slot + 1] !== 0) slot = (slot + 1) & this.#mask;
    this.#slots[2 * slot] = tag;
    this.#slots[2 * slot + 1] = stored;
  }

  #resize(slots: number): void {
    const old = this.#slots;
    this.#slots = new Int32Array(2 * slots);
    this.#mask = slots - 1;
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.#put(old[i] as number, old[i + 1] as number);
  }
}

const TABLE_BITS = 6;

/**
 * Finds values by tags. Tags must be spread evenly: their upper bits choose one of 64 tables and their lower bits the
 * slot. So many, because a table that has become too small is made anew at once: the whole index of a million entries
 * would hold up everything else for 20 ms, a part of it does for a third of one. Values are whole numbers from 0 to
 * 2^32 - 2.
 */
export class HashIndex {
  readonly #tables = Array.from({ length: 2 ** TABLE_BITS }, () => new HashTable());

  /** For walks over all values of a tag. */
  tableOf(tag: number): HashTable {
    return this.#tables[tag >>> (32 - TABLE_BITS)] as HashTable;
  }

  /** Any value of that tag. */
  find(tag: number): number | undefined {
    const table = this.tableOf(tag);
    const slot = table.first(tag);
    return slot === NONE ? undefined : table.valueAt(slot);
  }

  insert(tag: number, value: number): void {
    this.tableOf(tag).insert(tag, value);
  }

  /** Gives a new value to what has that tag and value. */
  replace(tag: number, value: number, by: number): void {
    this.tableOf(tag).replace(tag, value, by);
  }

  /** False: nothing had that tag and value. */
  remove(tag: number, value: number): boolean {
    return this.tableOf(tag).remove(tag, value);
  }
}
