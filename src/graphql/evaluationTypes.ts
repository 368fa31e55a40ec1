import { createUnionType, Field, Float, ObjectType, registerEnumType } from "type-graphql";
import { BadInputType, NotFoundType, OverloadedType, UnavailableType } from "./failureTypes.js";
import { SkippedRowsType } from "./replayTypes.js";

export enum VerdictEnum {
  BETTER = "BETTER",
  WORSE = "WORSE",
  UNDECIDED = "UNDECIDED",
  REFUSED = "REFUSED",
}
registerEnumType(VerdictEnum, {
  name: "Verdict",
  description: "How a policy would have done, beside the answers that were given.",
  valuesConfig: {
    UNDECIDED: { description: "The intervals overlap." },
    REFUSED: { description: "The log says too little; `reason` says why." },
  },
});

export enum MeasureEnum {
  LOSS = "LOSS",
  REWARD = "REWARD",
}
registerEnumType(MeasureEnum, {
  name: "Measure",
  description: "What is estimated.",
  valuesConfig: {
    LOSS: { description: "0 to 1; less is better." },
    REWARD: { description: "As it was observed; more is better." },
  },
});

@ObjectType("Estimate", { simpleResolvers: true, description: "A mean with its 95 % interval." })
export class EstimateType {
  @Field(() => Float)
  value!: number;

  @Field(() => Float)
  low!: number;

  @Field(() => Float)
  high!: number;
}

@ObjectType("ExactEvaluation", {
  simpleResolvers: true,
  description: "Over observations of which every model's answer is known: each judged before it was learned from.",
})
export class ExactEvaluationType {
  @Field(() => Float)
  rows!: number;

  @Field(() => EstimateType, { description: "Of what the policy would have answered." })
  policy!: EstimateType;

  @Field(() => EstimateType, { description: "Of the answers that were given." })
  logged!: EstimateType;

  @Field(() => EstimateType, {
    description: "Of the policy less that of the answers given, observation by observation.",
  })
  difference!: EstimateType;
}

@ObjectType("OffPolicyEvaluation", {
  simpleResolvers: true,
  description: "By the chances that logged choices had. The estimates are null where they are refused.",
})
export class OffPolicyEvaluationType {
  @Field(() => Float, { description: "Choices." })
  n!: number;

  @Field(() => Float, { description: "Choices left out: their chance or value is not usable." })
  unusable!: number;

  @Field(() => Float, {
    description: "(sum of weights)^2 / sum of squares: as many of the policy's own would say as much.",
  })
  effectiveSampleSize!: number;

  @Field(() => EstimateType, { description: "About 1 if the chances that were logged are right." })
  meanWeight!: EstimateType;

  @Field(() => Float)
  largestWeight!: number;

  @Field(() => Float, { description: "Of all weight. No estimate above 0.1." })
  largestShare!: number;

  @Field(() => EstimateType, { nullable: true, description: "Inverse propensity scoring." })
  ips?: EstimateType | undefined;

  @Field(() => EstimateType, { nullable: true, description: "Self-normalised." })
  snips?: EstimateType | undefined;

  @Field(() => EstimateType, { nullable: true, description: "Doubly robust, two-fold." })
  dr?: EstimateType | undefined;
}

@ObjectType("PolicyEvaluation", { simpleResolvers: true, description: "What a policy would have earned on the log." })
export class PolicyEvaluationType {
  @Field(() => String)
  application!: string;

  @Field(() => VerdictEnum)
  verdict!: VerdictEnum;

  @Field(() => String, { description: "What the verdict rests on, or why there is none." })
  reason!: string;

  @Field(() => MeasureEnum)
  measure!: MeasureEnum;

  @Field(() => Float, { description: "Observations read: all teach the policy." })
  rows!: number;

  @Field(() => Float, { description: "Observations that it is judged by." })
  judged!: number;

  @Field(() => [SkippedRowsType])
  skipped!: readonly SkippedRowsType[];

  @Field(() => Boolean, { description: "False: `maxRows` or `withinMs` came before the end." })
  complete!: boolean;

  @Field(() => Float, { description: "Place in the log of the last observation read." })
  endSeq!: number;

  @Field(() => EstimateType, { nullable: true, description: "What the answers that were given earned." })
  logged?: EstimateType | undefined;

  @Field(() => ExactEvaluationType, { nullable: true, description: "Null where only what was chosen is known." })
  exact?: ExactEvaluationType | undefined;

  @Field(() => OffPolicyEvaluationType, { nullable: true, description: "Null where no choice was logged." })
  offPolicy?: OffPolicyEvaluationType | undefined;
}

export const PolicyEvaluationResultUnion = createUnionType({
  name: "PolicyEvaluationResult",
  types: () => [PolicyEvaluationType, BadInputType, NotFoundType, OverloadedType, UnavailableType] as const,
  resolveType: (value: unknown): string => (value as { __typename: string }).__typename,
});
