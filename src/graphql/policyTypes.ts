import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import type { LossSpec } from "../domain/policySpec.js";
import type { FeedbackRules } from "../domain/application.js";
import { ApplicationType } from "./applicationTypes.js";
import { NodeInterface } from "./nodeTypes.js";
import { AverageEnum, LossKindEnum, PolicyKindEnum } from "./policyKinds.js";

const PARAMETER = {
  eta: "Learning rate, of EXP3, EXP3_IX, EXP4 and ENSEMBLE.",
  share: "Of ENSEMBLE: weight that is spread evenly after each observation, so that a model can return.",
  adaptive: "Of ENSEMBLE: learns eta from the losses (AdaHedge).",
  average: "Of ENSEMBLE, for numbers.",
  epsilon: "Of EPSILON_GREEDY and THOMPSON: share of even exploration.",
  strength: "Of THOMPSON and LINEAR: observations that the population counts as for a new entity.",
  gammaScale: "Of SQUARECB: how fast exploration ends.",
  alpha: "Of LINUCB: width of the optimism.",
  ridge: "Of LINEAR, instead of strength: precision of the prior around the population's weights.",
  forgetting: "Of LINEAR: weight of an observation after the next one, 0 to 1; 1: nothing is forgotten.",
  featureModel: "Of SQUARECB, LINUCB and LINEAR: the linked model whose output is the features.",
  contextTensor: "Of SQUARECB and LINUCB: the input tensor that is the features.",
} as const;

@ObjectType("Policy", { simpleResolvers: true, description: "A policy and the parameters that were chosen for it." })
export class PolicyType {
  @Field(() => PolicyKindEnum)
  kind!: PolicyKindEnum;

  @Field(() => Float, { nullable: true, description: PARAMETER.eta })
  eta?: number | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.share })
  share?: number | undefined;

  @Field(() => Boolean, { nullable: true, description: PARAMETER.adaptive })
  adaptive?: boolean | undefined;

  @Field(() => AverageEnum, { nullable: true, description: PARAMETER.average })
  average?: AverageEnum | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.epsilon })
  epsilon?: number | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.strength })
  strength?: number | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.gammaScale })
  gammaScale?: number | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.alpha })
  alpha?: number | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.ridge })
  ridge?: number | undefined;

  @Field(() => Float, { nullable: true, description: PARAMETER.forgetting })
  forgetting?: number | undefined;

  @Field(() => String, { nullable: true, description: PARAMETER.featureModel })
  featureModel?: string | undefined;

  @Field(() => Int, {
    nullable: true,
    description:
      "Version of featureModel that it learns on: the one that was current when the policy version began. Never stated; another current version of the model is another policy version.",
  })
  featureVersion?: number | undefined;

  @Field(() => String, { nullable: true, description: PARAMETER.contextTensor })
  contextTensor?: string | undefined;
}

@ObjectType("Loss", { simpleResolvers: true })
export class LossType {
  @Field(() => LossKindEnum)
  kind!: LossSpec["kind"];

  @Field(() => Float, { nullable: true })
  range?: number | undefined;

  @Field(() => Float, { nullable: true })
  min?: number | undefined;

  @Field(() => Float, { nullable: true })
  max?: number | undefined;
}

export enum AggregationEnum {
  EARLIEST = "EARLIEST",
  MEAN = "MEAN",
  SUM = "SUM",
}
registerEnumType(AggregationEnum, {
  name: "Aggregation",
  description: "What several rewards of one prediction come to.",
  valuesConfig: {
    EARLIEST: { description: "The first counts at once; what is told later is kept and does not count." },
    MEAN: { description: "Their mean, when the wait is over." },
    SUM: { description: "Their sum, when the wait is over; beyond the declared range it is that end of the range." },
  },
});

