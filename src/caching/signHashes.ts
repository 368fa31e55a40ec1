import type { Random } from "../domain/ports.js";
import { ProbeSequence } from "./hashFamily.js";
import type { HashFamily } from "./hashFamily.js";
import { Projections } from "./projections.js";

/**
 * Signs of Gaussian projections, for the angle at `centre`: two vectors at angle theta share a bit with probability
 * 1 - theta / pi, and a table's key with that to the power of `bits`. (Charikar, STOC 2002, section 3.) A non-negative
 * vector lies in one narrow cone seen from zero, so the centre of the data is better.
 */
export class SignHashes implements HashFamily {
  readonly tables: number;
  readonly #bits: number;
  readonly #projections: Projections;
  readonly #sequence: ProbeSequence;

  constructor(options: { tables: number; bits: number; centre: Float32Array; random: Random }) {
    this.tables = options.tables;
    this.#bits = options.bits;
    this.#projections = new Projections(options.tables * options.bits, options.centre, options.random);
    this.#sequence = new ProbeSequence(options.bits);
    for (let i = 0; i < options.bits; i++) this.#sequence.functions[i] = i;
  }

  keys(vector: Float32Array, out: Uint32Array): void {
    this.#projections.project(vector);
    for (let table = 0; table < this.tables; table++) out[table] = this.#key(table);
  }

  probeKeys(vector: Float32Array, probes: number, out: Uint32Array): void {
    this.#projections.project(vector);
    const { costs, deltas } = this.#sequence;
    for (let table = 0; table < this.tables; table++) {
      for (let i = 0; i < this.#bits; i++) {
        const value = this.#projections.values[table * this.#bits + i] as number;
        costs[i] = value * value;
        deltas[i] = value >= 0 ? -(1 << i) : 1 << i;
      }
      this.#sequence.write(this.#key(table), probes, out, table * probes);
    }
  }

  #key(table: number): number {
    const values = this.#projections.values;
    let key = 0;
    for (let i = 0; i < this.#bits; i++) if ((values[table * this.#bits + i] as number) >= 0) key |= 1 << i;
    return key;
  }
}
