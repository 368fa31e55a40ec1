import type { OutputSpec } from "../domain/application.js";
import type { PolicyKind } from "../domain/policySpec.js";
import type { Choice, MemberOutput } from "../domain/prediction.js";
import type { Random } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";
import { answerOfChosen, byModel, chooseOne, hasAnswered, isPropensity } from "./chosenModel.js";
import type {
  Answered,
  Combined,
  CorrectionPolicy,
  Evidence,
  PolicyMember,
  Selection,
  WeightReport,
} from "./correctionPolicy.js";
import type { Losses } from "./losses.js";
import { ModelTable } from "./modelTable.js";
import type { TableShape } from "./modelTable.js";
import { reportWeights } from "./votingPolicy.js";

/** How one of several models is chosen and what its loss teaches. */
export interface ChoiceRule {
  readonly kind: PolicyKind;
  readonly shape: TableShape;
  /** One for each member, summing to 1; drawn from as they are, so that what is recorded is what was. */
  propensities(table: ModelTable, members: readonly PolicyMember[]): Float64Array;
  /** The first numbers of a row, beside those of all others. */
  join(table: ModelTable, row: number): void;
  learn(table: ModelTable, row: number, loss: number, choice: Choice): void;
  inherit(table: ModelTable): void;
}

/**
 * Asks one model, and learns from the loss of its answer alone: for applications that are told rewards, or whose models
 * are too dear to ask all. Learning divides by the probability that the choice had when it was made, which is part of
 * the evidence. Computed again from the state at the time of the observation it would be another one: after 500 rounds
 * of delay the regret's spread is ten times as large.
 */
export class ChoosingPolicy implements CorrectionPolicy<ModelTable> {
  readonly featureModel = undefined;
  readonly answersFromFeatures = false;
  readonly isPersonal = true;
  readonly #rule: ChoiceRule;
  readonly #output: OutputSpec;
  readonly #losses: Losses;

  constructor(rule: ChoiceRule, output: OutputSpec, losses: Losses) {
    this.#rule = rule;
    this.#output = output;
    this.#losses = losses;
  }

  get kind(): PolicyKind {
    return this.#rule.kind;
  }

  init(): ModelTable {
    return new ModelTable(this.#rule.shape);
  }

  inherit(population: ModelTable): ModelTable {
    const table = population.copy();
    this.#rule.inherit(table);
    return table;
  }

  select(state: ModelTable, members: readonly PolicyMember[], _context: unknown, random: Random): Selection {
    return chooseOne(members, this.#rule.propensities(state, members), random);
  }

  combine(
    _state: ModelTable,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): Combined {
    return answerOfChosen(this.#output, selection, answered);
  }

  isDecided(
    _state: ModelTable,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): boolean {
    return hasAnswered(selection, answered);
  }

  observe(state: ModelTable, { answered, choice }: Evidence, truth: Truth): boolean {
    const output = answered.find(({ model }) => model === choice?.arm)?.output;
    if (choice === undefined || output === undefined || !isPropensity(choice.propensity)) return false;
    const loss = this.#lossOf(output, truth);
    if (loss === undefined) return false;
    state.time += 1;
    const row = state.rowOf(choice.arm) ?? this.#meet(state, choice.arm);
    this.#rule.learn(state, row, loss, choice);
    state.count(row);
    return true;
  }

  encode(state: ModelTable): Uint8Array {
    return state.encode();
  }

  decode(bytes: Uint8Array): ModelTable {
    return ModelTable.decode(this.#rule.shape, bytes);
  }

  weights(state: ModelTable, members: readonly PolicyMember[]): readonly WeightReport[] {
    return reportWeights(state, members, this.#rule.propensities(state, members));
  }

  chances(state: ModelTable, members: readonly PolicyMember[]): ReadonlyMap<string, number> {
    return byModel(members, this.#rule.propensities(state, members));
  }

  #lossOf(output: MemberOutput, truth: Truth): number | undefined {
    return this.#losses.ofReward(truth) ?? this.#losses.ofOutput(output, truth);
  }

  #meet(state: ModelTable, model: string): number {
    const row = state.add(model);
    this.#rule.join(state, row);
    return row;
  }
}
