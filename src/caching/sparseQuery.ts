/** A coordinate looked up by its place costs as much as so many one after the other: each may be a cache line away. */
const SCATTERED = 8;

/** What a distance to a vector costs, in coordinates one after the other, if so many of the query's are not 0. */
export function distanceWork(dimensions: number, nonZeros: number): number {
  return Math.min(dimensions, SCATTERED * nonZeros);
}

/**
 * A query of mostly zeros, such as a bag of words, whose squared distance to a vector of known squared length takes only
 * its own coordinates: |q|^2 + |x|^2 - 2 q x. In double precision, of numbers in single precision, that is as good as
 * the sum of squares down to some 1e-15 of the lengths.
 */
export class SparseQuery {
  readonly #places: Int32Array;
  readonly #values: Float64Array;
  #count = 0;
  #squaredLength = 0;

  constructor(dimensions: number) {
    this.#places = new Int32Array(dimensions);
    this.#values = new Float64Array(dimensions);
  }

  get nonZeros(): number {
    return this.#count;
  }

  /** False where its coordinates are so many that a plain distance costs no more. */
  read(query: Float32Array): boolean {
    let count = 0;
    let square = 0;
    for (let i = 0; i < query.length; i++) {
      const x = query[i] as number;
      if (x === 0) continue;
      this.#places[count] = i;
      this.#values[count] = x;
      count += 1;
      square += x * x;
    }
    this.#count = count;
    this.#squaredLength = square;
    return SCATTERED * count < query.length;
  }

  /** The squared distance to the vector at `at`. */
  squareTo(vectors: Float32Array, at: number, squaredLength: number): number {
    let product = 0;
    for (let i = 0; i < this.#count; i++)
      product += (this.#values[i] as number) * (vectors[at + (this.#places[i] as number)] as number);
    return Math.max(0, this.#squaredLength + squaredLength - 2 * product);
  }
}

export function squaredLength(vector: Float32Array): number {
  let sum = 0;
  for (const x of vector) sum += x * x;
  return sum;
}
