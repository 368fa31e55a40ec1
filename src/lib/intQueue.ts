const VALUES_A_BLOCK = 1024;

interface Block {
  readonly values: Int32Array;
  next: Block | undefined;
}

const newBlock = (): Block => ({ values: new Int32Array(VALUES_A_BLOCK), next: undefined });

/** A queue of 32-bit integers in blocks of 4 KiB: four bytes each, and it never stops to copy what it holds. */
export class IntQueue {
  #first = newBlock();
  #last = this.#first;
  /** Of the oldest value in the first block. */
  #from = 0;
  /** Behind the newest value in the last block. */
  #to = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#to === VALUES_A_BLOCK) {
      this.#last.next = newBlock();
      this.#last = this.#last.next;
      this.#to = 0;
    }
    this.#last.values[this.#to++] = value;
    this.#length += 1;
  }

  shift(): number | undefined {
    if (this.#length === 0) return undefined;
    if (this.#from === VALUES_A_BLOCK) {
      this.#first = this.#first.next as Block;
      this.#from = 0;
    }
    this.#length -= 1;
    return this.#first.values[this.#from++];
  }
}
