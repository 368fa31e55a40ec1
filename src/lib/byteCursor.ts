const UTF8 = new TextEncoder();
/** `ignoreBOM` keeps a leading U+FEFF, so that a text decodes to what was encoded. */
const STRICT_UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Names of models and the like, which a loop writes in a third of the time that the encoder takes. */
const SHORT = 32;

/** Of writers that are done: a state's encoding has one for each of its parts. */
const idle: DataView[] = [];
const MAX_IDLE = 8;
const MAX_IDLE_BYTES = 64 * 1024;
const NO_BYTES = new DataView(new ArrayBuffer(0));

/** Writes numbers, little-endian, and texts into bytes that grow as needed. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor() {
    this.#view = idle.pop() ?? new DataView(new ArrayBuffer(256));
    this.#bytes = new Uint8Array(this.#view.buffer);
  }

  uint8(value: number): this {
    const at = this.#reserve(1);
    this.#view.setUint8(at, value);
    return this;
  }

  uint16(value: number): this {
    const at = this.#reserve(2);
    this.#view.setUint16(at, value, true);
    return this;
  }

  uint32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setUint32(at, value, true);
    return this;
  }

  bytes(value: Uint8Array): this {
    // After the reservation: it may move the bytes.
    const at = this.#reserve(value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** What `part` writes, behind its length in four bytes: without bytes of its own. */
  part(part: { encodeTo(to: ByteWriter): void }): this {
    const at = this.#reserve(4);
    part.encodeTo(this);
    this.#view.setUint32(at, this.#length - at - 4, true);
    return this;
  }

  float32(value: number): this {
    const at = this.#reserve(4);
    this.#view.setFloat32(at, value, true);
    return this;
  }

  float64(value: number): this {
    const at = this.#reserve(8);
    this.#view.setFloat64(at, value, true);
    return this;
  }

  /** Without their count: one look for room for all. */
  float64s(values: Float64Array): this {
    let at = this.#reserve(8 * values.length);
    for (let i = 0; i < values.length; i++, at += 8) this.#view.setFloat64(at, values[i] as number, true);
    return this;
  }

  /** Its length in bytes, at most 65,535, before it. */
  text(value: string): this {
    if (isShortAscii(value)) {
      this.uint16(value.length);
      let at = this.#reserve(value.length);
      for (let i = 0; i < value.length; i++) this.#bytes[at++] = value.charCodeAt(i);
      return this;
    }
    const bytes = UTF8.encode(value);
    if (bytes.length > 0xffff) throw new RangeError(`a text of ${bytes.length} bytes is longer than 65535`);
    this.uint16(bytes.length);
    const at = this.#reserve(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }

  /** All that was written, as bytes of their own. The writer begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#length);
    if (idle.length < MAX_IDLE && this.#view.byteLength <= MAX_IDLE_BYTES) idle.push(this.#view);
    this.#view = NO_BYTES;
    this.#bytes = new Uint8Array(this.#view.buffer);
    this.#length = 0;
    return taken;
  }

  /** Where the next so many bytes go. May replace the view. */
  #reserve(bytes: number): number {
    const at = this.#length;
    this.#length += bytes;
    if (this.#length > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(this.#length, 2 * this.#bytes.length));
      wider.set(this.#bytes);
      this.#bytes = wider;
      this.#view = new DataView(wider.buffer);
    }
    return at;
  }
}

/** Reads what `ByteWriter` wrote. Throws a RangeError where the bytes are too few, a TypeError where a text is none. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #end: number;
  #at: number;

  constructor(
    bytes: Uint8Array,
    view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    from = 0,
    end = bytes.length,
  ) {
    this.#bytes = bytes;
    this.#view = view;
    this.#at = from;
    this.#end = end;
  }

  /** What `ByteWriter.part` wrote. */
  part(): ByteReader {
    const length = this.uint32();
    const at = this.#skip(length);
    return new ByteReader(this.#bytes, this.#view, at, at + length);
  }

  uint8(): number {
    return this.#view.getUint8(this.#skip(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#skip(2), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#skip(4), true);
  }

  /** A view, no copy. */
  bytes(length: number): Uint8Array {
    const at = this.#skip(length);
    return this.#bytes.subarray(at, at + length);
  }

  float32(): number {
    return this.#view.getFloat32(this.#skip(4), true);
  }

  float64(): number {
    return this.#view.getFloat64(this.#skip(8), true);
  }

  /** Throws unless it is finite: no NaN gets into a state by way of its bytes. */
  finite64(): number {
    const value = this.float64();
    if (!Number.isFinite(value)) throw new RangeError(`expected a finite number at byte ${this.#at - 8}, got ${value}`);
    return value;
  }

  /** Throws unless it is a whole number from 0 up. */
  count64(): number {
    const value = this.float64();
    if (!Number.isSafeInteger(value) || value < 0 || Object.is(value, -0)) {
      throw new RangeError(`expected a count at byte ${this.#at - 8}, got ${value}`);
    }
    return value;
  }

  text(): string {
    const length = this.uint16();
    const at = this.#skip(length);
    return STRICT_UTF8.decode(this.#bytes.subarray(at, at + length));
  }

  /** The text, and where it is the one supposed, that very string: most states name the same models. */
  textLike(supposed: string | undefined): string {
    const length = this.#view.getUint16(this.#peek(2), true);
    if (supposed === undefined || length !== supposed.length) return this.text();
    const at = this.#peek(2 + length) + 2;
    for (let i = 0; i < length; i++) {
      const byte = this.#bytes[at + i] as number;
      if (byte > 0x7f || byte !== supposed.charCodeAt(i)) return this.text();
    }
    this.#at = at + length;
    return supposed;
  }

  /** Throws unless everything has been read. */
  end(): void {
    const left = this.#end - this.#at;
    if (left > 0) throw new RangeError(`${left} bytes too many`);
  }

  #skip(bytes: number): number {
    const at = this.#peek(bytes);
    this.#at = at + bytes;
    return at;
  }

  /** Where the next so many bytes are. */
  #peek(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#end) throw new RangeError(`${at + bytes - this.#end} bytes too few`);
    return at;
  }
}

function isShortAscii(value: string): boolean {
  if (value.length > SHORT) return false;
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) > 0x7f) return false;
  return true;
}
