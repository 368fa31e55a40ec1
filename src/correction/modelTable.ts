import { ByteReader, ByteWriter } from "../lib/byteCursor.js";

/** Models that a state knows at most; beyond, the one that was observed longest ago is forgotten. */
export const MAX_MODELS = 64;

const LAYOUT = 1;
/** Columns that every policy has: how many observations told the model's loss, and the time of the last of them. */
const OBSERVATIONS = 0;
const LAST = 1;
const COMMON_COLUMNS = 2;

/** Of the table that was decoded last: the next one is likely of the same application. */
let lastNames: readonly string[] = [];

/** Which policy's state it is (its code is in the bytes) and how many numbers it keeps. */
export interface TableShape {
  /** 1 to 255, never reused: bytes of another policy are no state of this one. */
  readonly code: number;
  /** For each model, beside the common ones. */
  readonly columns: number;
  /** Beside the models' rows and the time. */
  readonly scalars: number;
}

/**
 * What a policy has learned of each model: one row of numbers a model, in the order in which observations first named
 * them, a few numbers beside, and the time, which is the count of observations folded. In bytes: layout, policy, columns,
 * scalars, models (2 bytes), time, scalars, then for each model its name and row, all numbers little-endian doubles.
 */
export class ModelTable {
  readonly shape: TableShape;
  readonly scalars: Float64Array;
  /** Observations folded. */
  time = 0;
  readonly #names: string[] = [];
  readonly #width: number;
  #values: Float64Array;

  constructor(shape: TableShape) {
    this.shape = shape;
    this.scalars = new Float64Array(shape.scalars);
    this.#width = COMMON_COLUMNS + shape.columns;
    this.#values = new Float64Array(4 * this.#width);
  }

  get names(): readonly string[] {
    return this.#names;
  }

  /** Undefined for a model that no observation has named yet. */
  rowOf(name: string): number | undefined {
    const row = this.#names.indexOf(name);
    return row < 0 ? undefined : row;
  }

  get(row: number, column: number): number {
    return this.#values[row * this.#width + COMMON_COLUMNS + column] as number;
  }

  set(row: number, column: number, value: number): void {
    this.#values[row * this.#width + COMMON_COLUMNS + column] = value;
  }

  /** Of a model; 0 for one that is not known. */
  observationsOf(model: string): number {
    const row = this.rowOf(model);
    return row === undefined ? 0 : this.observations(row);
  }

  observations(row: number): number {
    return this.#values[row * this.#width + OBSERVATIONS] as number;
  }

  /** One more observation told this model's loss. */
  count(row: number): void {
    const at = row * this.#width;
    this.#values[at + OBSERVATIONS] = (this.#values[at + OBSERVATIONS] as number) + 1;
    this.#values[at + LAST] = this.time;
  }

  /** A row of zeros for a model that has none. */
  add(name: string): number {
    if (this.#names.length >= MAX_MODELS) return this.#replaceStalest(name);
    const row = this.#names.push(name) - 1;
    if (this.#names.length * this.#width > this.#values.length) {
      const wider = new Float64Array(2 * this.#values.length);
      wider.set(this.#values);
      this.#values = wider;
    }
    return row;
  }

  copy(): ModelTable {
    const copy = new ModelTable(this.shape);
    copy.time = this.time;
    copy.scalars.set(this.scalars);
    copy.#names.push(...this.#names);
    copy.#values = this.#values.slice(0, Math.max(4, this.#names.length) * this.#width);
    return copy;
  }

  encode(): Uint8Array {
    const { code, columns, scalars } = this.shape;
    const to = new ByteWriter().uint8(LAYOUT).uint8(code).uint8(columns).uint8(scalars);
    to.uint16(this.#names.length).float64(this.time);
    for (const scalar of this.scalars) to.float64(scalar);
    this.#names.forEach((name, row) => {
      to.text(name);
      for (let i = 0; i < this.#width; i++) to.float64(this.#values[row * this.#width + i] as number);
    });
    return to.take();
  }

  /** Throws on bytes that no table of this shape has made. */
  static decode(shape: TableShape, bytes: Uint8Array): ModelTable {
    const from = new ByteReader(bytes);
    expectByte("layout", LAYOUT, from.uint8());
    expectByte("policy", shape.code, from.uint8());
    expectByte("columns", shape.columns, from.uint8());
    expectByte("scalars", shape.scalars, from.uint8());
    const models = from.uint16();
    if (models > MAX_MODELS) throw new RangeError(`state of ${models} models: at most ${MAX_MODELS} are kept`);
    const table = new ModelTable(shape);
    table.time = from.count64();
    for (let i = 0; i < shape.scalars; i++) table.scalars[i] = from.finite64();
    for (let i = 0; i < models; i++) table.#readRow(from);
    from.end();
    lastNames = table.#names;
    return table;
  }

  #readRow(from: ByteReader): void {
    const name = from.textLike(lastNames[this.#names.length]);
    if (this.rowOf(name) !== undefined) throw new RangeError(`state with two rows for model ${name}`);
    const at = this.add(name) * this.#width;
    this.#values[at + OBSERVATIONS] = from.count64();
    this.#values[at + LAST] = from.count64();
    for (let i = COMMON_COLUMNS; i < this.#width; i++) this.#values[at + i] = from.finite64();
  }

  #replaceStalest(name: string): number {
    let stalest = 0;
    for (let row = 1; row < this.#names.length; row++) {
      if (this.#last(row) < this.#last(stalest)) stalest = row;
    }
    this.#names[stalest] = name;
    this.#values.fill(0, stalest * this.#width, (stalest + 1) * this.#width);
    // Or the next that joins in the same observation would take its place.
    this.#values[stalest * this.#width + LAST] = this.time;
    return stalest;
  }

  #last(row: number): number {
    return this.#values[row * this.#width + LAST] as number;
  }
}

function expectByte(what: string, expected: number, got: number): void {
  if (got !== expected) throw new RangeError(`state with ${what} ${got}, expected ${expected}`);
}
