import type { OutputSpec } from "../domain/application.js";
import type { ContextSource, PolicyKind } from "../domain/policySpec.js";
import type { Random } from "../domain/ports.js";
import type { Truth } from "../domain/storePorts.js";
import {
  armOf,
  decodeArms,
  encodeArms,
  estimate,
  inheritArms,
  newArms,
  sizeOf,
  unencodedArmsBytes,
} from "./armStates.js";
import type { ArmEstimate, ArmStates } from "./armStates.js";
import { answerOfChosen, byModel, chooseOne, hasAnswered } from "./chosenModel.js";
import type {
  Answered,
  Combined,
  CorrectionPolicy,
  Evidence,
  PolicyMember,
  Selection,
  WeightReport,
} from "./correctionPolicy.js";
import { explore } from "./exploration.js";
import { INHERITED_TIME } from "./exp3.js";
import type { Losses } from "./losses.js";
import { isUsable, observe } from "./ridge.js";
import { MAX_SIZE } from "./ridgeCodec.js";

/** How one of several models is chosen from what their losses are expected to be in a context. */
export interface ContextualRule {
  readonly kind: PolicyKind;
  /** Of its states' bytes: 1 to 255, never reused. */
  readonly code: number;
  /** One for each estimate, summing to 1. `time`: observations so far. */
  propensities(estimates: readonly ArmEstimate[], time: number): Float64Array;
}

const OPTIONS = { forgetting: 1, clipsResiduals: false };

/**
 * Asks the one model whose loss promises best in the context, each model's loss being a ridge regression of its own on
 * the context and an intercept; a new model has its share of the queries. It learns from the loss of the answer that was given, and where the truth itself is
 * told, from those of all models that answered. Without a context it chooses by the intercepts, and learns nothing.
 */
export class ContextualPolicy implements CorrectionPolicy<ArmStates> {
  readonly isPersonal = true;
  readonly answersFromFeatures = false;
  readonly featureModel: string | undefined;
  readonly #rule: ContextualRule;
  readonly #output: OutputSpec;
  readonly #losses: Losses;

  constructor(rule: ContextualRule, source: ContextSource, output: OutputSpec, losses: Losses) {
    this.featureModel = source.featureModel;
    this.#rule = rule;
    this.#output = output;
    this.#losses = losses;
  }

  get kind(): PolicyKind {
    return this.#rule.kind;
  }

  init(): ArmStates {
    return newArms();
  }

  inherit(population: ArmStates): ArmStates {
    return inheritArms(population, INHERITED_TIME);
  }

  select(
    state: ArmStates,
    members: readonly PolicyMember[],
    context: Float64Array | undefined,
    random: Random,
  ): Selection {
    return chooseOne(members, this.#propensities(state, members, context), random);
  }

  combine(
    _state: ArmStates,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): Combined {
    return answerOfChosen(this.#output, selection, answered);
  }

  isDecided(
    _state: ArmStates,
    _members: readonly PolicyMember[],
    selection: Selection,
    answered: readonly Answered[],
  ): boolean {
    return hasAnswered(selection, answered);
  }

  observe(state: ArmStates, { answered, choice, context }: Evidence, truth: Truth): boolean {
    const features = context && featuresOf(state, context);
    if (features === undefined) return false;
    const reward = this.#losses.ofReward(truth);
    const losses =
      reward === undefined
        ? answered.map(({ model, output }) => ({ model, loss: this.#losses.ofOutput(output, truth) }))
        : [{ model: choice?.arm, loss: reward }];
    let hasLearned = false;
    for (const { model, loss } of losses) {
      if (model === undefined || loss === undefined) continue;
      if (!hasLearned) state.time += 1;
      hasLearned = true;
      const arm = armOf(state, model, features.length);
      arm.last = state.time;
      arm.observations += 1;
      observe(arm.ridge, features, Float64Array.of(loss), OPTIONS);
    }
    return hasLearned;
  }

  encode(state: ArmStates): Uint8Array {
    return encodeArms(state, this.#rule.code);
  }

  decode(bytes: Uint8Array): ArmStates {
    return decodeArms(bytes, this.#rule.code);
  }

  unencodedBytes(state: ArmStates): number {
    return unencodedArmsBytes(state);
  }

  /** The propensities in a context of zeros. */
  weights(state: ArmStates, members: readonly PolicyMember[]): readonly WeightReport[] {
    const propensities = this.#propensities(state, members, undefined);
    return members.map(({ model }, i) => {
      return { model, weight: propensities[i] as number, observations: observationsOf(state, model) };
    });
  }

  chances(
    state: ArmStates,
    members: readonly PolicyMember[],
    context: Float64Array | undefined,
  ): ReadonlyMap<string, number> {
    return byModel(members, this.#propensities(state, members, context));
  }

  #propensities(state: ArmStates, members: readonly PolicyMember[], context: Float64Array | undefined): Float64Array {
    const features = (context && featuresOf(state, context)) ?? interceptOf(state);
    const estimates = members.map(({ model }) => estimate(state, model, features));
    const known = { observationsOf: (model: string) => observationsOf(state, model) };
    return explore(this.#rule.propensities(estimates, state.time), known, members, 0);
  }
}

function observationsOf({ arms }: ArmStates, model: string): number {
  return arms.get(model)?.observations ?? 0;
}

/** 1 for the intercept, then the context; undefined where that is of another size than before, or not usable. */
function featuresOf(state: ArmStates, context: Float64Array): Float64Array | undefined {
  if (context.length >= MAX_SIZE || context.length + 1 !== (sizeOf(state) ?? context.length + 1)) return undefined;
  const features = new Float64Array(1 + context.length);
  features[0] = 1;
  features.set(context, 1);
  return isUsable(features, new Float64Array(0)) ? features : undefined;
}

function interceptOf(state: ArmStates): Float64Array {
  const features = new Float64Array(sizeOf(state) ?? 1);
  features[0] = 1;
  return features;
}
