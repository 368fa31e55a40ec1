export interface Line {
  readonly intercept: number;
  readonly slope: number;
}

const ITERATIONS = 50;
const SMALLEST_RESIDUAL = 1e-6;

/**
 * The line that minimises the pinball loss at quantile `q` over the points (x, y), by iteratively reweighted least
 * squares (Schlossmacher 1973, for quantiles): a share of about `q` of the points lies on or below it.
 */
export function quantileLine(x: Float64Array, y: Float64Array, q: number): Line {
  let line = weightedLine(x, y, () => 1);
  for (let i = 0; i < ITERATIONS; i++) {
    const { intercept, slope } = line;
    line = weightedLine(x, y, (at) => {
      const residual = (y[at] as number) - intercept - slope * (x[at] as number);
      return (residual > 0 ? q : 1 - q) / Math.max(Math.abs(residual), SMALLEST_RESIDUAL);
    });
  }
  return line;
}

function weightedLine(x: Float64Array, y: Float64Array, weightOf: (at: number) => number): Line {
  let sum = 0;
  let sumX = 0;
  let sumY = 0;
  let sumXX = 0;
  let sumXY = 0;
  for (let at = 0; at < x.length; at++) {
    const weight = weightOf(at);
    const xi = x[at] as number;
    const yi = y[at] as number;
    sum += weight;
    sumX += weight * xi;
    sumY += weight * yi;
    sumXX += weight * xi * xi;
    sumXY += weight * xi * yi;
  }
  const spread = sum * sumXX - sumX * sumX;
  if (spread <= 1e-9 * sum * sumXX) return { intercept: 0, slope: sumX > 0 ? sumY / sumX : 0 };
  const slope = (sum * sumXY - sumX * sumY) / spread;
  return { intercept: (sumY - slope * sumX) / sum, slope };
}
