import type { OutputSpec } from "../domain/application.js";
import type { Choice, MemberOutput } from "../domain/prediction.js";
import type { Random } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";
import { draw, isPropensity } from "./chosenModel.js";
import { labelAnswer } from "./combine.js";
import type { Votes } from "./combine.js";
import type {
  Answered,
  Combined,
  CorrectionPolicy,
  Evidence,
  PolicyMember,
  Selection,
  WeightReport,
} from "./correctionPolicy.js";
import { INHERITED_TIME } from "./exp3.js";
import { inheritWeights, joinAtMean, memberWeights, rowWeights } from "./exponentialWeights.js";
import type { Losses } from "./losses.js";
import { ModelTable } from "./modelTable.js";
import type { TableShape } from "./modelTable.js";
import { foldLosses, reportWeights, weighVotes } from "./votingPolicy.js";
import type { Learning } from "./votingPolicy.js";

const SHAPE: TableShape = { code: 10, columns: 1, scalars: 0 };
/** The column of summed loss estimates. */
const LOSS = 0;
/** Share of the answers that are any label alike, so that no estimate is larger than labels / FLOOR. */
const FLOOR = 0.01;

type LabelOutput = Extract<OutputSpec, { kind: "LABEL" }>;

/**
 * Exp4 (Auer et al. 2002, section 7; Bubeck and Cesa-Bianchi, 2012, section 4.2): the labels are the arms, the models are
 * experts whose probabilities are their advice. The label is drawn from the experts' weighted advice; a reward gives
 * an estimate loss / p for the label that was answered and 0 for the others, and each expert is charged its advice times that.
 * A truth tells all labels' losses, and an expert is charged the weight of its wrong advice. Without a fixed `eta`
 * it is sqrt(ln N / (C t)), for N experts and C labels. Experts that did not answer are charged the mean of those that did.
 */
export class Exp4 implements CorrectionPolicy<ModelTable> {
  readonly kind = "exp4";
  readonly featureModel = undefined;
  readonly answersFromFeatures = false;
  readonly isPersonal = true;
  readonly #labels: readonly string[];
  readonly #losses: Losses;
  readonly #eta: number | undefined;
  readonly #learning: Learning;

  constructor({ labels }: LabelOutput, losses: Losses, eta: number | undefined) {
    this.#labels = labels;
    this.#losses = losses;
    this.#eta = eta;
    this.#learning = {
      join: (table, row, others) => joinAtMean(table, row, others, this.#rate(table, table.names.length)),
      learn: (table, rows, losses) => this.#learn(table, rows, losses),
      inherit: (table) => this.#inherit(table),
    };
  }

  init(): ModelTable {
    return new ModelTable(SHAPE);
  }

  inherit(population: ModelTable): ModelTable {
    const table = population.copy();
    this.#learning.inherit(table);
    return table;
  }

  select(_state: ModelTable, members: readonly PolicyMember[]): Selection {
    return { models: members.map(({ model }) => model), choice: undefined };
  }

  combine(
    state: ModelTable,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
    _context: unknown,
    random: Random,
  ): Combined {
    const votes = weighVotes(this.#expertWeights(state, members), members, selection, answered);
    const present = presentWeight(votes);
    const probabilities = this.#advice(votes, present);
    const label = draw(probabilities, random);
    const choice: Choice = {
      arm: this.#labels[label] as string,
      propensity: Math.min(1, probabilities[label] as number),
      arms: this.#labels.length,
    };
    return { choice, ...labelAnswer(this.#labels, label, probabilities, present / (present + votes.missingWeight)) };
  }

  /** What is missing changes the probabilities. */
  isDecided(
    _state: ModelTable,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): boolean {
    return answered.length === selection.models.length;
  }

  observe(state: ModelTable, evidence: Evidence, truth: Truth): boolean {
    const [label, charge] = this.#chargeOf(evidence, truth);
    if (label < 0 || charge === undefined) return false;
    return foldLosses(state, this.#learning, evidence, (output) => {
      const advice = adviceFor(output, label);
      if (advice === undefined) return undefined;
      return truth.kind === "REWARD" ? advice * charge : Math.max(0, 1 - advice);
    });
  }

  encode(state: ModelTable): Uint8Array {
    return state.encode();
  }

  decode(bytes: Uint8Array): ModelTable {
    return ModelTable.decode(SHAPE, bytes);
  }

  weights(state: ModelTable, members: readonly PolicyMember[]): readonly WeightReport[] {
    return reportWeights(state, members, this.#expertWeights(state, members));
  }

  chances(
    state: ModelTable,
    members: readonly PolicyMember[],
    _context: unknown,
    answered: readonly Answered[],
  ): ReadonlyMap<string, number> {
    const votes = weighVotes(this.#expertWeights(state, members), members, this.select(state, members), answered);
    const probabilities = this.#advice(votes, presentWeight(votes));
    return new Map(this.#labels.map((label, i) => [label, probabilities[i] as number]));
  }

  #expertWeights(state: ModelTable, members: readonly PolicyMember[]): Float64Array {
    return memberWeights(state, members, this.#rate(state, members.length, 1));
  }

  /** Minus the learning rate, at the observation that the table's time counts, or so many later. */
  #rate(table: ModelTable, experts: number, later = 0): number {
    return -(this.#eta ?? Math.sqrt(Math.log(experts) / (this.#labels.length * Math.max(1, table.time + later))));
  }

  /** Probability of each label; sums to 1. */
  #advice({ outputs, weights }: Votes, present: number): Float64Array {
    const labels = this.#labels.length;
    const probabilities = new Float64Array(labels).fill(FLOOR / labels);
    outputs.forEach((output, expert) => {
      const share = ((1 - FLOOR) * (weights[expert] as number)) / present;
      for (let label = 0; label < labels; label++) {
        probabilities[label] = (probabilities[label] as number) + share * (adviceFor(output, label) ?? 1 / labels);
      }
    });
    return probabilities;
  }

  /** The label that the observation speaks of, and for a reward the estimate of its loss. */
  #chargeOf({ choice }: Evidence, truth: Truth): [label: number, charge: number | undefined] {
    if (truth.kind === "LABEL") return [this.#labels.indexOf(truth.label), 1];
    const loss = this.#losses.ofReward(truth);
    if (loss === undefined || choice === undefined || !isPropensity(choice.propensity)) return [-1, undefined];
    return [this.#labels.indexOf(choice.arm), loss / choice.propensity];
  }

  #learn(table: ModelTable, rows: readonly number[], losses: Float64Array): void {
    const weights = rowWeights(table, rows, this.#rate(table, table.names.length));
    let mean = 0;
    for (let i = 0; i < rows.length; i++) mean += (weights[i] as number) * (losses[i] as number);
    table.names.forEach((_, row) => {
      const at = rows.indexOf(row);
      table.set(row, LOSS, table.get(row, LOSS) + (at < 0 ? mean : (losses[at] as number)));
    });
  }

  #inherit(table: ModelTable): void {
    const models = table.names.length;
    const before = this.#rate(table, models, 1);
    table.time = Math.min(table.time, INHERITED_TIME);
    inheritWeights(table, before, this.#rate(table, models, 1));
  }
}

function presentWeight({ weights }: Votes): number {
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** An expert's share for a label: scores sum to 1 only within 1 %. Undefined for what are no scores. */
function adviceFor(output: MemberOutput, label: number): number | undefined {
  if (output.kind !== "SCORES") return undefined;
  let total = 0;
  for (const score of output.scores) total += score;
  const share = (output.scores[label] as number) / total;
  return share >= 0 && share <= 1 ? share : undefined;
}
