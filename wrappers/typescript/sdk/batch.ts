import { readElements, readStrings } from "../../../src/domain/stringTensor.js";
import type { TensorSpec } from "../../../src/domain/tensor.js";
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

  #requireBytes(): void {
    if (this.spec.datatype !== "BYTES") throw new Error(`${this.spec.name} holds ${this.spec.datatype}, not BYTES`);
  }
}

/** What a model is given: `inputs` in the order of its signature, each with `rows` rows. */
export interface Batch {
  readonly rows: number;
  readonly inputs: readonly InputTensor[];
}
