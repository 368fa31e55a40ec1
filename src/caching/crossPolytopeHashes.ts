import type { Random } from "../domain/ports.js";
import { ProbeSequence } from "./hashFamily.js";
import type { HashFamily } from "./hashFamily.js";

/** Vertices beside the nearest that a look-up may go to. */
const ALTERNATIVES = 8;
const ROUNDS = 3;

/**
 * The nearest vertex of a randomly rotated cross-polytope, for the angle at `centre`: of d vertex pairs, two unit
 * vectors at distance r share one with ln(1 / p) = r^2 / (4 - r^2) ln d + O(ln ln d), near the optimum. The rotation is
 * pseudo-random: three times random signs and a Hadamard transform. (Andoni et al., NIPS 2015, sections 3 and 4.)
 */
export class CrossPolytopeHashes implements HashFamily {
  readonly tables: number;
  readonly #polytopes: number;
  readonly #centre: Float32Array;
  readonly #signs: Float32Array;
  readonly #multipliers: Int32Array;
  readonly #rotated: Float32Array;
  readonly #sequence: ProbeSequence;
  /** The rotated coordinates of largest magnitude, largest first. */
  readonly #top = new Int32Array(ALTERNATIVES + 1);
  readonly #topValues = new Float64Array(ALTERNATIVES + 1);

  constructor(options: { tables: number; polytopes: number; centre: Float32Array; random: Random }) {
    const { tables, polytopes, centre, random } = options;
    // At least as many coordinates as are ranked.
    const width = Math.max(16, 2 ** Math.ceil(Math.log2(centre.length)));
    this.tables = tables;
    this.#polytopes = polytopes;
    this.#centre = centre;
    this.#rotated = new Float32Array(width);
    this.#signs = Float32Array.from({ length: tables * polytopes * ROUNDS * width }, () => (random() < 0.5 ? -1 : 1));
    this.#multipliers = Int32Array.from({ length: tables * polytopes }, () => (random() * 2 ** 32) | 1);
    this.#sequence = new ProbeSequence(polytopes * ALTERNATIVES);
    for (let i = 0; i < polytopes * ALTERNATIVES; i++) this.#sequence.functions[i] = Math.floor(i / ALTERNATIVES);
  }

  keys(vector: Float32Array, out: Uint32Array): void {
    for (let table = 0; table < this.tables; table++) {
      let key = 0;
      for (let polytope = 0; polytope < this.#polytopes; polytope++) {
        const which = table * this.#polytopes + polytope;
        this.#rotate(vector, which);
        key = (key + Math.imul(this.#vertex(this.#largest()), this.#multipliers[which] as number)) | 0;
      }
      out[table] = key;
    }
  }

  probeKeys(vector: Float32Array, probes: number, out: Uint32Array): void {
    for (let table = 0; table < this.tables; table++) {
      let key = 0;
      for (let polytope = 0; polytope < this.#polytopes; polytope++) {
        const which = table * this.#polytopes + polytope;
        this.#rotate(vector, which);
        key = (key + this.#perturb(polytope, this.#multipliers[which] as number)) | 0;
      }
      this.#sequence.write(key, probes, out, table * probes);
    }
  }

  /** Fills in one polytope's perturbations and returns its part of the key. */
  #perturb(polytope: number, multiplier: number): number {
    this.#rank();
    const { costs, deltas } = this.#sequence;
    const own = this.#vertex(this.#top[0] as number);
    for (let i = 0; i < ALTERNATIVES; i++) {
      const gap = (this.#topValues[0] as number) - (this.#topValues[i + 1] as number);
      costs[polytope * ALTERNATIVES + i] = gap * gap;
      deltas[polytope * ALTERNATIVES + i] = Math.imul(this.#vertex(this.#top[i + 1] as number) - own, multiplier);
    }
    return Math.imul(own, multiplier);
  }

  #vertex(coordinate: number): number {
    return 2 * coordinate + ((this.#rotated[coordinate] as number) < 0 ? 1 : 0);
  }

  #largest(): number {
    const rotated = this.#rotated;
    let best = 0;
    for (let i = 1; i < rotated.length; i++)
      if (Math.abs(rotated[i] as number) > Math.abs(rotated[best] as number)) best = i;
    return best;
  }

  #rank(): void {
    const values = this.#topValues.fill(-1);
    const top = this.#top;
    for (let i = 0; i < this.#rotated.length; i++) {
      const value = Math.abs(this.#rotated[i] as number);
      if (value <= (values[ALTERNATIVES] as number)) continue;
      let at = ALTERNATIVES;
      for (; at > 0 && (values[at - 1] as number) < value; at--) {
        values[at] = values[at - 1] as number;
        top[at] = top[at - 1] as number;
      }
      values[at] = value;
      top[at] = i;
    }
  }

  #rotate(vector: Float32Array, which: number): void {
    const rotated = this.#rotated.fill(0);
    const width = rotated.length;
    for (let i = 0; i < vector.length; i++) rotated[i] = (vector[i] as number) - (this.#centre[i] as number);
    for (let round = 0; round < ROUNDS; round++) {
      const at = (which * ROUNDS + round) * width;
      for (let i = 0; i < width; i++) rotated[i] = (rotated[i] as number) * (this.#signs[at + i] as number);
      hadamard(rotated);
    }
  }
}

/** In place, not normalised: the largest coordinate is the same. */
function hadamard(values: Float32Array): void {
  for (let half = 1; half < values.length; half *= 2) {
    for (let block = 0; block < values.length; block += 2 * half) {
      for (let i = block; i < block + half; i++) {
        const a = values[i] as number;
        const b = values[i + half] as number;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
}
