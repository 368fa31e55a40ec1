import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { MemberOutput } from "../../src/domain/prediction.js";
import type { Random } from "../../src/domain/ports.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { Learner } from "./learner.js";
import { shuffled } from "./order.js";
import type { ScoredItems } from "./scoredItems.js";

/** As in the Clipper paper (Crankshaw et al., NSDI 2017, section 5.2.2): the best model fails, and is repaired later. */
export const QUERIES = 20_000;
export const FAILS_AT = 5000;
export const REPAIRED_AT = 10_000;
export const MODELS = 5;

export const POLICIES = ["exp3", "exp3-ix", "exp4", "thompson", "ensemble"] as const;
export type PolicyName = (typeof POLICIES)[number];

/** One order of the queries. */
export interface FailureRun {
  /** For each policy, 1 for every query that was answered wrongly. */
  readonly wrong: Readonly<Record<PolicyName, Uint8Array>>;
  /** The same for each model alone; the failing one is `failing`. */
  readonly wrongOf: readonly Uint8Array[];
  readonly failing: number;
  /** Observations after the failure until the ensemble's weight of the failed model is below an even share. */
  readonly weightLostAfter: number;
  /** After the repair, until it is above one again; undefined where the queries ended before. */
  readonly weightBackAfter: number | undefined;
}

/** What the models answer to the queries of one order. */
class Queries {
  readonly failing: number;
  readonly order: Int32Array;
  readonly #items: ScoredItems;
  /** What the failed model says instead of each label: never itself. */
  readonly #instead: Int32Array;

  constructor(items: ScoredItems, random: Random) {
    this.#items = items;
    this.order = shuffled(items.count, random).subarray(0, QUERIES);
    this.#instead = derangement(items.labels.length, random);
    const errors = Array.from({ length: MODELS }, (_, model) => items.errorOf(model, this.order));
    this.failing = errors.indexOf(Math.min(...errors));
  }

  outputOf(model: number, query: number): MemberOutput {
    const output = this.#items.scoresOf(model, this.order[query] as number);
    const hasFailed = model === this.failing && query >= FAILS_AT && query < REPAIRED_AT;
    if (!hasFailed || output.kind !== "SCORES") return output;
    const scores = output.scores.map((_, label) => output.scores[this.#instead[label] as number] as number);
    return { kind: "SCORES", scores };
  }

  truthOf(query: number): string {
    return this.#items.truthOf(this.order[query] as number);
  }

  isRight(model: number, query: number): boolean {
    return this.#items.isRight(this.outputOf(model, query), this.order[query] as number);
  }
}

function derangement(size: number, random: Random): Int32Array {
  for (;;) {
    const order = shuffled(size, random);
    if (order.every((other, i) => other !== i)) return order;
  }
}

export function runFailure(items: ScoredItems, seed: number): FailureRun {
  const queries = new Queries(items, seededRandom(seed));
  const learned = POLICIES.map((name) => [name, runPolicy(items, queries, { kind: name }, seed)] as const);
  const wrong = Object.fromEntries(learned.map(([name, run]) => [name, run.wrong])) as Record<PolicyName, Uint8Array>;
  const { weights } = learned[POLICIES.indexOf("ensemble")]?.[1] as PolicyRun;
  const even = 1 / MODELS;
  const back = weights.findIndex((weight, query) => query >= REPAIRED_AT && weight > even);
  return {
    wrong,
    wrongOf: Array.from({ length: MODELS }, (_, model) =>
      Uint8Array.from({ length: QUERIES }, (_, query) => (queries.isRight(model, query) ? 0 : 1)),
    ),
    failing: queries.failing,
    weightLostAfter: weights.findIndex((weight, query) => query >= FAILS_AT && weight < even) - FAILS_AT,
    weightBackAfter: back < 0 ? undefined : back - REPAIRED_AT,
  };
}

interface PolicyRun {
  readonly wrong: Uint8Array;
  /** Of the failing model, before each query. */
  readonly weights: Float64Array;
}

/** Every query's truth is observed before the next one. */
function runPolicy(items: ScoredItems, queries: Queries, policy: PolicySpec, seed: number): PolicyRun {
  const models = items.models.slice(0, MODELS);
  const output = { kind: "LABEL", labels: items.labels } as const;
  const learner = new Learner({
    policy,
    output,
    loss: { kind: "ZERO_ONE" },
    models,
    random: seededRandom(seed + 1000),
  });
  const state = learner.folding.init();
  const wrong = new Uint8Array(QUERIES);
  const weights = new Float64Array(QUERIES);
  for (let query = 0; query < QUERIES; query++) {
    weights[query] = learner.policy.weights(state.policy, learner.members)[queries.failing]?.weight as number;
    const answer = learner.answer(state, (model) => queries.outputOf(models.indexOf(model), query));
    const label = queries.truthOf(query);
    if (answer.output.kind !== "LABEL" || answer.output.label !== label) wrong[query] = 1;
    learner.learn(answer, { kind: "LABEL", label }, state);
  }
  return { wrong, weights };
}
