import type { Random } from "../domain/ports.js";
import { normal } from "./normal.js";

/** A draw from Beta(a, b), for a and b of at least 1: the share of one gamma variate in two. */
export function drawBeta(a: number, b: number, random: Random): number {
  const x = drawGamma(a, random);
  return x / (x + drawGamma(b, random));
}

/**
 * Gamma with this shape, at least 1, and scale 1: Marsaglia and Tsang, A Simple Method for Generating Gamma Variables
 * (ACM TOMS 26, 2000). Accepts 95 % of the candidates or more.
 */
function drawGamma(shape: number, random: Random): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const cube = (1 + c * x) ** 3;
    if (cube <= 0) continue;
    const u = 1 - random();
    if (Math.log(u) < 0.5 * x * x + d * (1 - cube + Math.log(cube))) return d * cube;
  }
}
