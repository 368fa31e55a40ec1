import type { Random } from "../domain/ports.js";
import { normal } from "../lib/normal.js";

/** ANGLE in radians, 0 to pi, for what only the direction counts of (words, embeddings); L2 in the input's own unit. */
export type Distance = "ANGLE" | "L2";

/**
 * Makes a vector comparable: under ANGLE of length one, so that near is near in L2 as well. False where it has no
 * place: not finite, or without direction.
 */
export function place(distance: Distance, vector: Float32Array): boolean {
  let sum = 0;
  for (const x of vector) sum += x * x;
  if (!Number.isFinite(sum)) return false;
  if (distance === "L2") return true;
  if (sum === 0) return false;
  const scale = 1 / Math.sqrt(sum);
  for (let i = 0; i < vector.length; i++) vector[i] = (vector[i] as number) * scale;
  return true;
}

/** From the squared L2 distance of two placed vectors. By the chord, since the cosine loses small angles in rounding. */
export function distanceFromSquare(distance: Distance, square: number): number {
  const chord = Math.sqrt(square);
  return distance === "L2" ? chord : 2 * Math.asin(Math.min(1, chord / 2));
}

const CHUNK = 16;

/** The squared L2 distance of `query` and the vector at `at`, or some number above `limit` where it is above that. */
export function squareWithin(query: Float32Array, vectors: Float32Array, at: number, limit: number): number {
  const length = query.length;
  let sum = 0;
  let i = 0;
  while (i < length && sum <= limit) {
    const end = Math.min(i + CHUNK, length);
    for (; i < end; i++) {
      const difference = (query[i] as number) - (vectors[at + i] as number);
      sum += difference * difference;
    }
  }
  return sum;
}

/** Moves a placed vector by this distance in a random direction. */
export function displace(distance: Distance, vector: Float32Array, by: number, random: Random): void {
  const step = Float32Array.from(vector, () => normal(random));
  if (distance === "ANGLE") {
    const along = dot(step, vector);
    for (let i = 0; i < step.length; i++) step[i] = (step[i] as number) - along * (vector[i] as number);
  }
  const length = Math.sqrt(dot(step, step)) || 1;
  const keep = distance === "L2" ? 1 : Math.cos(by);
  const add = (distance === "L2" ? by : Math.sin(by)) / length;
  for (let i = 0; i < step.length; i++) vector[i] = keep * (vector[i] as number) + add * (step[i] as number);
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
