import type { Random } from "../domain/ports.js";
import { normal } from "../lib/normal.js";

/**
 * Gaussian projections of a vector, all at once. They lie coordinate by coordinate, so that a coordinate that is 0
 * costs nothing: a bag of words has a dozen others among its hundreds.
 */
export class Projections {
  /** The projected vector; overwritten by the next. */
  readonly values: Float64Array;
  readonly #matrix: Float32Array;
  /** Of the centre, which is taken off. */
  readonly #origin: Float64Array;

  constructor(count: number, centre: Float32Array, random: Random) {
    this.values = new Float64Array(count);
    this.#origin = new Float64Array(count);
    this.#matrix = new Float32Array(count * centre.length);
    for (let i = 0; i < this.#matrix.length; i++) this.#matrix[i] = normal(random);
    this.project(centre);
    this.#origin.set(this.values);
  }

  project(vector: Float32Array): void {
    const values = this.values;
    const matrix = this.#matrix;
    const count = values.length;
    for (let m = 0; m < count; m++) values[m] = -(this.#origin[m] as number);
    for (let j = 0, at = 0; j < vector.length; j++, at += count) {
      const x = vector[j] as number;
      if (x === 0) continue;
      for (let m = 0; m < count; m++) values[m] = (values[m] as number) + x * (matrix[at + m] as number);
    }
  }
}
