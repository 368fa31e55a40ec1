import { registerEnumType } from "type-graphql";

/** Of each kind: the enum and the input say the same. */
export const POLICY_TEXTS = {
  STATIC: "All models, with the weights of their links. Learns nothing.",
  MAJORITY: "All models, one vote each. Learns nothing.",
  EXP3: "Chooses one model by exponential weights; its loss alone is learned.",
  EXP3_IX: "Like EXP3, with implicit exploration: less variance.",
  EXP4: "Chooses a label by the models' probabilities, and learns which model to believe.",
  ENSEMBLE: "All models, weighted by their past losses (fixed-share Hedge). The default for several.",
  EPSILON_GREEDY: "The best model so far, and a random one now and then.",
  UCB1: "The model with the best optimistic loss.",
  THOMPSON: "A model drawn by the probability that it is the best.",
  SQUARECB: "Chooses a model by regression of each one's loss over features.",
  LINUCB: "The model with the best optimistic regression over features.",
  LINEAR: "Ridge regression per entity over a feature model's output or over all models' outputs.",
} as const;

export enum PolicyKindEnum {
  STATIC = "STATIC",
  MAJORITY = "MAJORITY",
  EXP3 = "EXP3",
  EXP3_IX = "EXP3_IX",
  EXP4 = "EXP4",
  ENSEMBLE = "ENSEMBLE",
  EPSILON_GREEDY = "EPSILON_GREEDY",
  UCB1 = "UCB1",
  THOMPSON = "THOMPSON",
  SQUARECB = "SQUARECB",
  LINUCB = "LINUCB",
  LINEAR = "LINEAR",
}
registerEnumType(PolicyKindEnum, {
  name: "PolicyKind",
  description: "How an application's models are selected and combined, and how feedback changes that.",
  valuesConfig: described(POLICY_TEXTS),
});

export enum AverageEnum {
  MEAN = "MEAN",
  MEDIAN = "MEDIAN",
}
registerEnumType(AverageEnum, { name: "Average", description: "How models' numbers are combined." });

/** Of each kind: the enum and the input say the same. */
export const LOSS_TEXTS = {
  ZERO_ONE: "Of labels: right or wrong.",
  LOG: "Of labels: by the probability that was given to the right one.",
  SQUARED: "Of numbers: (error / range) squared, at most 1.",
  ABSOLUTE: "Of numbers: error / range, at most 1.",
  REWARD: "No truth is ever told, only a reward from min to max.",
} as const;

export enum LossKindEnum {
  ZERO_ONE = "ZERO_ONE",
  LOG = "LOG",
  SQUARED = "SQUARED",
  ABSOLUTE = "ABSOLUTE",
  REWARD = "REWARD",
}
registerEnumType(LossKindEnum, {
  name: "LossKind",
  description: "How wrong an answer is, 0 to 1.",
  valuesConfig: described(LOSS_TEXTS),
});

function described<Name extends string>(texts: Readonly<Record<Name, string>>): Record<Name, { description: string }> {
  const entries = Object.entries<string>(texts).map(([name, description]) => [name, { description }]);
  return Object.fromEntries(entries) as Record<Name, { description: string }>;
}
