/**
 * The Cholesky factor L of a symmetric positive definite matrix A = L L^T of `size` rows, as a packed lower triangle:
 * column after column, each from its diagonal down, which is the order in which everything here walks it. Nothing
 * allocates; vectors are overwritten where it is said.
 */

export function packedLength(size: number): number {
  return (size * (size + 1)) / 2;
}

/** Where column `column` starts, with its diagonal. */
export function columnStart(size: number, column: number): number {
  return column * size - (column * (column - 1)) / 2;
}

/** The factor of a diagonal matrix. */
export function factorOfDiagonal(diagonal: Float64Array): Float64Array {
  const size = diagonal.length;
  const factor = new Float64Array(packedLength(size));
  for (let k = 0, at = 0; k < size; at += size - k, k++) factor[at] = Math.sqrt(diagonal[k] as number);
  return factor;
}

/**
 * One more row x of a least squares problem with right sides y, in place: A = L L^T becomes A + x x^T, and z, which is
 * L^-1 of the summed right sides (coordinate after coordinate, `y.length` each), goes with it. One Givens rotation a
 * column (Golub and Van Loan, Matrix Computations, 6.5.2 on appended rows): O(size^2), and backward stable since rotations keep
 * lengths. `x` is 0 before `first`; it is overwritten, and `y` becomes what the row adds to the least residual.
 */
export function addRow(factor: Float64Array, z: Float64Array, x: Float64Array, y: Float64Array, first = 0): void {
  const size = x.length;
  for (let k = first, at = columnStart(size, first); k < size; at += size - k, k++) {
    const entering = x[k] as number;
    if (entering === 0) continue;
    const diagonal = factor[at] as number;
    const length = Math.sqrt(diagonal * diagonal + entering * entering);
    const cosine = diagonal / length;
    const sine = entering / length;
    factor[at] = length;
    for (let i = k + 1, below = at + 1; i < size; i++, below++) {
      const inFactor = factor[below] as number;
      const inX = x[i] as number;
      factor[below] = cosine * inFactor + sine * inX;
      x[i] = cosine * inX - sine * inFactor;
    }
    for (let target = 0, right = k * y.length; target < y.length; target++, right++) {
      const inZ = z[right] as number;
      const inY = y[target] as number;
      z[right] = cosine * inZ + sine * inY;
      y[target] = cosine * inY - sine * inZ;
    }
  }
}

const NO_RIGHT_SIDES = new Float64Array(0);

/** A becomes A + x x^T, in place; `x` is 0 before `first`, and is overwritten. */
export function addOuterProduct(factor: Float64Array, x: Float64Array, first = 0): void {
  addRow(factor, NO_RIGHT_SIDES, x, NO_RIGHT_SIDES, first);
}

/** `x` becomes L^-1 x. */
export function solveLower(factor: Float64Array, x: Float64Array): void {
  const size = x.length;
  for (let k = 0, at = 0; k < size; at += size - k, k++) {
    const value = (x[k] as number) / (factor[at] as number);
    x[k] = value;
    if (value === 0) continue;
    for (let i = k + 1, below = at + 1; i < size; i++, below++) {
      x[i] = (x[i] as number) - value * (factor[below] as number);
    }
  }
}

/** `x` becomes L^-T x. */
export function solveUpper(factor: Float64Array, x: Float64Array): void {
  const size = x.length;
  for (let k = size - 1, at = factor.length - 1; k >= 0; k--, at -= size - k) {
    let sum = x[k] as number;
    for (let i = k + 1, below = at + 1; i < size; i++, below++) {
      sum -= (factor[below] as number) * (x[i] as number);
    }
    x[k] = sum / (factor[at] as number);
  }
}

/** `x` becomes A^-1 x. */
export function solve(factor: Float64Array, x: Float64Array): void {
  solveLower(factor, x);
  solveUpper(factor, x);
}

/** `x` becomes A x = L (L^T x). */
export function multiply(factor: Float64Array, x: Float64Array): void {
  const size = x.length;
  for (let k = 0, at = 0; k < size; at += size - k, k++) {
    let sum = 0;
    for (let i = k, below = at; i < size; i++, below++) sum += (factor[below] as number) * (x[i] as number);
    x[k] = sum;
  }
  for (let k = size - 1, at = factor.length - 1; k >= 0; k--, at -= size - k) {
    const value = x[k] as number;
    x[k] = value * (factor[at] as number);
    for (let i = k + 1, below = at + 1; i < size; i++, below++) {
      x[i] = (x[i] as number) + value * (factor[below] as number);
    }
  }
}

