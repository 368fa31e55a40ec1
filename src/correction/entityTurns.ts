import { ByteWriter } from "../lib/byteCursor.js";
import type { ByteReader } from "../lib/byteCursor.js";
import { hash128 } from "../lib/hashBytes.js";

/** What an entity has learned from before its answers are judged: as many as a prior is estimated from. */
const EXAMPLES = 20;
/** Of whom turns are counted: five bytes each, in a state that is written with every group. */
const MAX_ENTITIES = 128;

/**
 * Which observations are of entities that have had their examples before, with bounded memory however many entities
 * come: turns are counted of the 128 whose names have the least hashes, a sample that no order of arrival can move.
 */
export class EntityTurns {
  /** By hash of the name. */
  readonly #turns = new Map<number, number>();
  /** Hashes from here on are not of the sample. */
  #ceiling = 0x1_0000_0000;

  /** True from the turn on that comes after the entity's examples; false for those who are not counted. */
  next(entity: string): boolean {
    const hash = hashOf(entity);
    if (hash >= this.#ceiling) return false;
    const turns = this.#turns.get(hash) ?? 0;
    this.#turns.set(hash, Math.min(EXAMPLES, turns + 1));
    if (this.#turns.size > MAX_ENTITIES) {
      this.#ceiling = Math.max(...this.#turns.keys());
      this.#turns.delete(this.#ceiling);
    }
    return turns >= EXAMPLES;
  }

  encode(): Uint8Array {
    const to = new ByteWriter().float64(this.#ceiling).uint8(this.#turns.size);
    for (const [hash, turns] of this.#turns) to.uint32(hash).uint8(turns);
    return to.take();
  }

  static read(from: ByteReader): EntityTurns {
    const counted = new EntityTurns();
    counted.#ceiling = from.count64();
    const size = from.uint8();
    if (size > MAX_ENTITIES) throw new RangeError(`turns of ${size} entities: at most ${MAX_ENTITIES}`);
    for (let i = 0; i < size; i++) counted.#turns.set(from.uint32(), from.uint8());
    return counted;
  }
}

const encoder = new TextEncoder();
/** Nothing is called while it is in use. */
const words = new Uint32Array(4);

function hashOf(entity: string): number {
  hash128([encoder.encode(entity)], 0, words);
  return words[0] as number;
}