export enum LogPredictionsEnum {
  NONE = "NONE",
  EVIDENCE = "EVIDENCE",
  INPUTS = "INPUTS",
}
registerEnumType(LogPredictionsEnum, {
  name: "LogPredictions",
  description: "What is kept of each prediction beside its receipt.",
  valuesConfig: { INPUTS: { description: "Evidence and input." } },
});

const RULE = {
  rewardWaitMs:
    "Milliseconds, 1 to 30 days, that a prediction waits for rewards: then those that were told count together (MEAN, SUM), and one without any counts as defaultReward. Needs one of both.",
  defaultReward:
    "What a prediction counts as that nothing was told of within rewardWaitMs; a reward that is told later replaces it. Absent: silence counts as nothing.",
  aggregation: "MEAN and SUM need rewardWaitMs: rewards are counted together when it is over.",
  deferActivation: "A prediction counts only once the application says that it was shown (`activate`).",
  apprentice: "Learns while the application's own default is what it answers.",
  logPredictions: "What the other rules, evaluation and retraining need to be kept.",
  learnedShare:
    "At most this share of what is learned, of any 1,000 observations one after another, is one API key's feedback; what is beyond it is kept and not learned. 0.01 to 0.99; null: any.",
} as const;

@InputType("FeedbackInput", {
  description: "How feedback is taken. What is absent stays as it is, or has its default.",
})
export class FeedbackInput {
  @Field(() => Float, { nullable: true, description: RULE.rewardWaitMs })
  rewardWaitMs?: number | null;

  @Field(() => Float, { nullable: true, description: RULE.defaultReward })
  defaultReward?: number | null;

  @Field(() => AggregationEnum, { nullable: true, description: `${RULE.aggregation} Default EARLIEST.` })
  aggregation?: FeedbackRules["aggregation"] | null;

  @Field(() => Boolean, { nullable: true, description: `${RULE.deferActivation} Default false.` })
  deferActivation?: boolean | null;

  @Field(() => Boolean, { nullable: true, description: `${RULE.apprentice} Default false.` })
  apprentice?: boolean | null;

  @Field(() => LogPredictionsEnum, { nullable: true, description: `${RULE.logPredictions} Default NONE.` })
  logPredictions?: FeedbackRules["logPredictions"] | null;

  @Field(() => Float, { nullable: true, description: RULE.learnedShare })
  learnedShare?: number | null;
}

@ObjectType("Feedback", { simpleResolvers: true, description: "How an application's feedback is taken." })
export class FeedbackType {
  @Field(() => Float, { nullable: true, description: RULE.rewardWaitMs })
  rewardWaitMs?: number | undefined;

  @Field(() => Float, { nullable: true, description: RULE.defaultReward })
  defaultReward?: number | undefined;

  @Field(() => AggregationEnum, { description: RULE.aggregation })
  aggregation!: FeedbackRules["aggregation"];

  @Field(() => Boolean, { description: RULE.deferActivation })
  deferActivation!: boolean;

  @Field(() => Boolean, { description: RULE.apprentice })
  apprentice!: boolean;

  @Field(() => LogPredictionsEnum, { description: RULE.logPredictions })
  logPredictions!: FeedbackRules["logPredictions"];

  @Field(() => Float, { nullable: true, description: RULE.learnedShare })
  learnedShare?: number | undefined;
}

@ObjectType("PolicyVersion", {
  simpleResolvers: true,
  implements: NodeInterface,
  description: "One version of an application's policy.",
})
export class PolicyVersionType extends NodeInterface {
  @Field(() => ApplicationType, { description: "The application whose policy it is of." })
  ofApplication!: () => ApplicationType;

  @Field(() => Int)
  version!: number;

  @Field(() => Boolean)
  current!: boolean;

  @Field(() => PolicyType)
  policy!: PolicyType;

  @Field(() => LossType)
  loss!: LossType;

  @Field(() => Boolean, { description: "It learns nothing." })
  frozen!: boolean;

  @Field(() => String, { description: "`Application.revision` of its application; of a mutation, as that left it." })
  revision!: string | (() => string);
}
