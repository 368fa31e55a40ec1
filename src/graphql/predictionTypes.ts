import { createUnionType, Extensions, Field, Float, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { BadInputType, ConflictType, NotFoundType, OverloadedType, UnavailableType } from "./failureTypes.js";
import { ExplanationType } from "./explanationTypes.js";
import { SkipReasonEnum } from "./replayTypes.js";
import { FloatVector } from "./scalars.js";

export enum PredictionSourceEnum {
  MODEL = "MODEL",
  ENSEMBLE = "ENSEMBLE",
  PARTIAL = "PARTIAL",
  APPROXIMATE = "APPROXIMATE",
  CACHE = "CACHE",
  DEFAULT = "DEFAULT",
}
registerEnumType(PredictionSourceEnum, {
  name: "PredictionSource",
  description:
    "Where an answer came from: the first that applies of DEFAULT, PARTIAL, APPROXIMATE, CACHE, ENSEMBLE, MODEL.",
  valuesConfig: {
    MODEL: { description: "One model, now." },
    ENSEMBLE: { description: "Several models, combined." },
    PARTIAL: { description: "Only some of the selected models answered in time: see modelsMissing." },
    APPROXIMATE: { description: "At least one model's answer to a near input was taken: see models.distance." },
    CACHE: { description: "Every model's answer to exactly this input was known." },
    DEFAULT: { description: "The application's default output: see defaultReason." },
  },
});

export enum DefaultReasonEnum {
  DEADLINE = "DEADLINE",
  OVERLOADED = "OVERLOADED",
  NO_REPLICA = "NO_REPLICA",
  MODEL_ERROR = "MODEL_ERROR",
  LOW_CONFIDENCE = "LOW_CONFIDENCE",
  APPRENTICE = "APPRENTICE",
}
registerEnumType(DefaultReasonEnum, {
  name: "DefaultReason",
  description: "Why the default output was given.",
  valuesConfig: {
    DEADLINE: { description: "No model had answered by the deadline." },
    OVERLOADED: { description: "Every selected model refused the query." },
    NO_REPLICA: { description: "No selected model has a ready replica." },
    MODEL_ERROR: { description: "The models failed, or answered something unusable." },
    LOW_CONFIDENCE: { description: "The confidence in the models' answer is below the application's threshold." },
    APPRENTICE: { description: "The application only learns for now: its own default is what it answers." },
  },
});

@ObjectType("LabelScore", { simpleResolvers: true })
export class LabelScoreType {
  @Field(() => String)
  label!: string;

  @Field(() => Float, {
    description:
      "Weighted mean of the models' scores, 0 to 1 if theirs are: models must answer probabilities, not logits.",
  })
  score!: number;
}

@ObjectType("LabelOutput", { simpleResolvers: true })
export class LabelOutputType {
  @Field(() => String)
  label!: string;

  @Field(() => [LabelScoreType], {
    description: "All labels with their scores, best first. Empty for a default output.",
  })
  scores!: readonly LabelScoreType[];
}

@ObjectType("NumberOutput", { simpleResolvers: true })
export class NumberOutputType {
  @Field(() => Float)
  number!: number;
}

@ObjectType("VectorOutput", { simpleResolvers: true })
export class VectorOutputType {
  @Field(() => FloatVector)
  vector!: Float64Array;
}

export const OutputUnion = createUnionType({
  name: "Output",
  description: "In the kind that the application declares.",
  types: () => [LabelOutputType, NumberOutputType, VectorOutputType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});

export enum MemberSourceEnum {
  MODEL = "MODEL",
  CACHE = "CACHE",
  APPROXIMATE = "APPROXIMATE",
}
registerEnumType(MemberSourceEnum, {
  name: "MemberSource",
  description: "Whether a model ran now or its answer was known.",
});

@ObjectType("MemberPrediction", { simpleResolvers: true, description: "One model's share in an answer." })
export class MemberPredictionType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => MemberSourceEnum)
  source!: MemberSourceEnum;

  @Field(() => Float, {
    nullable: true,
    description: "From the input whose output this is, in the model's distance; null where it is the input's own.",
  })
  distance?: number | undefined;

  @Field(() => Float, { description: "Milliseconds from asking the model to its answer." })
  latencyMs!: number;

  @Field(() => FloatVector, { description: "Class scores in the order of the application's labels, or numbers." })
  values!: Float64Array;
}

@ObjectType("MissingMember", { simpleResolvers: true, description: "A selected model that is not in the answer." })
export class MissingMemberType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => String, { description: "Why it is missing." })
  message!: string;
}

@ObjectType("PredictionSet", {
  simpleResolvers: true,
  description: "Holds the truth in the application's `coverage` of cases, by what was observed so far.",
})
export class PredictionSetType {
  @Field(() => [String], { nullable: true, description: "Of a LABEL output: likeliest first." })
  labels?: readonly string[] | undefined;

  @Field(() => Float, { nullable: true, description: "Of a NUMBER output." })
  low?: number | undefined;

  @Field(() => Float, { nullable: true, description: "Of a NUMBER output." })
  high?: number | undefined;
}

@ObjectType("Prediction", { simpleResolvers: true })
export class PredictionType {
  @Field(() => ID)
  id!: string;

  @Field(() => OutputUnion)
  output!: typeof OutputUnion;

  @Field(() => Float, {
    nullable: true,
    description: "0 to 1, calibrated from feedback; null where no model answered. Missing models count as disagreeing.",
  })
  confidence?: number | undefined;

  @Field(() => Boolean, {
    description: "The confidence is below the application's threshold, and there is no default output to give instead.",
  })
  belowThreshold!: boolean;

