/**
 * Exact confidence bounds of a proportion (Clopper and Pearson, Biometrika 26, 1934), by way of the regularised
 * incomplete beta function. Counts may be fractions, as after forgetting.
 */

/** The largest proportion that `events` of `trials` do not refute at this one-sided confidence: 1 without trials. */
export function upperBound(events: number, trials: number, confidence: number): number {
  return events >= trials ? 1 : betaQuantile(confidence, events + 1, trials - events);
}

/** The smallest proportion that `events` of `trials` do not refute at this one-sided confidence. */
export function lowerBound(events: number, trials: number, confidence: number): number {
  return events <= 0 ? 0 : betaQuantile(1 - confidence, events, trials - events + 1);
}

/** `upperBound(...) <= proportion`, for a tenth of its cost: the bound is where the distribution crosses. */
export function isAtMost(proportion: number, events: number, trials: number, confidence: number): boolean {
  // The bound is above the mean.
  if (events >= trials * proportion) return false;
  return regularisedBeta(proportion, events + 1, trials - events) >= confidence;
}

/** `lowerBound(...) > proportion`, likewise. */
export function isAbove(proportion: number, events: number, trials: number, confidence: number): boolean {
  if (events <= trials * proportion) return false;
  return regularisedBeta(proportion, events, trials - events + 1) < 1 - confidence;
}

/** I_x(a, b), to about 1e-12 for a + b up to 1e6. Continued fraction of DLMF 8.17.22 by Lentz's method. */
export function regularisedBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + logGamma(a + b) - logGamma(a) - logGamma(b));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(1 - x, b, a)) / b;
}

const TINY = 1e-300;

function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / atLeastTiny(1 - ((a + b) * x) / (a + 1));
  let result = d;
  for (let m = 1; m <= 10_000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / atLeastTiny(1 + even * d);
    c = atLeastTiny(1 + even / c);
    result *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / atLeastTiny(1 + odd * d);
    c = atLeastTiny(1 + odd / c);
    result *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return result;
}

function atLeastTiny(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** By bisection: 60 halvings are exact to the last bits of a proportion, and it is off the hot path. */
function betaQuantile(probability: number, a: number, b: number): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (regularisedBeta(middle, a, b) < probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Stirling's series (DLMF 5.11.1) from 10 up, reached by recurrence: relative error below 1e-14 for z > 0. */
function logGamma(z: number): number {
  let shift = 0;
  let x = z;
  for (; x < 10; x++) shift += Math.log(x);
  const inverse = 1 / (x * x);
  const series =
    (1 / 12 -
      inverse *
        (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse * (1 / 1188 - inverse * (691 / 360360)))))) /
    x;
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
