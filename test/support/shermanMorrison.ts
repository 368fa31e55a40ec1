/** Ridge regression that keeps the inverse itself (Sherman and Morrison 1950): what Cholesky factors are compared with. */
export class ShermanMorrison {
  readonly weights: Float64Array;
  readonly #inverse: Float64Array[];

  constructor(mean: readonly number[], ridge: number) {
    this.weights = Float64Array.from(mean);
    this.#inverse = mean.map((_, i) => Float64Array.from(mean, (__, j) => (i === j ? 1 / ridge : 0)));
  }

  observe(features: readonly number[], target: number): void {
    const gain = this.#inverse.map((row) => dot(row, features));
    const spread = 1 + dot(gain, features);
    const residual = target - dot(this.weights, features);
    for (const [i, row] of this.#inverse.entries()) {
      const share = (gain[i] as number) / spread;
      this.weights[i] = (this.weights[i] as number) + share * residual;
      for (let j = 0; j < row.length; j++) row[j] = (row[j] as number) - share * (gain[j] as number);
    }
  }
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
