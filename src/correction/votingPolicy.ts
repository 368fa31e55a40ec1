import type { OutputSpec } from "../domain/application.js";
import type { MemberOutput } from "../domain/prediction.js";
import type { Truth } from "../domain/storePorts.js";
import type { PolicyKind } from "../domain/policySpec.js";
import { combineVotes, isDecided } from "./combine.js";
import type { Combination, Votes } from "./combine.js";
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

const ALL_WEIGHT = Float64Array.of(1);

/** How the members' weights come about. */
export interface WeightRule {
  readonly kind: PolicyKind;
  readonly shape: TableShape;
  /** One for each member, above 0, summing to 1. */
  weights(table: ModelTable, members: readonly PolicyMember[]): Float64Array;
  /** Absent where nothing is learned. */
  readonly learning?: Learning;
}

export interface Learning {
  /** The first numbers of a model's row, next to the rows of the others that answered. */
  join(table: ModelTable, row: number, others: readonly number[]): void;
  /** The losses of the models that answered. What is not among the rows was not seen and keeps its standing. */
  learn(table: ModelTable, rows: readonly number[], losses: Float64Array): void;
  /** Makes a copy of the population's table an entity's. */
  inherit(table: ModelTable): void;
}

export interface VotingOptions {
  readonly output: OutputSpec;
  readonly combination: Combination;
  readonly losses: Losses;
}

/** Asks all members and answers with their weighted vote or average. A truth tells the losses of all that answered. */
export class VotingPolicy implements CorrectionPolicy<ModelTable> {
  readonly featureModel = undefined;
  readonly answersFromFeatures = false;
  readonly #rule: WeightRule;
  readonly #options: VotingOptions;
  /** Of whom the last was: an application's members are the same for all of its queries. */
  #selectedOf: readonly PolicyMember[] | undefined;
  #selection: Selection = { models: [], choice: undefined };

  constructor(rule: WeightRule, options: VotingOptions) {
    this.#rule = rule;
    this.#options = options;
  }

  get isPersonal(): boolean {
    return this.#rule.learning !== undefined;
  }

  get kind(): PolicyKind {
    return this.#rule.kind;
  }

  init(): ModelTable {
    return new ModelTable(this.#rule.shape);
  }

  inherit(population: ModelTable): ModelTable {
    const table = population.copy();
    this.#rule.learning?.inherit(table);
    return table;
  }

  select(_state: ModelTable, members: readonly PolicyMember[]): Selection {
    if (members !== this.#selectedOf) {
      this.#selectedOf = members;
      this.#selection = { models: members.map(({ model }) => model), choice: undefined };
    }
    return this.#selection;
  }

  combine(
    state: ModelTable,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): Combined {
    const votes = this.#votes(state, members, selection, answered);
    const { output, agreement } = combineVotes(this.#options.output, this.#options.combination, votes);
    return { output, agreement, choice: undefined };
  }

  isDecided(
    state: ModelTable,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): boolean {
    if (answered.length === selection.models.length) return true;
    const { output, combination } = this.#options;
    if (answered.length === 0) return false;
    return isDecided(output, combination, this.#votes(state, members, selection, answered));
  }

  #votes(
    state: ModelTable,
    members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): Votes {
    const [only] = answered;
    // Of a model alone, as most applications have, nothing is weighed, whatever was learned of it.
    if (members.length === 1 && only?.model === members[0]?.model && answered.length === 1)
      return { outputs: [(only as Answered).output], weights: ALL_WEIGHT, missingWeight: 0 };
    return weighVotes(this.#rule.weights(state, members), members, selection, answered);
  }

  observe(state: ModelTable, evidence: Evidence, truth: Truth): boolean {
    const { learning } = this.#rule;
    if (learning === undefined) return false;
    return foldLosses(state, learning, evidence, (output) => this.#options.losses.ofOutput(output, truth));
  }

  encode(state: ModelTable): Uint8Array {
    return state.encode();
  }

  decode(bytes: Uint8Array): ModelTable {
    return ModelTable.decode(this.#rule.shape, bytes);
  }

  weights(state: ModelTable, members: readonly PolicyMember[]): readonly WeightReport[] {
    return reportWeights(state, members, this.#rule.weights(state, members));
  }
}

/** The answers that came, with their models' weights, and the weight of the selected models without one. */
export function weighVotes(
  weights: Float64Array,
  members: readonly PolicyMember[],
  { models }: Selection,
  answered: readonly Answered[],
): Votes {
  const weightOf = (model: string) => weights[members.findIndex((member) => member.model === model)] ?? 0;
  const answeredWeights = new Float64Array(answered.length);
  for (let i = 0; i < answered.length; i++) answeredWeights[i] = weightOf((answered[i] as Answered).model);
  let missingWeight = 0;
  for (const model of models) if (!answered.some((one) => one.model === model)) missingWeight += weightOf(model);
  return { outputs: answered.map(({ output }) => output), weights: answeredWeights, missingWeight };
}

/** One observation's losses into the table. False, and nothing changed, if there is none. */
export function foldLosses(
  table: ModelTable,
  learning: Learning,
  { answered }: Evidence,
  lossOf: (output: MemberOutput) => number | undefined,
): boolean {
  const models: string[] = [];
  const losses = new Float64Array(answered.length);
  for (const { model, output } of answered) {
    const loss = lossOf(output);
    if (loss !== undefined && !models.includes(model)) losses[models.push(model) - 1] = loss;
  }
  if (models.length === 0) return false;
  table.time += 1;
  const rows = meet(table, learning, models);
  learning.learn(table, rows, losses.subarray(0, models.length));
  for (const row of rows) table.count(row);
  return true;
}

/** The models' rows, made for those that no observation named before. */
function meet(table: ModelTable, learning: Learning, models: readonly string[]): number[] {
  const rows = models.map((model) => table.rowOf(model));
  const known = rows.filter((row) => row !== undefined);
  if (known.length === rows.length) return known;
  return models.map((model) => {
    const row = table.rowOf(model);
    if (row !== undefined) return row;
    const added = table.add(model);
    learning.join(table, added, known);
    return added;
  });
}

export function reportWeights(
  table: ModelTable,
  members: readonly PolicyMember[],
  weights: Float64Array,
): readonly WeightReport[] {
  return members.map(({ model }, i) => {
    const row = table.rowOf(model);
    return { model, weight: weights[i] as number, observations: row === undefined ? 0 : table.observations(row) };
  });
}
