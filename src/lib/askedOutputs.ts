import { rowBytes } from "../domain/tensor.js";
import type { TensorSpec } from "../domain/tensor.js";

/** Places in a signature's outputs; undefined: all of them. */
export type OutputPlaces = ReadonlySet<number> | undefined;

/**
 * Which outputs of a model version its replicas are asked for: those that some application reads, all while none does.
 * They only become more: a row that waits may be an application's that was unlinked meanwhile.
 */
export class AskedOutputs {
  #places: OutputPlaces;

  /** Another set after each that was added: a batch is judged by what it was sent with. */
  get places(): OutputPlaces {
    return this.#places;
  }

  /** Whether answers given so far may lack it. */
  add(place: number): boolean {
    const before = this.#places;
    if (before?.has(place) === true) return false;
    this.#places = new Set([...(before ?? []), place]);
    return before !== undefined;
  }
}

/** Where nobody says who reads what. */
export const ALL_OUTPUTS: Pick<AskedOutputs, "places"> = { places: undefined };

/** Bytes of a row of these outputs; undefined where some have no fixed length. */
export function bytesAsked(outputs: readonly TensorSpec[], places: OutputPlaces): number | undefined {
  let bytes = 0;
  for (const [place, spec] of outputs.entries()) {
    if (places?.has(place) === false) continue;
    const own = rowBytes(spec);
    if (own === undefined) return undefined;
    bytes += own;
  }
  return bytes;
}
