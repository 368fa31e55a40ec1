/** What a heap needs of its items: where they stand in it, kept by the heap, so that any item can be taken out. */
export interface HeapItem {
  /** -1 while in no heap. */
  heapIndex: number;
}

/** A binary min-heap over a comparison, with removal and repositioning of any item in O(log n). */
export class BinaryHeap<T extends HeapItem> {
  readonly #items: T[] = [];
  readonly #before: (a: T, b: T) => boolean;

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before;
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    item.heapIndex = this.#items.length - 1;
    this.#up(item);
  }

  pop(): T | undefined {
    const first = this.#items[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  remove(item: T): boolean {
    const at = item.heapIndex;
    if (at < 0 || this.#items[at] !== item) return false;
    const last = this.#items.pop() as T;
    item.heapIndex = -1;
    if (last === item) return true;
    this.#place(last, at);
    this.reposition(last);
    return true;
  }

  /** To be called after an item's order has changed. */
  reposition(item: T): void {
    this.#up(item);
    this.#down(item);
  }

  /** In no particular order. */
  *[Symbol.iterator](): Iterator<T> {
    yield* this.#items;
  }

  #place(item: T, at: number): void {
    this.#items[at] = item;
    item.heapIndex = at;
  }

  #up(item: T): void {
    let at = item.heapIndex;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#items[parentAt] as T;
      if (!this.#before(item, parent)) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(item, at);
  }

  #down(item: T): void {
    const half = this.#items.length >> 1;
    let at = item.heapIndex;
    while (at < half) {
      let childAt = 2 * at + 1;
      let child = this.#items[childAt] as T;
      const right = this.#items[childAt + 1];
      if (right !== undefined && this.#before(right, child)) {
        childAt += 1;
        child = right;
      }
      if (!this.#before(child, item)) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(item, at);
  }
}
