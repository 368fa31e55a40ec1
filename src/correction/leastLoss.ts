import type { ChoiceRule } from "./choosingPolicy.js";
import type { PolicyMember } from "./correctionPolicy.js";
import { explore } from "./exploration.js";
import { INHERITED_TIME } from "./exp3.js";
import type { ModelTable, TableShape } from "./modelTable.js";
import { countOutcome, inheritOutcomes, OUTCOME_COLUMNS, outcomesOf } from "./outcomeCounts.js";
import type { Outcomes } from "./outcomeCounts.js";

const EPSILON = 0.1;

/** The least mean loss, but for `epsilon` of the queries, which go to any model alike. To compare others with. */
export class EpsilonGreedy implements ChoiceRule {
  readonly kind = "epsilon-greedy";
  readonly shape: TableShape = { code: 8, columns: OUTCOME_COLUMNS, scalars: 0 };
  readonly #epsilon: number;

  constructor(epsilon = EPSILON) {
    this.#epsilon = epsilon;
  }

  propensities(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    return explore(allOn(leastOf(table, members, meanLoss), members), table, members, this.#epsilon);
  }

  join(): void {
    // Nothing is known of it: as good as any until its first loss.
  }

  learn(table: ModelTable, row: number, loss: number): void {
    countOutcome(table, row, loss);
  }

  inherit(table: ModelTable): void {
    inheritOutcomes(table, INHERITED_TIME);
  }
}

/**
 * UCB1 (Auer, Cesa-Bianchi, Fischer, Machine Learning 47, 2002): the least of mean loss - sqrt(2 ln t / n). Without
 * chance, so that every propensity is 1: its log says nothing about what other choices would have brought, and
 * while feedback is late it keeps choosing the same. To compare others with.
 */
export class Ucb1 implements ChoiceRule {
  readonly kind = "ucb1";
  readonly shape: TableShape = { code: 9, columns: OUTCOME_COLUMNS, scalars: 0 };

  propensities(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    let count = 1;
    for (const member of members) count += total(outcomesOf(table, member));
    const bound = (outcomes: Outcomes) => {
      const n = total(outcomes);
      return n === 0 ? -Infinity : outcomes.bad / n - Math.sqrt((2 * Math.log(count)) / n);
    };
    return allOn(leastOf(table, members, bound), members);
  }

  join(): void {
    // Chosen next in any case: its bound is infinite.
  }

  learn(table: ModelTable, row: number, loss: number): void {
    countOutcome(table, row, loss);
  }

  inherit(table: ModelTable): void {
    inheritOutcomes(table, INHERITED_TIME);
  }
}

function total({ good, bad }: Outcomes): number {
  return good + bad;
}

/** Half a good and half a bad outcome more, so that a new model is neither the best nor the worst. */
function meanLoss({ good, bad }: Outcomes): number {
  return (bad + 0.5) / (good + bad + 1);
}

/** Ties go to the member that is linked first. */
function leastOf(table: ModelTable, members: readonly PolicyMember[], of: (outcomes: Outcomes) => number): number {
  let least = 0;
  let value = Infinity;
  members.forEach((member, i) => {
    const own = of(outcomesOf(table, member));
    if (own >= value) return;
    value = own;
    least = i;
  });
  return least;
}

function allOn(index: number, members: readonly PolicyMember[]): Float64Array {
  const probabilities = new Float64Array(members.length);
  probabilities[index] = 1;
  return probabilities;
}
