export interface ScoredItem {
  readonly index: number;
  readonly score: number;
}

/** Rounding of a product may lift it above the bound of its norms by this part at most. */
const SLACK = 1 + 1e-9;

/**
 * Items as vectors, for exact maximum inner product search: they lie in descending order of their norms, so that a scan
 * ends at the first whose norm cannot reach the worst of the best found so far (Teflioudi, Gemulla and Mykytiuk,
 * "LEMP", SIGMOD 2015, section 4.1, without the buckets). 8 bytes a number, beside the input's.
 */
export class TopItems {
  readonly #size: number;
  /** Item after item, in the order of the scan. */
  readonly #vectors: Float64Array;
  readonly #norms: Float64Array;
  /** Of each scanned item, its index in the input. */
  readonly #indices: Uint32Array;

  /** `vectors`: item after item, `size` finite numbers each. */
  constructor(vectors: Float32Array | Float64Array, size: number) {
    const count = vectors.length / size;
    if (!Number.isInteger(count)) throw new RangeError(`${vectors.length} numbers are no items of ${size}`);
    const norms = Float64Array.from({ length: count }, (_, item) => normOf(vectors, item * size, size));
    this.#size = size;
    this.#indices = Uint32Array.from(norms.keys()).sort((a, b) => (norms[b] as number) - (norms[a] as number) || a - b);
    this.#norms = Float64Array.from(this.#indices, (item) => norms[item] as number);
    this.#vectors = new Float64Array(vectors.length);
    this.#indices.forEach((item, at) => {
      this.#vectors.set(vectors.subarray(item * size, (item + 1) * size), at * size);
    });
  }

  get count(): number {
    return this.#indices.length;
  }

  /** The `k` items with the largest products, best first; of equals those that come first in the input. */
  top(weights: Float64Array, k: number): ScoredItem[] {
    if (weights.length !== this.#size) throw new RangeError(`${weights.length} weights for items of ${this.#size}`);
    const best = new BestItems(Math.min(k, this.count));
    const reach = normOf(weights, 0, weights.length) * SLACK;
    for (let at = 0; at < this.count; at++) {
      if (best.isFull && (this.#norms[at] as number) * reach < best.worst) break;
      best.offer(this.#indices[at] as number, this.#product(weights, at * this.#size));
    }
    return best.take();
  }

  /** Four sums at once: one alone waits for each addition to finish before the next. */
  #product(weights: Float64Array, from: number): number {
    const vectors = this.#vectors;
    const size = this.#size;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    let i = 0;
    for (let at = from; i + 3 < size; i += 4, at += 4) {
      a += (weights[i] as number) * (vectors[at] as number);
      b += (weights[i + 1] as number) * (vectors[at + 1] as number);
      c += (weights[i + 2] as number) * (vectors[at + 2] as number);
      d += (weights[i + 3] as number) * (vectors[at + 3] as number);
    }
    for (; i < size; i++) a += (weights[i] as number) * (vectors[from + i] as number);
    return a + b + (c + d);
  }
}

/** A heap of the best items, the worst of them on top. */
class BestItems {
  readonly #limit: number;
  readonly #scores: Float64Array;
  readonly #items: Uint32Array;
  #count = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#scores = new Float64Array(limit);
    this.#items = new Uint32Array(limit);
  }

  get isFull(): boolean {
    return this.#count === this.#limit;
  }

  /** Only of a heap that is full; nothing is better than none. */
  get worst(): number {
    return this.#limit === 0 ? Infinity : (this.#scores[0] as number);
  }

  offer(item: number, score: number): void {
    if (!this.isFull) {
      this.#count += 1;
      this.#up(this.#count - 1, item, score);
    } else if (this.#limit > 0 && isWorse(this.#items[0] as number, this.#scores[0] as number, item, score)) {
      this.#down(item, score);
    }
  }

  /** Best first. */
  take(): ScoredItem[] {
    const found = Array.from(this.#items.subarray(0, this.#count), (index, at) => ({
      index,
      score: this.#scores[at] as number,
    }));
    return found.sort((a, b) => b.score - a.score || a.index - b.index);
  }

  #up(from: number, item: number, score: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isWorse(item, score, this.#items[parent] as number, this.#scores[parent] as number)) break;
      this.#put(at, this.#items[parent] as number, this.#scores[parent] as number);
      at = parent;
    }
    this.#put(at, item, score);
  }

  #down(item: number, score: number): void {
    let at = 0;
    for (;;) {
      const child = this.#worseChild(at);
      if (child < 0 || !isWorse(this.#items[child] as number, this.#scores[child] as number, item, score)) break;
      this.#put(at, this.#items[child] as number, this.#scores[child] as number);
      at = child;
    }
    this.#put(at, item, score);
  }

  #worseChild(at: number): number {
    const left = 2 * at + 1;
    if (left >= this.#count) return -1;
    const right = left + 1;
    if (right >= this.#count) return left;
    const rightIsWorse = isWorse(
      this.#items[right] as number,
      this.#scores[right] as number,
      this.#items[left] as number,
      this.#scores[left] as number,
    );
    return rightIsWorse ? right : left;
  }

  #put(at: number, item: number, score: number): void {
    this.#items[at] = item;
    this.#scores[at] = score;
  }
}

function isWorse(item: number, score: number, thanItem: number, thanScore: number): boolean {
  return score < thanScore || (score === thanScore && item > thanItem);
}

function normOf(values: Float32Array | Float64Array, from: number, size: number): number {
  let squares = 0;
  for (let i = from; i < from + size; i++) squares += (values[i] as number) ** 2;
  return Math.sqrt(squares);
}
