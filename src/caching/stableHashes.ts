import type { Random } from "../domain/ports.js";
import { ProbeSequence } from "./hashFamily.js";
import type { HashFamily } from "./hashFamily.js";
import { Projections } from "./projections.js";

/**
 * floor((a x + b) / width) with Gaussian a, for L2: with u = width / distance, two vectors share a value with
 * probability 1 - 2 Phi(-u) - 2 / (sqrt(2 pi) u) (1 - exp(-u^2 / 2)), and a table's key with that to the power of
 * `functions`. (Datar et al., SoCG 2004, section 3.2.)
 */
export class StableHashes implements HashFamily {
  readonly tables: number;
  readonly #functions: number;
  readonly #width: number;
  readonly #projections: Projections;
  readonly #shifts: Float64Array;
  /** A key is the sum of the values times these, so that a neighbouring bucket's key is one addition away. */
  readonly #multipliers: Int32Array;
  readonly #fractions: Float64Array;
  readonly #sequence: ProbeSequence;

  constructor(options: { tables: number; functions: number; width: number; dimensions: number; random: Random }) {
    const { tables, functions, random } = options;
    const count = tables * functions;
    this.tables = tables;
    this.#functions = functions;
    this.#width = options.width;
    this.#projections = new Projections(count, new Float32Array(options.dimensions), random);
    this.#shifts = Float64Array.from({ length: count }, random);
    this.#multipliers = Int32Array.from({ length: count }, () => (random() * 2 ** 32) | 1);
    this.#fractions = new Float64Array(count);
    this.#sequence = new ProbeSequence(2 * functions);
    for (let i = 0; i < 2 * functions; i++) this.#sequence.functions[i] = i >> 1;
  }

  keys(vector: Float32Array, out: Uint32Array): void {
    this.#projections.project(vector);
    for (let table = 0; table < this.tables; table++) out[table] = this.#key(table);
  }

  probeKeys(vector: Float32Array, probes: number, out: Uint32Array): void {
    this.#projections.project(vector);
    const { costs, deltas } = this.#sequence;
    for (let table = 0; table < this.tables; table++) {
      const key = this.#key(table);
      for (let i = 0; i < this.#functions; i++) {
        const fraction = this.#fractions[table * this.#functions + i] as number;
        const multiplier = this.#multipliers[table * this.#functions + i] as number;
        costs[2 * i] = fraction * fraction;
        deltas[2 * i] = -multiplier;
        costs[2 * i + 1] = (1 - fraction) * (1 - fraction);
        deltas[2 * i + 1] = multiplier;
      }
      this.#sequence.write(key, probes, out, table * probes);
    }
  }

  /** Also leaves each function's place within its cell in `#fractions`. */
  #key(table: number): number {
    let key = 0;
    const end = (table + 1) * this.#functions;
    for (let m = table * this.#functions; m < end; m++) {
      const place = (this.#projections.values[m] as number) / this.#width + (this.#shifts[m] as number);
      const cell = Math.floor(place);
      this.#fractions[m] = place - cell;
      key = (key + Math.imul(cell, this.#multipliers[m] as number)) | 0;
    }
    return key;
  }
}
