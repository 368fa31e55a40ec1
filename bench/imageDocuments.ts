import { PREDICT_MANY } from "./operations.js";
import { PIXELS } from "./trainedModels.js";

/** Bytes of an image that carry a number instead: three are four characters of base64, all of its own. */
const NUMBER_BYTES = 3;
const MODEL_ANSWER = /"source":"MODEL"/g;

/**
 * Bodies of `predictMany` requests. Each image's first three pixels, blank in nearly all of them, number it, so that no
 * image comes twice and no cache helps. The rest is encoded beforehand: making a body is little more than joining.
 */
export class ImageDocuments {
  readonly #images: readonly string[];
  readonly #query = JSON.stringify(PREDICT_MANY.toString());
  readonly #number = Buffer.alloc(NUMBER_BYTES);
  #count = 0;

  constructor(pixels: Uint8Array) {
    const count = Math.floor(pixels.length / PIXELS);
    this.#images = Array.from({ length: count }, (_, i) =>
      Buffer.from(pixels.subarray(i * PIXELS + NUMBER_BYTES, (i + 1) * PIXELS)).toString("base64"),
    );
  }

  next(application: string, rows: number): string {
    const inputs = Array.from({ length: rows }, () => `{"base64":"${this.#nextImage()}"}`);
    const input = `{"application":${JSON.stringify(application)},"inputs":[${inputs.join()}]}`;
    return `{"query":${this.#query},"variables":{"input":${input}}}`;
  }

  #nextImage(): string {
    this.#count += 1;
    this.#number.writeUIntBE(this.#count % 2 ** (8 * NUMBER_BYTES), 0, NUMBER_BYTES);
    return this.#number.toString("base64") + (this.#images[this.#count % this.#images.length] as string);
  }
}

/** Rows of an answer that the model answered. */
export function answeredRows(body: string): number {
  return body.match(MODEL_ANSWER)?.length ?? 0;
}
