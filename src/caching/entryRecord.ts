import type { Row } from "../domain/tensor.js";
import { UNIT_BYTES } from "./bytePages.js";
import type { Page } from "./bytePages.js";
import { PageCursor } from "./pageCursor.js";

/** The head of a record: eight words, in one page. */
export const HEAD_BYTES = 32;
const TAG = 0;
const REST = 1;
const SCOPE = 2;
const FREQUENCY = 3;
const BYTES = 4;
/** Input tensors in the lower half, output tensors in the upper. */
const PARTS = 5;
const STORED_HIGH = 6;
const STORED_LOW = 7;
const MOST_PARTS = 0x7fff;
const MOST_BYTES = 0x7fffffff;

/** Bytes that the record of an entry takes, Infinity for what cannot be written as one. */
export function recordBytes(input: Row, output: Row): number {
  const bytes = HEAD_BYTES + packedBytes(input) + packedBytes(output);
  if (input.length > MOST_PARTS || output.length > MOST_PARTS || bytes > MOST_BYTES - UNIT_BYTES) return Infinity;
  return (bytes + UNIT_BYTES - 1) & -UNIT_BYTES;
}

function packedBytes(row: Row): number {
  let bytes = 0;
  for (const part of row) bytes += 4 + ((part.length + 3) & ~3);
  return bytes;
}

/**
 * An entry as it lies in memory: a head of eight words, the tensors of its input, those of its output. One object
 * shows one record after another, so that a million entries are no objects.
 */
export class EntryRecord {
  readonly #cursor = new PageCursor();
  readonly #target = new PageCursor();
  #page: Page | undefined;
  #words: Int32Array = new Int32Array(0);
  #head = 0;

  /** `offset` in bytes from the beginning of the page. */
  moveTo(page: Page, offset: number): void {
    this.#page = page;
    this.#words = page.words;
    this.#head = offset >> 2;
  }

  get tag(): number {
    return this.#words[this.#head + TAG] as number;
  }

  get scopeId(): number {
    return this.#words[this.#head + SCOPE] as number;
  }

  set scopeId(value: number) {
    this.#words[this.#head + SCOPE] = value;
  }

  get frequency(): number {
    return this.#words[this.#head + FREQUENCY] as number;
  }

  set frequency(value: number) {
    this.#words[this.#head + FREQUENCY] = value;
  }

  get bytes(): number {
    return this.#words[this.#head + BYTES] as number;
  }

  /** Monotonic, in whole milliseconds. */
  get storedMs(): number {
    const high = this.#words[this.#head + STORED_HIGH] as number;
    return high * 2 ** 32 + ((this.#words[this.#head + STORED_LOW] as number) >>> 0);
  }

  /** `rest`: bits of the row's hash that are not in the tag. `bytes`: of the whole record. */
  writeHead(tag: number, rest: number, scopeId: number, bytes: number, storedMs: number): void {
    const words = this.#words;
    const head = this.#head;
    words[head + TAG] = tag;
    words[head + REST] = rest;
    words[head + SCOPE] = scopeId;
    words[head + FREQUENCY] = 0;
    words[head + BYTES] = bytes;
    words[head + STORED_HIGH] = storedMs / 2 ** 32;
    words[head + STORED_LOW] = storedMs % 2 ** 32;
  }

  writeParts(input: Row, output: Row): void {
    this.#words[this.#head + PARTS] = input.length | (output.length << 16);
    this.#toParts();
    for (const part of input) this.#cursor.write(part);
    for (const part of output) this.#cursor.write(part);
  }

  isOf(scopeId: number, rest: number): boolean {
    return this.#words[this.#head + SCOPE] === scopeId && this.#words[this.#head + REST] === rest;
  }

  /** Compares all bytes. */
  hasInput(input: Row): boolean {
    if (((this.#words[this.#head + PARTS] as number) & MOST_PARTS) !== input.length) return false;
    this.#toParts();
    for (const part of input) if (!this.#cursor.equals(part)) return false;
    return true;
  }

  /** A copy. Only directly after `hasInput` has said yes: it begins where the input ends. */
  readOutput(): Row {
    const count = (this.#words[this.#head + PARTS] as number) >> 16;
    const output: Uint8Array[] = [];
    for (let i = 0; i < count; i++) output.push(this.#cursor.read());
    return output;
  }

  /** Copies the record to another place and shows it there. */
  copyTo(page: Page, offset: number): void {
    this.#cursor.seek(this.#page as Page, this.#head << 2);
    this.#target.seek(page, offset);
    this.#target.writeFrom(this.#cursor, this.bytes);
    this.moveTo(page, offset);
  }

  #toParts(): void {
    this.#cursor.seek(this.#page as Page, (this.#head << 2) + HEAD_BYTES);
  }
}
