/**
 * Locality-sensitive hashes: vectors that lie near to each other often get equal bucket keys. What they find are
 * candidates only; whoever uses them computes the true distance.
 *
 * Keys are 32 bits in any distribution: tables mix them before use.
 */
export interface HashFamily {
  readonly tables: number;
  /** Writes the vector's bucket of each table to `out[table]`. */
  keys(vector: Float32Array, out: Uint32Array): void;
  /**
   * Writes `probes` keys for each table to `out[table * probes + i]`: first the vector's own bucket, then those across
   * the nearest boundaries, nearest first. Where a table has fewer, its own bucket stands again.
   */
  probeKeys(vector: Float32Array, probes: number, out: Uint32Array): void;
}

/** One more would not be reached within the probes that a look-up can pay for, and sets stand in 31 bits. */
const MAX_PERTURBATIONS = 30;
export const MAX_PROBES = 32;

/**
 * The buckets around a vector's own in the order of their distance: sets of perturbations (one hash function's value
 * moved over one boundary) by the sum of their squared distances to the boundaries. Made by "shift" and "expand" from
 * a heap, so that only as many sets are looked at as are asked for. (Lv et al., VLDB 2007, section 4.4.)
 */
export class ProbeSequence {
  /** The squared distance to the boundary. */
  readonly costs: Float64Array;
  /** What crossing it adds to the key. */
  readonly deltas: Int32Array;
  /** Which hash function it is of: no set may move one of them twice. */
  readonly functions: Uint8Array;
  readonly #order: Uint8Array;
  readonly #heapCosts = new Float64Array(8 * MAX_PROBES);
  readonly #heapSets = new Int32Array(8 * MAX_PROBES);
  #heapSize = 0;

  constructor(perturbations: number) {
    this.costs = new Float64Array(perturbations);
    this.deltas = new Int32Array(perturbations);
    this.functions = new Uint8Array(perturbations);
    this.#order = new Uint8Array(perturbations);
  }

  /** Writes `probes` keys from `out[at]` on; `costs`, `deltas` and `functions` have been filled in. */
  write(key: number, probes: number, out: Uint32Array, at: number): void {
    out[at] = key;
    let written = 1;
    if (probes > 1) {
      const count = this.#sort();
      this.#heapSize = 0;
      if (count > 0) this.#push(this.#cost(0), 1);
      // Sets that move one function twice use up turns, so that the work is bounded.
      for (let turns = 3 * probes; turns > 0 && written < probes && this.#heapSize > 0; turns--) {
        const cost = this.#heapCosts[0] as number;
        const set = this.#pop();
        const last = 31 - Math.clz32(set);
        if (last + 1 < count) {
          const expanded = cost + this.#cost(last + 1);
          this.#push(expanded - this.#cost(last), (set ^ (1 << last)) | (2 << last));
          this.#push(expanded, set | (2 << last));
        }
        if (!this.#isAllowed(set)) continue;
        out[at + written] = key + this.#delta(set);
        written += 1;
      }
    }
    for (; written < probes; written++) out[at + written] = key;
  }

  /** Insertion sort: a few dozen. Returns how many of the nearest are considered. */
  #sort(): number {
    const order = this.#order;
    const costs = this.costs;
    for (let i = 0; i < order.length; i++) {
      const cost = costs[i] as number;
      let at = i;
      for (; at > 0 && (costs[order[at - 1] as number] as number) > cost; at--) order[at] = order[at - 1] as number;
      order[at] = i;
    }
    return Math.min(order.length, MAX_PERTURBATIONS);
  }

  #cost(place: number): number {
    return this.costs[this.#order[place] as number] as number;
  }

  #isAllowed(set: number): boolean {
    let moved = 0;
    for (let rest = set; rest !== 0; rest &= rest - 1) {
      const bit = 1 << (this.functions[this.#order[31 - Math.clz32(rest & -rest)] as number] as number);
      if ((moved & bit) !== 0) return false;
      moved |= bit;
    }
    return true;
  }

  #delta(set: number): number {
    let delta = 0;
    for (let rest = set; rest !== 0; rest &= rest - 1)
      delta = (delta + (this.deltas[this.#order[31 - Math.clz32(rest & -rest)] as number] as number)) | 0;
    return delta;
  }

  #push(cost: number, set: number): void {
    const costs = this.#heapCosts;
    let at = this.#heapSize;
    this.#heapSize += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((costs[parent] as number) <= cost) break;
      this.#move(parent, at);
      at = parent;
    }
    costs[at] = cost;
    this.#heapSets[at] = set;
  }

  #pop(): number {
    const costs = this.#heapCosts;
    const first = this.#heapSets[0] as number;
    this.#heapSize -= 1;
    const size = this.#heapSize;
    const cost = costs[size] as number;
    const set = this.#heapSets[size] as number;
    let at = 0;
    for (let child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && (costs[child + 1] as number) < (costs[child] as number)) child += 1;
      if ((costs[child] as number) >= cost) break;
      this.#move(child, at);
      at = child;
    }
    costs[at] = cost;
    this.#heapSets[at] = set;
    return first;
  }

  #move(from: number, to: number): void {
    this.#heapCosts[to] = this.#heapCosts[from] as number;
    this.#heapSets[to] = this.#heapSets[from] as number;
  }
}
