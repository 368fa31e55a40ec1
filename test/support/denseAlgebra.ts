/** Slow and plain linear algebra on full matrices, as an oracle. */

/** ridge I + sum of row row^T. */
export function denseOuterSum(rows: readonly Float64Array[], ridge: number, size: number): Float64Array[] {
  return Array.from({ length: size }, (_, i) =>
    Float64Array.from({ length: size }, (_, j) =>
      rows.reduce((sum, row) => sum + (row[i] as number) * (row[j] as number), i === j ? ridge : 0),
    ),
  );
}

/** Gauss elimination with partial pivoting. */
export function denseSolve(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const rows = matrix.map((row, i) => Float64Array.of(...row, right[i] as number));
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    const pivots = rows.slice(k).map((row) => Math.abs(row[k] as number));
    const pivot = k + pivots.indexOf(Math.max(...pivots));
    const swapped = rows[k] as Float64Array<ArrayBuffer>;
    rows[k] = rows[pivot] as Float64Array<ArrayBuffer>;
    rows[pivot] = swapped;
    for (let i = k + 1; i < size; i++) eliminate(rows[i] as Float64Array, rows[k] as Float64Array, k);
  }
  const x = new Float64Array(size);
  for (let k = size - 1; k >= 0; k--) {
    const row = rows[k] as Float64Array;
    let sum = row[size] as number;
    for (let j = k + 1; j < size; j++) sum -= (row[j] as number) * (x[j] as number);
    x[k] = sum / (row[k] as number);
  }
  return x;
}

function eliminate(row: Float64Array, pivotRow: Float64Array, k: number): void {
  const share = (row[k] as number) / (pivotRow[k] as number);
  for (let j = k; j < row.length; j++) row[j] = (row[j] as number) - share * (pivotRow[j] as number);
}
