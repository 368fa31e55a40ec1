import { Field, Float, InputType } from "type-graphql";
import { AverageEnum, LOSS_TEXTS, POLICY_TEXTS } from "./policyKinds.js";
import { NoParameters } from "./scalars.js";

/** Every kind has an input of its own with its own parameters alone; a kind without any takes `{}` all the same. */

@InputType("Exp3PolicyInput", { description: "Parameters of EXP3 and EXP3_IX." })
export class Exp3PolicyInput {
  @Field(() => Float, {
    nullable: true,
    description: "Learning rate, above 0, at most 10; default sqrt(ln K / (K t)) at the t-th observation of K models.",
  })
  eta?: number | null;
}

@InputType("Exp4PolicyInput", { description: "Parameters of EXP4." })
export class Exp4PolicyInput {
  @Field(() => Float, {
    nullable: true,
    description:
      "Learning rate, above 0, at most 10; default sqrt(ln K / (labels t)) at the t-th observation of K models.",
  })
  eta?: number | null;
}

@InputType("EnsemblePolicyInput", { description: "Parameters of ENSEMBLE." })
export class EnsemblePolicyInput {
  @Field(() => Float, {
    nullable: true,
    description: "Learning rate, how much one loss counts: above 0, at most 10; default 0.1. None beside adaptive.",
  })
  eta?: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "Part of the weight that is spread evenly after each observation, so that a model can return: 0 to 0.5; default 0.001. None beside adaptive.",
  })
  share?: number | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Learns eta from the losses (AdaHedge) and spreads nothing. Default false.",
  })
  adaptive?: boolean | null;

  @Field(() => AverageEnum, { nullable: true, description: "Of numbers and vectors, not of labels. Default MEAN." })
  average?: AverageEnum | null;
}

@InputType("EpsilonGreedyPolicyInput", { description: "Parameters of EPSILON_GREEDY." })
export class EpsilonGreedyPolicyInput {
  @Field(() => Float, {
    nullable: true,
    description: "Share of the queries that go to any model alike, 0 to 1; default 0.1.",
  })
  epsilon?: number | null;
}

@InputType("ThompsonPolicyInput", { description: "Parameters of THOMPSON." })
export class ThompsonPolicyInput {
  @Field(() => Float, { nullable: true, description: "Share of an even choice, 0 to 1; default 0.01." })
  epsilon?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: "Observations that the population counts as for a new entity, 1 to 1000; default 20.",
  })
  strength?: number | null;
}

@InputType("ContextInput", { description: "Exactly one source of the features that a policy regresses losses over." })
export class ContextInput {
  @Field(() => String, { nullable: true, description: "A linked model: its output is the features." })
  featureModel?: string;

  @Field(() => String, { nullable: true, description: "An input tensor of numbers: its elements are the features." })
  tensor?: string;
}

@InputType("SquareCbPolicyInput", { description: "Parameters of SQUARECB." })
export class SquareCbPolicyInput {
  @Field(() => ContextInput, { description: "Where the features come from." })
  context!: ContextInput;

  @Field(() => Float, { nullable: true, description: "How fast exploration ends, above 0; default 10." })
  gammaScale?: number | null;
}

@InputType("LinUcbPolicyInput", { description: "Parameters of LINUCB." })
export class LinUcbPolicyInput {
  @Field(() => ContextInput, { description: "Where the features come from." })
  context!: ContextInput;

  @Field(() => Float, {
    nullable: true,
    description: "Width of the optimism in standard deviations, above 0; default 1.",
  })
  alpha?: number | null;
}

@InputType("LinearPriorInput", { description: "Exactly one way to say how far a new entity is like the population." })
export class LinearPriorInput {
  @Field(() => Float, {
    nullable: true,
    description: "Observations that the population counts as, 0.01 to 1000.",
  })
  strength?: number;

  @Field(() => Float, {
    nullable: true,
    description: "Precision around the population's weights, 1e-6 to 1e6, the same for each feature.",
  })
  ridge?: number;
}

