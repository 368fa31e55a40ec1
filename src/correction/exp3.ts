import type { Choice } from "../domain/prediction.js";
import type { PolicyMember } from "./correctionPolicy.js";
import type { ChoiceRule } from "./choosingPolicy.js";
import { explore } from "./exploration.js";
import { inheritWeights, joinAtMean, memberWeights } from "./exponentialWeights.js";
import type { ModelTable, TableShape } from "./modelTable.js";

/** The column of summed loss estimates. */
const LOSS = 0;
/**
 * Share of queries for which all models have the same chance: no propensity below FLOOR / K, so that no estimate is larger
 * than K / FLOOR, and a model that was bad is tried often enough to return.
 */
const FLOOR = 0.01;
/** An entity's state counts as so many observations: what it learns then moves it as much. */
export const INHERITED_TIME = 20;

/**
 * Exp3 (Auer, Cesa-Bianchi, Freund, Schapire, SIAM J. Comput. 32, 2002; in the form of Bubeck and Cesa-Bianchi, 2012,
 * section 3.1): p ~ exp(-eta L), and L of the chosen model grows by loss / p. Exp3-IX (Neu, NIPS 2015) divides by p +
 * eta / 2 instead: a little bias for a much smaller variance, and a bound that holds with high probability. Without a
 * fixed `eta` it is sqrt(ln K / (K t)) at the t-th observation.
 */
export class Exp3 implements ChoiceRule {
  readonly kind: "exp3" | "exp3-ix";
  readonly shape: TableShape;
  readonly #eta: number | undefined;

  constructor(kind: "exp3" | "exp3-ix", eta: number | undefined) {
    this.kind = kind;
    this.shape = { code: kind === "exp3" ? 5 : 6, columns: 1, scalars: 0 };
    this.#eta = eta;
  }

  propensities(table: ModelTable, members: readonly PolicyMember[]): Float64Array {
    const rate = -this.#etaAt(table.time + 1, members.length);
    return explore(memberWeights(table, members, rate), table, members, FLOOR);
  }

  join(table: ModelTable, row: number): void {
    const others = table.names.map((_, other) => other).filter((other) => other !== row);
    joinAtMean(table, row, others, -this.#etaAt(table.time, table.names.length));
  }

  learn(table: ModelTable, row: number, loss: number, { propensity, arms }: Choice): void {
    const gamma = this.kind === "exp3-ix" ? this.#etaAt(table.time, arms) / 2 : 0;
    table.set(row, LOSS, table.get(row, LOSS) + loss / (propensity + gamma));
  }

  inherit(table: ModelTable): void {
    const models = table.names.length;
    const before = this.#etaAt(table.time + 1, models);
    table.time = Math.min(table.time, INHERITED_TIME);
    inheritWeights(table, -before, -this.#etaAt(table.time + 1, models));
  }

  #etaAt(time: number, arms: number): number {
    return this.#eta ?? Math.sqrt(Math.log(arms) / (arms * time));
  }
}
