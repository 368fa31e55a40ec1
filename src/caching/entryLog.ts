import { addressOf, PAGE_BYTES } from "./bytePages.js";
import type { BytePages, Page } from "./bytePages.js";

/**
 * A queue of stretches of memory: room is taken at the tail and given back at the head, page by page. A stretch may
 * go on over several pages, but its first `headBytes` lie in one.
 */
export class EntryLog {
  readonly #pages: BytePages;
  readonly #headBytes: number;
  #head: Page | undefined;
  #headOffset = 0;
  #tail: Page | undefined;
  #tailOffset = PAGE_BYTES;
  #count = 0;
  #bytes = 0;

  constructor(pages: BytePages, headBytes: number) {
    this.#pages = pages;
    this.#headBytes = headBytes;
  }

  get count(): number {
    return this.#count;
  }

  /** Room taken and not given back. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of the oldest stretch. Only while `count` is above 0. */
  get headAddress(): number {
    return addressOf(this.#head as Page, this.#headOffset);
  }

  /** Takes room for `bytes`, a multiple of the pages' unit, and says its address. */
  append(bytes: number): number {
    if (PAGE_BYTES - this.#tailOffset < this.#headBytes) this.#addPage();
    const page = this.#tail as Page;
    const address = addressOf(page, this.#tailOffset);
    if (this.#count === 0) this.#begin(page);
    this.#count += 1;
    this.#bytes += bytes;
    let left = bytes;
    while (left > PAGE_BYTES - this.#tailOffset) {
      left -= PAGE_BYTES - this.#tailOffset;
      this.#addPage();
    }
    this.#tailOffset += left;
    return address;
  }

  /** Gives back the oldest stretch, which is `bytes` long. */
  shift(bytes: number): void {
    this.#count -= 1;
    this.#bytes -= bytes;
    let left = bytes;
    while (left > PAGE_BYTES - this.#headOffset) {
      left -= PAGE_BYTES - this.#headOffset;
      this.#leavePage();
    }
    this.#headOffset += left;
    if (this.#count > 0 && PAGE_BYTES - this.#headOffset < this.#headBytes) this.#leavePage();
  }

  #begin(page: Page): void {
    if (this.#head !== undefined && this.#head !== page) this.#pages.giveBack(this.#head);
    this.#head = page;
    this.#headOffset = this.#tailOffset;
  }

  #addPage(): void {
    const page = this.#pages.take();
    if (this.#tail !== undefined) this.#tail.next = page;
    this.#tail = page;
    this.#tailOffset = 0;
  }

  #leavePage(): void {
    const left = this.#head as Page;
    this.#head = left.next;
    this.#headOffset = 0;
    this.#pages.giveBack(left);
  }
}
