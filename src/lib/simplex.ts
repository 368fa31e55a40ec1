/** The nearest probabilities to any finite numbers (Duchi et al., ICML 2008, figure 1): their order stays. */
export function nearestProbabilities(values: Float64Array): Float64Array {
  const descending = values.slice().sort().reverse();
  let sum = 0;
  let shift = 0;
  for (let i = 0; i < descending.length; i++) {
    const value = descending[i] as number;
    sum += value;
    const candidate = (sum - 1) / (i + 1);
    if (value <= candidate) break;
    shift = candidate;
  }
  return values.map((value) => Math.max(0, value - shift));
}
