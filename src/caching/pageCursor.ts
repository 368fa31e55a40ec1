import { PAGE_BYTES } from "./bytePages.js";
import type { Page } from "./bytePages.js";

/**
 * Up to here a loop is cheaper than the view that the built-in functions need. It is also what V8 keeps in its own heap: for
 * a longer array of its own it gets memory, which takes a microsecond.
 */
const SHORT_BYTES = 64;

/**
 * Reads and writes on from a place, from page to page. What it writes begins at multiples of four bytes: a byte
 * string is its length in a word and then its bytes.
 */
export class PageCursor {
  #page: Page | undefined;
  #offset = 0;

  /** `offset` in bytes. */
  seek(page: Page, offset: number): void {
    this.#page = page;
    this.#offset = offset;
  }

  write(bytes: Uint8Array): void {
    const page = this.#here();
    page.words[this.#offset >> 2] = bytes.length;
    this.#offset += 4;
    for (let from = 0; from < bytes.length;) {
      const { bytes: target } = this.#here();
      const length = Math.min(bytes.length - from, PAGE_BYTES - this.#offset);
      copy(bytes, from, target, this.#offset, length);
      this.#offset += length;
      from += length;
    }
    this.#align();
  }

  /** A copy. */
  read(): Uint8Array {
    const count = this.#length();
    const bytes = count > SHORT_BYTES ? Buffer.allocUnsafe(count) : new Uint8Array(count);
    for (let from = 0; from < bytes.length;) {
      const { bytes: source } = this.#here();
      const length = Math.min(bytes.length - from, PAGE_BYTES - this.#offset);
      copy(source, this.#offset, bytes, from, length);
      this.#offset += length;
      from += length;
    }
    this.#align();
    return bytes;
  }

  /** Whether the next byte string is this one. Where it is not, the cursor may stand anywhere. */
  equals(bytes: Uint8Array): boolean {
    if (this.#length() !== bytes.length) return false;
    for (let from = 0; from < bytes.length;) {
      const { bytes: source } = this.#here();
      const length = Math.min(bytes.length - from, PAGE_BYTES - this.#offset);
      if (!same(bytes, from, source, this.#offset, length)) return false;
      this.#offset += length;
      from += length;
    }
    this.#align();
    return true;
  }

  /** Copies `length` bytes, a multiple of four, from another cursor's place. */
  writeFrom(other: PageCursor, length: number): void {
    for (let left = length; left > 0;) {
      const source = other.#here();
      const target = this.#here();
      const part = Math.min(left, PAGE_BYTES - this.#offset, PAGE_BYTES - other.#offset);
      copy(source.bytes, other.#offset, target.bytes, this.#offset, part);
      this.#offset += part;
      other.#offset += part;
      left -= part;
    }
  }

  #length(): number {
    const length = this.#here().words[this.#offset >> 2] as number;
    this.#offset += 4;
    return length;
  }

  #here(): Page {
    if (this.#offset === PAGE_BYTES) {
      this.#page = this.#page?.next;
      this.#offset = 0;
    }
    return this.#page as Page;
  }

  #align(): void {
    this.#offset = (this.#offset + 3) & ~3;
  }
}

function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, length: number): void {
  // What is copied as a whole needs no view.
  if (length === source.length) target.set(source, to);
  else if (length > SHORT_BYTES) target.set(source.subarray(from, from + length), to);
  else for (let i = 0; i < length; i++) target[to + i] = source[from + i] as number;
}

function same(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  if (length > SHORT_BYTES) {
    return Buffer.compare(a.subarray(atA, atA + length), b.subarray(atB, atB + length)) === 0;
  }
  for (let i = 0; i < length; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}
