/** Uniform in [0, 1). */
export type Random = () => number;

/** mulberry32 (Tommy Ettinger, public domain): 32 bits of state are plenty for a stub's noise. */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface ServiceTimeOptions {
  /** Milliseconds: a + b * rows. */
  readonly line: readonly [number, number];
  /** Standard deviation of the logarithm of a factor with median 1. */
  readonly sigma: number;
  /** With this probability the time is multiplied by this factor. */
  readonly stall: readonly [number, number];
}

/** How long a stub takes for a batch of so many rows, in milliseconds. */
export function serviceTime(options: ServiceTimeOptions, random: Random): (rows: number) => number {
  const [base, perRow] = options.line;
  const [stallProbability, stallFactor] = options.stall;
  return (rows) => {
    const noise = options.sigma === 0 ? 1 : Math.exp(options.sigma * standardNormal(random));
    const factor = stallProbability > 0 && random() < stallProbability ? stallFactor : 1;
    return (base + perRow * rows) * noise * factor;
  };
}

/** Box and Muller (1958); 1 - u keeps the logarithm finite. */
function standardNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
