/** Of a slot in one table: its key, and one more than the slots after and before it in its bucket's chain. */
const LINK_WORDS = 3;
/** Fresh memory is zero, and not touched until it is used: hence slots are written one higher. */
const NONE = 0;

/** Bytes for each slot: the links and its share of the buckets. */
export const TABLE_BYTES_PER_SLOT = 4 * LINK_WORDS + 8;

/**
 * Which slots have which key in which table: chains through typed arrays, the latest first. Slots with other keys can
 * be in a chain, so keys are compared. Memory is taken for all slots at once, which the operating system backs with
 * pages only as they are written.
 */
export class HashTables {
  readonly #tables: number;
  readonly #slots: number;
  readonly #bucketBits: number;
  readonly #heads: Int32Array;
  readonly #links: Int32Array;
  /** When a slot was last a candidate, so that it is one only once in a search. */
  readonly #seen: Uint32Array;
  #search = 0;

  constructor(tables: number, slots: number) {
    this.#tables = tables;
    this.#slots = slots;
    this.#bucketBits = Math.max(4, Math.ceil(Math.log2(slots)));
    this.#heads = new Int32Array(tables << this.#bucketBits);
    this.#links = new Int32Array(tables * slots * LINK_WORDS);
    this.#seen = new Uint32Array(slots);
  }

  insert(slot: number, keys: Uint32Array): void {
    for (let table = 0; table < this.#tables; table++) {
      const key = keys[table] as number;
      const bucket = this.#bucket(table, key);
      const head = this.#heads[bucket] as number;
      const at = (table * this.#slots + slot) * LINK_WORDS;
      this.#links[at] = key;
      this.#links[at + 1] = head;
      this.#links[at + 2] = NONE;
      if (head !== NONE) this.#links[(table * this.#slots + head - 1) * LINK_WORDS + 2] = slot + 1;
      this.#heads[bucket] = slot + 1;
    }
  }

  remove(slot: number): void {
    const links = this.#links;
    for (let table = 0; table < this.#tables; table++) {
      const base = table * this.#slots;
      const at = (base + slot) * LINK_WORDS;
      const next = links[at + 1] as number;
      const previous = links[at + 2] as number;
      if (next !== NONE) links[(base + next - 1) * LINK_WORDS + 2] = previous;
      if (previous !== NONE) links[(base + previous - 1) * LINK_WORDS + 1] = next;
      else this.#heads[this.#bucket(table, links[at] as number)] = next;
    }
  }

  /**
   * Writes each slot that has one of the keys to `out`, at most `most`; returns how many. `keys` are `probes` for
   * each table, of which the first of all tables come first: they are the likeliest.
   */
  candidates(keys: Uint32Array, probes: number, out: Int32Array, most = out.length): number {
    this.#search = (this.#search + 1) >>> 0;
    if (this.#search === 0) {
      this.#seen.fill(0);
      this.#search = 1;
    }
    let found = 0;
    for (let probe = 0; probe < probes; probe++) {
      for (let table = 0; table < this.#tables; table++) {
        const key = (keys[table * probes + probe] as number) | 0;
        let link = this.#heads[this.#bucket(table, key)] as number;
        while (link !== NONE) {
          const slot = link - 1;
          const at = (table * this.#slots + slot) * LINK_WORDS;
          if (this.#links[at] === key && this.#seen[slot] !== this.#search) {
            this.#seen[slot] = this.#search;
            out[found] = slot;
            found += 1;
            if (found === most) return found;
          }
          link = this.#links[at + 1] as number;
        }
      }
    }
    return found;
  }

  /** Fibonacci hashing (Knuth, TAOCP 3, section 6.4) after folding: the keys of some families differ in few bits. */
  #bucket(table: number, key: number): number {
    const mixed = Math.imul(key ^ (key >>> 15), 0x85ebca6b);
    return (table << this.#bucketBits) + (Math.imul(mixed ^ (mixed >>> 13), 0x9e3779b1) >>> (32 - this.#bucketBits));
  }
}
