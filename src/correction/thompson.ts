import { bestOfBetas } from "./bestOfBetas.js";
import type { ChoiceRule } from "./choosingPolicy.js";
import type { PolicyMember } from "./correctionPolicy.js";
import { explore } from "./exploration.js";
import type { ModelTable, TableShape } from "./modelTable.js";
import { countOutcome, inheritOutcomes, OUTCOME_COLUMNS, outcomesOf } from "./outcomeCounts.js";

const EPSILON = 0.01;
const STRENGTH = 20;

/**
 * Thompson sampling (Biometrika 25, 1933; Agrawal and Goyal, COLT 2012): each model has a Beta(1 + good, 1 + bad) of
 * success, and is chosen as often as it is the best. How often that is gets computed and the model drawn from it, mixed
 * with `epsilon` of an even choice, instead of drawing one value for each model and taking the best: so the recorded
 * propensity is the very one it was chosen with. Losses between 0 and 1 count as parts of a failure.
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

  propensities(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    const outcomes = members.map((member) => outcomesOf(table, member));
    const good = Float64Array.from(outcomes, (one) => 1 + one.good);
    const bad = Float64Array.from(outcomes, (one) => 1 + one.bad);
    return explore(bestOfBetas(good, bad), table, members, this.#epsilon);
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
