/** Which correction policy an application has, with its parameters; what is absent has the policy's default. */
export type PolicySpec =
  | { readonly kind: "static" }
  | { readonly kind: "majority" }
  | { readonly kind: "exp3"; readonly eta?: number }
  | { readonly kind: "exp3-ix"; readonly eta?: number }
  | { readonly kind: "exp4"; readonly eta?: number }
  | EnsembleSpec
  | { readonly kind: "epsilon-greedy"; readonly epsilon?: number }
  | { readonly kind: "ucb1" }
  | { readonly kind: "thompson"; readonly epsilon?: number; readonly strength?: number }
  | ({ readonly kind: "squarecb"; readonly gammaScale?: number } & ContextSource)
  | ({ readonly kind: "linucb"; readonly alpha?: number } & ContextSource)
  | LinearSpec;

/** Fixed-share Hedge over all linked models. */
export interface EnsembleSpec {
  readonly kind: "ensemble";
  /** Learning rate; default 0.1. */
  readonly eta?: number;
  /** Share of the weight that is spread evenly after each observation, so that a model can return; default 1e-3. */
  readonly share?: number;
  /** Learns eta from the losses instead (AdaHedge). Default false. */
  readonly adaptive?: boolean;
  /** How numbers are combined; default MEAN. */
  readonly average?: "MEAN" | "MEDIAN";
}

/** Where a contextual policy's features come from: a linked feature model's output, or an input tensor. Never both. */
export interface ContextSource extends FeatureModel {
  readonly contextTensor?: string;
}

export interface FeatureModel {
  readonly featureModel?: string;
  /**
   * Version of the feature model whose features it learns on: the one that is current when the policy version begins. Never
   * stated; absent in policy versions from before.
   */
  readonly featureVersion?: number;
}

/**
 * Ridge regression per entity, shrunk to the population, over a feature model's output or, without one, over all members'
 * outputs.
 */
export interface LinearSpec extends FeatureModel {
  readonly kind: "linear";
  /** Precision of the prior around the population's weights; default 1. Instead of `strength`. */
  readonly ridge?: number;
  /**
   * Observations that the population counts as for a new entity: its first feedback moves the answer to that input by one
   * in `strength` + 1, whatever the number and the sizes of the features. New applications have LINEAR_STRENGTH unless
   * they state `ridge`.
   */
  readonly strength?: number;
  /** Weight of an observation after the next one, 0 to 1, towards the prior; default 1: nothing is forgotten. */
  readonly forgetting?: number;
}

/** What keeps the first feedback from doing harm; measured by the bench `personalisation`. */
export const LINEAR_STRENGTH = 2;

/**
 * What is stored of a policy that somebody states now: with the defaults that may be others one day, since its log is folded
 * by it for ever. A stored one is taken as it is: versions from before there was a strength have a ridge of 1.
 */
export function statedPolicy(spec: PolicySpec): PolicySpec {
  if (spec.kind !== "linear" || spec.ridge !== undefined) return spec;
  return { ...spec, strength: spec.strength ?? LINEAR_STRENGTH };
}

/** A policy that begins on the features of the version of its feature model that is current. */
export function onFeaturesOf(
  policy: PolicySpec,
  models: readonly { readonly name: string; readonly currentVersion: number }[],
): PolicySpec {
  return learningOn(policy, models.find(({ name }) => name === featureModelOf(policy))?.currentVersion);
}

export function featureModelOf(policy: PolicySpec): string | undefined {
  return (policy as FeatureModel).featureModel;
}

/** Which features a policy learns on, as the evidence of predictions names them; undefined for any, or none of a model. */
export function featuresLearned(policy: PolicySpec): string | undefined {
  const { featureModel, featureVersion } = policy as FeatureModel;
  return featureModel === undefined || featureVersion === undefined
    ? undefined
    : featuresName(featureModel, featureVersion);
}

export function featuresName(model: string, version: number): string {
  return `${model}@${version}`;
}

/** It learns on the features of this version of its feature model. */
export function learningOn(policy: PolicySpec, featureVersion: number | undefined): PolicySpec {
  const isPinned = featureModelOf(policy) !== undefined && featureVersion !== undefined;
  return isPinned ? ({ ...policy, featureVersion } as PolicySpec) : policy;
}

export type PolicyKind = PolicySpec["kind"];

/**
 * How wrong an answer is, 0 to 1. `range` is the error that counts as 1 (larger ones too). REWARD: the application
 * tells no truth, only a reward from `min` to `max`; the loss is its distance from `max`.
 */
export type LossSpec =
  | { readonly kind: "ZERO_ONE" }
  | { readonly kind: "LOG" }
  | { readonly kind: "SQUARED"; readonly range: number }
  | { readonly kind: "ABSOLUTE"; readonly range: number }
  | { readonly kind: "REWARD"; readonly min: number; readonly max: number };
