import type { SharedPrior } from "./correctionPolicy.js";
import { atOnce, estimatingPrior } from "./empiricalBayes.js";
import type { LinearState } from "./linearState.js";
import { weightsOf } from "./ridge.js";
import type { RidgePrior, RidgeState } from "./ridge.js";
import { applyPrior } from "./ridgeRefit.js";

/** What entities begin with, learned from those that are there; a job computes it, and the log keeps it as an event. */
export interface LinearPrior extends RidgePrior {
  /** In the features, in their order; empty over a feature model. */
  readonly models: readonly string[];
  /** How many it rests on. */
  readonly entities: number;
}

/** What `linear` shares between its entities. */
export const linearPriors: SharedPrior<LinearState> = {
  estimate: (entities) => atOnce(estimating(entities)),
  estimating,
  adopt: (population, content) => adoptPrior(population, parsePrior(content)),
  refit: (entity, content) => refit(entity, parsePrior(content)),
};

/** From entities that have the features of most; undefined while they are too few to learn from. */
function* estimating(states: readonly LinearState[]): Generator<void, unknown, void> {
  const groups = new Map<string, { models: readonly string[]; ridges: RidgeState[] }>();
  for (const { models, ridge } of states) {
    if (ridge === undefined) continue;
    const key = JSON.stringify([models, ridge.size, ridge.targets]);
    const group = groups.get(key) ?? { models, ridges: [] };
    group.ridges.push(ridge);
    groups.set(key, group);
  }
  const [largest] = [...groups.values()].sort((a, b) => b.ridges.length - a.ridges.length);
  const estimate = largest && (yield* estimatingPrior(largest.ridges));
  return estimate && priorContent({ models: largest.models.slice(), ...estimate });
}

/** For the population: entities that are born from now on begin with it. False where it does not fit the features. */
export function adoptPrior(population: LinearState, prior: LinearPrior): boolean {
  if (population.ridge === undefined || !fits(population.ridge, population.models, prior)) return false;
  population.entityPrior = prior;
  return true;
}

/** For an entity: its prior becomes this one, and what it observed stays. False, and nothing changed, where it does not fit. */
export function refit(entity: LinearState, prior: LinearPrior): boolean {
  const { ridge, models } = entity;
  if (ridge === undefined || models.length !== prior.models.length || !fits(ridge, models, prior)) return false;
  return applyPrior(ridge, prior);
}

/** The features may have grown since: those of the prior come first. */
function fits(ridge: RidgeState, models: readonly string[], prior: LinearPrior): boolean {
  const size = prior.precision.length;
  return (
    size <= ridge.size &&
    (size === ridge.size || models.length > prior.models.length) &&
    prior.mean.length === size * ridge.targets &&
    prior.models.every((model, i) => model === models[i])
  );
}

/** What an entity is born with: the population's weights, or the adopted prior where there is one. */
export function priorAtBirth(
  population: RidgeState,
  adopted: LinearPrior | undefined,
  precision: Float64Array,
): RidgePrior {
  const mean = weightsOf(population).slice();
  const precisions = precision.slice();
  if (adopted !== undefined) {
    const size = adopted.precision.length;
    precisions.set(adopted.precision);
    for (let target = 0; target < population.targets; target++) {
      mean.set(adopted.mean.subarray(target * size, (target + 1) * size), target * population.size);
    }
  }
  return { mean, precision: precisions };
}

/** Of an event's content, which is JSON: numbers come through it bit for bit. */
export function priorContent(prior: LinearPrior): unknown {
  return { models: prior.models, entities: prior.entities, mean: [...prior.mean], precision: [...prior.precision] };
}

/** Throws on what `priorContent` has not made. */
export function parsePrior(content: unknown): LinearPrior {
  const { models, entities, mean, precision } = content as Record<string, unknown>;
  if (!Array.isArray(models) || !models.every((model) => typeof model === "string"))
    throw new TypeError("prior's models");
  if (typeof entities !== "number") throw new TypeError("prior's entities");
  const precisions = parseNumbers("precision", precision);
  if (!precisions.every((value) => value > 0)) throw new TypeError("a prior's precision must be above 0");
  return { models, entities, mean: parseNumbers("mean", mean), precision: precisions };
}

function parseNumbers(what: string, value: unknown): Float64Array {
  if (!Array.isArray(value) || !value.every(Number.isFinite)) throw new TypeError(`prior's ${what}`);
  return Float64Array.from(value as number[]);
}
