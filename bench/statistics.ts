export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Rounded to four digits: more would be noise. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? NaN)) / 2;
  return { median: round(median), min: round(sorted[0] ?? NaN), max: round(sorted.at(-1) ?? NaN) };
}

/** The value below which a share `q` of them lies; undefined without values. */
export function percentile(values: readonly number[], q: number): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.max(0, Math.ceil(q * values.length) - 1)];
}

export function round(value: number): number {
  return Number(value.toPrecision(4));
}

/** `12.3 (11.9..12.8)` */
export function showSpread({ median, min, max }: Spread): string {
  return `${show(median)} (${show(min)}..${show(max)})`;
}

export function show(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en-US") : String(value);
}
