import { elementEnd, readElements, readStrings } from "../../../src/domain/stringTensor.js";
import { elementCount, rowBytes, type TensorSpec } from "../../../src/domain/tensor.js";
import { viewOf, type NumericDatatype, type TypedArray, type TypedArrays } from "./typedArrays.js";

/** One input of a batch: all rows of it, one after another. */
export class InputTensor {
  readonly spec: TensorSpec;
  /** Packed little-endian bytes. Valid until `predict` settles; never to be written. */
  readonly bytes: Uint8Array;
  #values: TypedArray | undefined;

  constructor(spec: TensorSpec, bytes: Uint8Array) {
    this.spec = spec;
    this.bytes = bytes;
  }

  /** The numbers as a typed array. `datatype` repeats what the model's signature says, so that types follow it. */
  values<D extends NumericDatatype>(datatype: D): TypedArrays[D] {
    if (datatype !== this.spec.datatype)
      throw new Error(`${this.spec.name} holds ${this.spec.datatype}, not ${datatype}`);
    this.#values ??= viewOf(datatype, this.bytes);
    return this.#values as TypedArrays[D];
  }

  /** The elements of a BYTES input, as UTF-8 text; decoded on each call. */
  strings(): string[] {
    this.#requireBytes();
    return readStrings(this.bytes);
  }

  /** The elements of a BYTES input, as views. */
  elements(): Uint8Array[] {
    this.#requireBytes();
    return readElements(this.bytes);
  }

  /** Rows from `start` on to before `end`, as a view. */
  part(start: number, end: number): InputTensor {
    const width = rowBytes(this.spec);
    if (width !== undefined) return new InputTensor(this.spec, this.bytes.subarray(start * width, end * width));
    const perRow = elementCount(this.spec.shape);
    const from = this.#endOf(start * perRow, 0);
    return new InputTensor(this.spec, this.bytes.subarray(from, this.#endOf((end - start) * perRow, from)));
  }

  /** Where so many elements from a place on end. */
  #endOf(elements: number, from: number): number {
    let at = from;
    for (let i = 0; i < elements; i++) at = elementEnd(this.bytes, at) ?? this.bytes.length;
    return at;
  }

  #requireBytes(): void {
    if (this.spec.datatype !== "BYTES") throw new Error(`${this.spec.name} holds ${this.spec.datatype}, not BYTES`);
  }
}

/** What a model is given: `inputs` in the order of its signature, each with `rows` rows. */
export interface Batch {
  readonly rows: number;
  readonly inputs: readonly InputTensor[];
  /** The outputs that were asked for, by name. A model need not compute any other: `undefined` is as good in its place. */
  readonly wanted: readonly string[];
  /**
   * This row is the caller's mistake: it alone fails, as INVALID_ARGUMENT. Whatever the outputs have in its place is not
   * looked at; they must have something there. To be called before `predict` settles. Throws a RangeError where the batch
   * has no such row.
   */
  refuse(row: number, why: string): void;
}

/** A batch that remembers which of its rows were refused. */
export class RequestBatch implements Batch {
  readonly rows: number;
  readonly inputs: readonly InputTensor[];
  readonly wanted: readonly string[];
  /** Why, by row. */
  readonly refused = new Map<number, string>();

  constructor(rows: number, inputs: readonly InputTensor[], wanted: readonly string[]) {
    this.rows = rows;
    this.inputs = inputs;
    this.wanted = wanted;
  }

  refuse(row: number, why: string): void {
    if (!Number.isInteger(row) || row < 0 || row >= this.rows) throw new RangeError(`row ${row} of ${this.rows}`);
    this.refused.set(row, String(why));
  }

  /** Rows from `start` on to before `end`; none of them is refused. */
  part(start: number, end: number): RequestBatch {
    return new RequestBatch(
      end - start,
      this.inputs.map((input) => input.part(start, end)),
      this.wanted,
    );
  }
}
