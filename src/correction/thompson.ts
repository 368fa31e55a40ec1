import type { Random } from "../domain/ports.js";
import { drawBeta } from "../lib/betaDraw.js";
import type { ChoiceRule } from "./choosingPolicy.js";
import type { PolicyMember } from "./correctionPolicy.js";
import { explore } from "./exploration.js";
import { normalise } from "./exponentialWeights.js";
import type { ModelTable, TableShape } from "./modelTable.js";
import { countOutcome, inheritOutcomes, OUTCOME_COLUMNS, outcomesOf } from "./outcomeCounts.js";

const EPSILON = 0.01;
const STRENGTH = 20;
const DRAWS = 200;

/**
 * Thompson sampling (Biometrika 25, 1933; Agrawal and Goyal, COLT 2012): each model has a Beta(1 + good, 1 + bad) of
 * success, and is chosen as often as it is the best. How often that is has no closed form: it is estimated by 200 draws
 * from all, mixed with `epsilon` of an even choice, and the model is then drawn from the estimate, so that the
 * recorded propensity is the very one it was chosen with. Losses between 0 and 1 count as parts of a failure.
 */
export class Thompson implements ChoiceRule {
  readonly kind = "thompson";
  readonly shape: TableShape = { code: 7, columns: OUTCOME_COLUMNS, scalars: 0 };
  readonly #epsilon: number;
  readonly #strength: number;

  constructor({ epsilon = EPSILON, strength = STRENGTH }: { epsilon?: number; strength?: number } = {}) {
    this.#epsilon = epsilon;
    this.#strength = strength;
  }

  propensities(table: ModelTable, members: readonly PolicyMember[], random: Random): Float64Array {
    const good = Float64Array.from(members, (member) => 1 + outcomesOf(table, member).good);
    const bad = Float64Array.from(members, (member) => 1 + outcomesOf(table, member).bad);
    const shares = new Float64Array(members.length);
    for (let i = 0; i < DRAWS; i++) {
      const best = bestOfDraw(good, bad, random);
      shares[best] = (shares[best] as number) + 1 / DRAWS;
    }
    return explore(shares, table, members, this.#epsilon);
  }

  /** The expected success of each, as shares. */
  weights(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    const means = Float64Array.from(members, (member) => {
      const { good, bad } = outcomesOf(table, member);
      return (1 + good) / (2 + good + bad);
    });
    return normalise(means);
  }

  join(): void {
    // Beta(1, 1): nothing is known of it.
  }

  learn(table: ModelTable, row: number, loss: number): void {
    countOutcome(table, row, loss);
  }

  inherit(table: ModelTable): void {
    inheritOutcomes(table, this.#strength);
  }
}

function bestOfDraw(good: Float64Array, bad: Float64Array, random: Random): number {
  let best = 0;
  let most = -1;
  for (let i = 0; i < good.length; i++) {
    const drawn = drawBeta(good[i] as number, bad[i] as number, random);
    if (drawn <= most) continue;
    most = drawn;
    best = i;
  }
  return best;
}
