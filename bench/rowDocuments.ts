import { PREDICT_MANY } from "./operations.js";

/** Bytes of a row that carry a number instead: three are four characters of base64, all of its own. */
const NUMBER_BYTES = 3;
const MODEL_ANSWER = /"source":"MODEL"/g;

/**
 * Bodies of `predictMany` requests. The first three bytes of each row, which should mean next to nothing, number it, so that
 * no row comes twice and no cache helps. The rest is encoded beforehand: making a body is little more than joining.
 */
export class RowDocuments {
  readonly #rows: readonly string[];
  readonly #query = JSON.stringify(PREDICT_MANY.toString());
  readonly #number = Buffer.alloc(NUMBER_BYTES);
  #count = 0;

  constructor(rows: readonly Uint8Array[]) {
    this.#rows = rows.map((row) => Buffer.from(row.subarray(NUMBER_BYTES)).toString("base64"));
  }

  next(application: string, rows: number): string {
    const inputs = Array.from({ length: rows }, () => `{"base64":"${this.#nextRow()}"}`);
    const input = `{"application":${JSON.stringify(application)},"inputs":[${inputs.join()}]}`;
    return `{"query":${this.#query},"variables":{"input":${input}}}`;
  }

  #nextRow(): string {
    this.#count += 1;
    this.#number.writeUIntBE(this.#count % 2 ** (8 * NUMBER_BYTES), 0, NUMBER_BYTES);
    return this.#number.toString("base64") + (this.#rows[this.#count % this.#rows.length] as string);
  }
}

/** Rows of an answer that the model answered. */
export function answeredRows(body: string): number {
  return body.match(MODEL_ANSWER)?.length ?? 0;
}
