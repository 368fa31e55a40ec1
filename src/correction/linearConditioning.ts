import type { Conditioning } from "./correctionPolicy.js";
import type { LinearState } from "./linearState.js";
import { columnStart } from "./packedCholesky.js";
import { conditionEstimate, ILL_CONDITIONED, newRidge } from "./ridge.js";
import type { RidgeState } from "./ridge.js";

/** Of A's trace, in each coordinate of the prior: then no condition is above its inverse, and there is room to grow. */
const SHARE_OF_TRACE = 1e-9;

/** What `linear` does where features are nearly dependent, or of very different sizes. */
export const linearConditioning: Conditioning<LinearState> = {
  condition: ({ ridge }) => (ridge === undefined ? 1 : conditionEstimate(ridge)),

  /** The bound comes first, since it costs O(size^2) once and is nearly always all: the estimate costs sixteen times that. */
  isIll({ ridge }) {
    if (ridge === undefined || !mayBeIll(ridge)) return false;
    return conditionEstimate(ridge) > ILL_CONDITIONED;
  },

  strengthen(birth, { models, ridge }) {
    if (ridge === undefined) return undefined;
    const least = SHARE_OF_TRACE * traceOf(ridge);
    // A population is born without knowing its features; strengthened it is born with those that it has met.
    const before = birth.ridge ?? newRidge(ridge.targets, { mean: ridge.mean, precision: ridge.precision });
    const precision = before.precision.map((value) => Math.max(value, least));
    if (precision.every((value, k) => value === before.precision[k])) return undefined;
    const { scales } = before;
    birth.ridge = { ...newRidge(before.targets, { mean: before.mean, precision }), scales };
    if (birth.models.length < models.length && before.size === ridge.size) birth.models = models.slice();
    return least;
  },
};

/** A's smallest eigenvalue is at least that of its prior: as long as the trace is small beside that, A is no worse. */
function mayBeIll(ridge: RidgeState): boolean {
  let least = Infinity;
  for (const value of ridge.held) least = Math.min(least, value);
  return traceOf(ridge) > ILL_CONDITIONED * least;
}

/** Of A = L L^T: the sum of L's squares. */
function traceOf({ factor, size }: RidgeState): number {
  let sum = 0;
  for (let at = 0, end = columnStart(size, size); at < end; at++) sum += (factor[at] as number) ** 2;
  return sum;
}