/** A itself, packed likewise, from its factor. O(size^3). */
export function productOf(factor: Float64Array, size: number): Float64Array {
  const product = new Float64Array(factor.length);
  for (let k = 0; k < size; k++) addColumnProduct(product, factor, size, k);
  return product;
}

/** What column `k` of the factor is of A: the sum over all columns is A. O(size^2), for who cannot do all at once. */
export function addColumnProduct(product: Float64Array, factor: Float64Array, size: number, k: number): void {
  const start = columnStart(size, k);
  for (let j = k; j < size; j++) {
    const scale = factor[start + j - k] as number;
    const column = columnStart(size, j);
    for (let i = j; i < size; i++) {
      product[column + i - j] = (product[column + i - j] as number) + scale * (factor[start + i - k] as number);
    }
  }
}

/** `matrix`, packed likewise, becomes its factor: O(size^3). False, and half done, if it is not positive definite. */
export function factorise(matrix: Float64Array, size: number): boolean {
  for (let k = 0; k < size; k++) if (!factoriseColumn(matrix, size, k)) return false;
  return true;
}

/** One column of it, all before it being done: O(size^2). */
export function factoriseColumn(matrix: Float64Array, size: number, k: number): boolean {
  const at = columnStart(size, k);
  const pivot = matrix[at] as number;
  if (!(pivot > 0)) return false;
  const root = Math.sqrt(pivot);
  matrix[at] = root;
  for (let i = 1; i < size - k; i++) matrix[at + i] = (matrix[at + i] as number) / root;
  for (let j = k + 1; j < size; j++) subtractColumn(matrix, at - k, j, columnStart(size, j), size);
  return true;
}

/** Takes off column `j`, which starts at `column`, what the finished column explains; row i of that one is at base + i. */
function subtractColumn(matrix: Float64Array, base: number, j: number, column: number, size: number): void {
  const scale = matrix[base + j] as number;
  if (scale === 0) return;
  for (let i = j; i < size; i++) {
    matrix[column + i - j] = (matrix[column + i - j] as number) - scale * (matrix[base + i] as number);
  }
}

/** The factor of A with independent rows and columns behind it: `diagonal` are their variances. */
export function extendFactor(factor: Float64Array, size: number, diagonal: Float64Array): Float64Array {
  const grown = size + diagonal.length;
  const extended = new Float64Array(packedLength(grown));
  for (let k = 0, at = 0; k < size; at += size - k, k++) {
    extended.set(factor.subarray(at, at + size - k), columnStart(grown, k));
  }
  for (let k = size; k < grown; k++) extended[columnStart(grown, k)] = Math.sqrt(diagonal[k - size] as number);
  return extended;
}

/** Rounds of each power iteration: from a fixed start within a factor of 2 or so, which is what an alarm needs. */
const POWER_ROUNDS = 8;

/** About the ratio of A's largest to its smallest eigenvalue, never above it: by power iteration on A and on A^-1. */
export function conditionOf(factor: Float64Array, size: number): number {
  return size === 0 ? 1 : growth(factor, size, multiply) * growth(factor, size, solve);
}

function growth(factor: Float64Array, size: number, apply: (factor: Float64Array, x: Float64Array) => void): number {
  const x = new Float64Array(size);
  // Unequal signs and sizes, so that no eigenvector of a structured matrix is at right angles to it.
  for (let i = 0; i < size; i++) x[i] = (i % 2 === 0 ? 1 : -1) * (1 + i / size);
  let length = normalise(x);
  for (let round = 0; round < POWER_ROUNDS; round++) {
    apply(factor, x);
    length = normalise(x);
  }
  return length;
}

/** Makes `x` one long; returns how long it was. */
function normalise(x: Float64Array): number {
  let squares = 0;
  for (const value of x) squares += value * value;
  const length = Math.sqrt(squares);
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) / length;
  return length;
}
