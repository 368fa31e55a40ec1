/** Places at which each distribution is looked at: so many standard deviations around its mean, at this step. */
const REACH = 4.5;
const STEP = 0.5;
const PLACES = 2 * (REACH / STEP) + 1;
const EDGE = 1e-12;

/**
 * The probability of each of some Beta(a, b) variables, a and b at least 1, to be the largest: the integral of its
 * density times the others' distribution functions, by the trapezoidal rule at places chosen from all of them. Within
 * 0.02 of the exact value, sums to 1; some 40 us for five variables, a small part of what as good an estimate by
 * draws takes.
 */
export function bestOfBetas(a: Float64Array, b: Float64Array): Float64Array {
  const places = chosenPlaces(a, b);
  const logs = places.map(Math.log);
  const otherLogs = places.map((x) => Math.log1p(-x));
  const masses = Array.from(a, (_, i) => intervalMasses(a[i] as number, b[i] as number, places, logs, otherLogs));
  const shares = new Float64Array(a.length);
  const below = new Float64Array(a.length);
  let total = 0;
  for (let k = 0; k + 1 < places.length; k++) {
    for (let i = 0; i < shares.length; i++) {
      const share = besting(i, k, masses, below);
      shares[i] = (shares[i] as number) + share;
      total += share;
    }
    for (let i = 0; i < below.length; i++) below[i] = (below[i] as number) + ((masses[i] as Float64Array)[k] as number);
  }
  for (let i = 0; i < shares.length; i++) shares[i] = (shares[i] as number) / total;
  return shares;
}

/** The chance that variable i is in the k-th interval and all others are below it. */
function besting(i: number, k: number, masses: readonly Float64Array[], below: Float64Array): number {
  let share = (masses[i] as Float64Array)[k] as number;
  for (let j = 0; j < below.length && share > 0; j++) {
    if (j !== i) share *= (below[j] as number) + ((masses[j] as Float64Array)[k] as number) / 2;
  }
  return share;
}

/** In order, each within 0 to 1. */
function chosenPlaces(a: Float64Array, b: Float64Array): Float64Array {
  const places = new Float64Array(a.length * PLACES);
  for (let i = 0; i < a.length; i++) {
    const count = (a[i] as number) + (b[i] as number);
    const mean = (a[i] as number) / count;
    const sd = Math.sqrt((mean * (1 - mean)) / (count + 1));
    for (let k = 0; k < PLACES; k++) {
      places[i * PLACES + k] = Math.min(1 - EDGE, Math.max(EDGE, mean + (k * STEP - REACH) * sd));
    }
  }
  return places.sort();
}

/** How much of the distribution lies between each place and the next; sums to 1. `logs`: of x and of 1 - x there. */
function intervalMasses(
  a: number,
  b: number,
  places: Float64Array,
  logs: Float64Array,
  otherLogs: Float64Array,
): Float64Array {
  const densities = new Float64Array(places.length);
  let top = -Infinity;
  for (let k = 0; k < places.length; k++) {
    densities[k] = (a - 1) * (logs[k] as number) + (b - 1) * (otherLogs[k] as number);
    top = Math.max(top, densities[k] as number);
  }
  for (let k = 0; k < densities.length; k++) densities[k] = Math.exp((densities[k] as number) - top);
  let total = 0;
  for (let k = 0; k + 1 < densities.length; k++) {
    const width = (places[k + 1] as number) - (places[k] as number);
    densities[k] = (((densities[k] as number) + (densities[k + 1] as number)) / 2) * width;
    total += densities[k] as number;
  }
  for (let k = 0; k + 1 < densities.length; k++) densities[k] = (densities[k] as number) / total;
  return densities;
}
