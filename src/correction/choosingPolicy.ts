import type { OutputSpec } from "../domain/application.js";
import type { PolicyKind } from "../domain/policySpec.js";
import type { Choice, MemberOutput } from "../domain/prediction.js";
import type { Random } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";
import { combineVotes } from "./combine.js";
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
    const propensities = this.#rule.propensities(state, members);
    const drawn = draw(propensities, random);
    const { model } = members[drawn] as PolicyMember;
    const choice = { arm: model, propensity: propensities[drawn] as number, arms: members.length };
    return { models: [model], choice };
  }

  combine(
    _state: ModelTable,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): Combined {
    const outputs = answered.map(({ output }) => output);
    const weights = new Float64Array(outputs.length).fill(1);
    const combination = this.#output.kind === "LABEL" ? "SCORES" : "MEAN";
    return {
      ...combineVotes(this.#output, combination, { outputs, weights, missingWeight: 0 }),
      choice: selection.choice,
    };
  }

  isDecided(
    _state: ModelTable,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): boolean {
    return answered.length === selection.models.length;
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

export function byModel(members: readonly PolicyMember[], values: Float64Array): ReadonlyMap<string, number> {
  return new Map(members.map(({ model }, i) => [model, values[i] as number]));
}

export function isPropensity(value: number): boolean {
  return value > 0 && value <= 1;
}

/** An index, drawn with these probabilities; never one of probability 0. */
export function draw(probabilities: Float64Array, random: Random): number {
  let total = 0;
  for (const probability of probabilities) total += probability;
  let left = random() * total;
  let drawn = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const probability = probabilities[i] as number;
    if (probability === 0) continue;
    drawn = i;
    left -= probability;
    if (left < 0) break;
  }
  return drawn;
}
