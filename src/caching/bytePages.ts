/** 64 KiB: small beside any useful capacity, large beside its own object and its entry in the table. */
export const PAGE_BYTES = 65_536;
/** Addresses count units, so that 32 bits reach 64 GiB. */
export const UNIT_BYTES = 16;
const UNITS_A_PAGE = PAGE_BYTES / UNIT_BYTES;
/** Enough for two queues, each of which gives a page up at one end and takes one at the other. */
const MOST_SPARE = 2;

export interface Page {
  readonly number: number;
  readonly bytes: Uint8Array;
  /** The same memory. */
  readonly words: Int32Array;
  /** Where what does not fit into this page goes on. */
  next: Page | undefined;
}

/**
 * Memory in pages, each with a number, so that 32 bits address any of it. Pages given back are used again before new
 * ones are made: memory that only the garbage collector frees may outlive its use by as much as the whole cache.
 */
export class BytePages {
  readonly #pages: (Page | undefined)[] = [];
  readonly #spare: Page[] = [];
  readonly #freeNumbers: number[] = [];

  take(): Page {
    const spare = this.#spare.pop();
    if (spare !== undefined) return spare;
    const number = this.#freeNumbers.pop() ?? this.#pages.length;
    const bytes = new Uint8Array(PAGE_BYTES);
    const page: Page = { number, bytes, words: new Int32Array(bytes.buffer), next: undefined };
    this.#pages[number] = page;
    return page;
  }

  giveBack(page: Page): void {
    page.next = undefined;
    if (this.#spare.length < MOST_SPARE) {
      this.#spare.push(page);
      return;
    }
    this.#pages[page.number] = undefined;
    this.#freeNumbers.push(page.number);
  }

  /** The page that holds an address of something that lies there. */
  of(address: number): Page {
    return this.#pages[(address / UNITS_A_PAGE) | 0] as Page;
  }
}

export function addressOf(page: Page, offset: number): number {
  return page.number * UNITS_A_PAGE + offset / UNIT_BYTES;
}

/** In bytes from the beginning of the address's page. */
export function offsetOf(address: number): number {
  return (address % UNITS_A_PAGE) * UNIT_BYTES;
}