@InputType("LinearPolicyInput", { description: "Parameters of LINEAR." })
export class LinearPolicyInput {
  @Field(() => String, {
    nullable: true,
    description: "The linked model whose output is the features. Absent: all models' outputs are.",
  })
  featureModel?: string | null;

  @Field(() => LinearPriorInput, { nullable: true, description: "What entities begin with. Default strength 2." })
  prior?: LinearPriorInput | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "Weight of an observation after the next one, towards the prior: above 0, at most 1. Default 1: nothing is forgotten.",
  })
  forgetting?: number | null;
}

@InputType("PolicyInput", {
  description: "Exactly one correction policy, with its parameters; what is absent has the policy's default.",
})
export class PolicyInput {
  @Field(() => NoParameters, { nullable: true, description: POLICY_TEXTS.STATIC })
  static?: NoParameters;

  @Field(() => NoParameters, { nullable: true, description: POLICY_TEXTS.MAJORITY })
  majority?: NoParameters;

  @Field(() => Exp3PolicyInput, { nullable: true, description: POLICY_TEXTS.EXP3 })
  exp3?: Exp3PolicyInput;

  @Field(() => Exp3PolicyInput, { nullable: true, description: POLICY_TEXTS.EXP3_IX })
  exp3Ix?: Exp3PolicyInput;

  @Field(() => Exp4PolicyInput, { nullable: true, description: POLICY_TEXTS.EXP4 })
  exp4?: Exp4PolicyInput;

  @Field(() => EnsemblePolicyInput, { nullable: true, description: POLICY_TEXTS.ENSEMBLE })
  ensemble?: EnsemblePolicyInput;

  @Field(() => EpsilonGreedyPolicyInput, { nullable: true, description: POLICY_TEXTS.EPSILON_GREEDY })
  epsilonGreedy?: EpsilonGreedyPolicyInput;

  @Field(() => NoParameters, { nullable: true, description: POLICY_TEXTS.UCB1 })
  ucb1?: NoParameters;

  @Field(() => ThompsonPolicyInput, { nullable: true, description: POLICY_TEXTS.THOMPSON })
  thompson?: ThompsonPolicyInput;

  @Field(() => SquareCbPolicyInput, { nullable: true, description: POLICY_TEXTS.SQUARECB })
  squarecb?: SquareCbPolicyInput;

  @Field(() => LinUcbPolicyInput, { nullable: true, description: POLICY_TEXTS.LINUCB })
  linucb?: LinUcbPolicyInput;

  @Field(() => LinearPolicyInput, { nullable: true, description: POLICY_TEXTS.LINEAR })
  linear?: LinearPolicyInput;
}

@InputType("ErrorLossInput", { description: "The scale of a loss of numbers." })
export class ErrorLossInput {
  @Field(() => Float, { description: "The error that counts as 1, in the output's unit; above 0." })
  range!: number;
}

@InputType("RewardLossInput", { description: "The range of the rewards that are told." })
export class RewardLossInput {
  @Field(() => Float, { description: "The worst reward." })
  min!: number;

  @Field(() => Float, { description: "The best reward, above min." })
  max!: number;
}

@InputType("LossInput", { description: "Exactly one measure of how wrong an answer is, 0 to 1." })
export class LossInput {
  @Field(() => NoParameters, { nullable: true, description: LOSS_TEXTS.ZERO_ONE })
  zeroOne?: NoParameters;

  @Field(() => NoParameters, { nullable: true, description: LOSS_TEXTS.LOG })
  log?: NoParameters;

  @Field(() => ErrorLossInput, { nullable: true, description: LOSS_TEXTS.SQUARED })
  squared?: ErrorLossInput;

  @Field(() => ErrorLossInput, { nullable: true, description: LOSS_TEXTS.ABSOLUTE })
  absolute?: ErrorLossInput;

  @Field(() => RewardLossInput, { nullable: true, description: LOSS_TEXTS.REWARD })
  reward?: RewardLossInput;
}

export const ONE_OF_POLICY_INPUTS = ["PolicyInput", "ContextInput", "LinearPriorInput", "LossInput"] as const;