  @Field(() => Boolean, { description: "What was learned of this entity answered, not what was learned of all." })
  personalised!: boolean;

  @Field(() => Float, {
    description: "Up to where in the application's feedback log this answer knows: see Observation.stateSeq.",
  })
  stateSeq!: number;

  @Field(() => Float, { description: "Milliseconds since this server last knew that to be all of the log." })
  stateAgeMs!: number;

  @Field(() => PredictionSetType, { nullable: true, description: "Only if the application states a coverage." })
  predictionSet?: PredictionSetType | undefined;

  @Field(() => PredictionSourceEnum)
  source!: PredictionSourceEnum;

  @Field(() => DefaultReasonEnum, { nullable: true, description: "Only with source DEFAULT." })
  defaultReason?: DefaultReasonEnum | undefined;

  @Field(() => Int, { description: "Version of the application's correction policy that answered." })
  policyVersion!: number;

  @Field(() => [MemberPredictionType], { description: "The models whose answers were combined." })
  models!: readonly MemberPredictionType[];

  @Field(() => [MissingMemberType])
  modelsMissing!: readonly MissingMemberType[];

  @Extensions({ isPlainText: true })
  @Field(() => String, {
    description:
      "Signed proof of this prediction: give it to `observe` when the truth is known. Made only when selected.",
  })
  receipt!: () => string;

  @Field(() => Float, { description: "Milliseconds from the request's arrival to this answer, without rendering." })
  latencyMs!: number;

  @Field(() => ExplanationType, { nullable: true, description: "Only with `explain: true`." })
  explanation?: () => ExplanationType;
}

export const PredictResultUnion = createUnionType({
  name: "PredictResult",
  types: () => [PredictionType, BadInputType, NotFoundType, OverloadedType, UnavailableType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});

export enum StandingEnum {
  COUNTED = "COUNTED",
  WAITING = "WAITING",
  NOT_COUNTED = "NOT_COUNTED",
}
registerEnumType(StandingEnum, {
  name: "ObservationStanding",
  description: "Whether an observation counts.",
  valuesConfig: {
    COUNTED: { description: "It counts, or is in what the rewards of its prediction came to." },
    WAITING: {
      description: "It is durable, and will count: when the application's rewardWaitMs is over, or on activation.",
    },
    NOT_COUNTED: {
      description: "It is durable; another reward of its prediction counts, it was corrected since, or it is withheld.",
    },
  },
});

export enum WithheldEnum {
  LEARNED_SHARE = "LEARNED_SHARE",
}
registerEnumType(WithheldEnum, {
  name: "Withheld",
  description: "Why nothing is learned from an observation, though it is durable.",
  valuesConfig: {
    LEARNED_SHARE: {
      description: "Its API key's feedback is more than the application's learnedShare of what is learned.",
    },
  },
});

@ObjectType("Observation", { simpleResolvers: true, description: "A truth that is durably in the feedback log." })
export class ObservationType {
  @Field(() => ID, { description: "`application:seq`." })
  id!: string;

  @Field(() => Boolean, {
    description: "The same truth for the same receipt and key was there before; nothing changed.",
  })
  duplicate!: boolean;

  @Field(() => Float, { description: "Its place in the application's feedback log, from 1: a whole number." })
  seq!: number;

  @Field(() => Float, { description: "The same: give it to `predict` as minStateSeq to be sure that it counts there." })
  stateSeq!: number;

  @Field(() => Int, { description: "Policy version that made the prediction." })
  policyVersion!: number;

  @Field(() => Boolean, { description: "Whether anything was learned from it, now." })
  folded!: boolean;

  @Field(() => [Int], { description: "The policy versions that learned from it." })
  learnedBy!: readonly number[];

  @Field(() => StandingEnum)
  standing!: StandingEnum;

  @Field(() => WithheldEnum, {
    nullable: true,
    description: "Present if nothing is ever learned from it; of a duplicate, as it was decided when it was new.",
  })
  withheld?: WithheldEnum | undefined;

  @Field(() => SkipReasonEnum, {
    nullable: true,
    description: "Present if no policy can learn from it, whatever it says: it is durable all the same.",
  })
  skipReason?: string | undefined;

  @Field(() => Float, {
    nullable: true,
    description: "How wrong the models' answer was, 0 to 1; null if none is known.",
  })
  loss?: number | undefined;

  @Field(() => Boolean, {
    description: "It corrected an earlier one that what was learned still counts, until that has been learned anew.",
  })
  rebuildPending!: boolean;
}

export const ObserveResultUnion = createUnionType({
  name: "ObserveResult",
  types: () => [ObservationType, BadInputType, NotFoundType, OverloadedType, UnavailableType, ConflictType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});

@ObjectType("Activation", { simpleResolvers: true, description: "A prediction that counts from now on." })
export class ActivationType {
  @Field(() => ID)
  predictionId!: string;

  @Field(() => Float, {
    nullable: true,
    description:
      "Place in the feedback log of what it counts as, if a reward had been told before; null: its reward counts when it comes, or its wait is over.",
  })
  seq?: number | undefined;

  @Field(() => Float, { nullable: true, description: "The same: give it to `predict` as minStateSeq." })
  stateSeq?: number | undefined;

  @Field(() => Boolean, { description: "Whether anything was learned, now." })
  folded!: boolean;

  @Field(() => [Int], { description: "The policy versions that learned, now." })
  learnedBy!: readonly number[];
}

export const ActivateResultUnion = createUnionType({
  name: "ActivateResult",
  types: () => [ActivationType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});
