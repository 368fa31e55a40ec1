/**
 * A running scale of residuals that single outliers cannot move far, and what they are clipped at. `median` follows the
 * median of their sizes by equal steps up and down of its logarithm (stochastic approximation, Robbins and Monro 1951).
 */
export interface RobustScale {
  /** Of |residual|; 0 before the first. */
  median: number;
  count: number;
  /** How many in a row were clipped, and the smallest of them. */
  clippedInRow: number;
  smallestClipped: number;
}

export function newScale(): RobustScale {
  return { median: 0, count: 0, clippedInRow: 0, smallestClipped: 0 };
}

/** Of a normal distribution, over the median of its sizes: 1 / Phi^-1(3/4). */
const SD_OF_MEDIAN = 1.4826;
/** A residual further out than so many standard deviations is drawn in to there. */
const CLIP_SD = 5;
/** Nothing is clipped before the scale rests on so many. */
const WARM_UP = 10;
/** So many in a row are no outliers: the world has changed, and the scale with it. */
const CHANGED_AFTER = 3;
const SMALLEST_STEP = 0.02;

/** The residual, drawn in to 5 robust standard deviations as they were before it; the scale learns its size. */
export function clipResidual(scale: RobustScale, residual: number): number {
  const size = Math.abs(residual);
  const limit = CLIP_SD * SD_OF_MEDIAN * scale.median;
  const isOutlier = scale.count >= WARM_UP && size > limit;
  follow(scale, size);
  if (!isOutlier) {
    scale.clippedInRow = 0;
    return residual;
  }
  return countOutlier(scale, size) ? residual : Math.sign(residual) * limit;
}

function follow(scale: RobustScale, size: number): void {
  scale.count += 1;
  if (scale.median === 0) {
    scale.median = size;
    return;
  }
  const step = Math.max(SMALLEST_STEP, 1 / scale.count);
  scale.median *= size > scale.median ? 1 + step : 1 / (1 + step);
}

/** True when it is one of so many that it counts as it is. */
function countOutlier(scale: RobustScale, size: number): boolean {
  scale.smallestClipped = scale.clippedInRow === 0 ? size : Math.min(size, scale.smallestClipped);
  scale.clippedInRow += 1;
  if (scale.clippedInRow < CHANGED_AFTER) return false;
  scale.median = scale.smallestClipped;
  scale.clippedInRow = 0;
  return true;
}
