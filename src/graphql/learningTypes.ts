import { createUnionType, Field, Float, GraphQLISODateTime, ID, Int, ObjectType } from "type-graphql";
import { AdaptationStateEnum } from "./adaptationState.js";
import { BadInputType, ConflictType, NotFoundType, UnavailableType } from "./failureTypes.js";
import { PolicyVersionType } from "./policyTypes.js";
import { FloatVector } from "./scalars.js";

@ObjectType("ModelWeight", { simpleResolvers: true, description: "A model's standing with a policy." })
export class ModelWeightType {
  @Field(() => String)
  model!: string;

  @Field(() => Float, { description: "0 to 1; of all linked models together 1." })
  weight!: number;

  @Field(() => Float, { description: "That told its loss; of an entity those inherited from the population included." })
  observations!: number;
}

@ObjectType("TargetWeights", {
  simpleResolvers: true,
  description: "A label's score, or a number: the intercept, and the sum of each feature times its weight.",
})
export class TargetWeightsType {
  @Field(() => String, { nullable: true, description: "Null where the output is no label." })
  label?: string | undefined;

  @Field(() => Float, { description: "What is answered where all features are 0." })
  intercept!: number;

  @Field(() => FloatVector, { description: "In the order of the feature model's output." })
  weights!: Float64Array;
}

@ObjectType("LearnedState", { simpleResolvers: true, description: "What a policy version has learned." })
export class LearnedStateType {
  @Field(() => String)
  application!: string;

  @Field(() => Int)
  policyVersion!: number;

  @Field(() => ID, { nullable: true, description: "Null: of all, the population." })
  entity?: string | undefined;

  @Field(() => Boolean, {
    description: "The entity has a state of its own. Without one this is the population's, which answers it.",
  })
  personalised!: boolean;

  @Field(() => [ModelWeightType], { description: "Of the models linked now. Empty where it regresses over features." })
  weights!: readonly ModelWeightType[];

  @Field(() => [TargetWeightsType], {
    description: "Of LINEAR over a feature model: how its answers come about. Empty before the first observation.",
  })
  regression!: readonly TargetWeightsType[];

  @Field(() => Float, { description: "Folded in." })
  observations!: number;

  @Field(() => Float, { nullable: true, description: "Of the answers whose loss is known, 0 to 1." })
  meanLoss?: number | undefined;

  @Field(() => Float, {
    nullable: true,
    description: "Share of the last 1,000 truths that their prediction set would have held. Of the population alone.",
  })
  realisedCoverage?: number | undefined;

  @Field(() => Float, { description: "Changes of the mean loss that were noticed." })
  drifts!: number;

  @Field(() => Float, { description: "At which observation the last one was; 0: none was." })
  lastDriftAt!: number;

  @Field(() => AdaptationStateEnum, {
    nullable: true,
    description: "Whether learning makes up for the last rise of the mean loss. Of the population alone.",
  })
  adaptation?: AdaptationStateEnum | undefined;

  @Field(() => Float, { description: "Its last observation's place in the application's log." })
  seq!: number;

  @Field(() => Int, { description: "Encoded." })
  bytes!: number;
}

@ObjectType("ReceiptMember", { simpleResolvers: true })
export class ReceiptMemberType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => FloatVector, { description: "Scores in the order of the application's labels, or numbers." })
  values!: Float64Array;
}

@ObjectType("PolicyChoice", { simpleResolvers: true, description: "What a policy chose, when it did." })
export class PolicyChoiceType {
  @Field(() => String, { description: "The model, or for EXP4 the label." })
  arm!: string;

  @Field(() => Float, { description: "The probability that it had." })
  propensity!: number;

  @Field(() => Int, { description: "Among how many." })
  arms!: number;
}

@ObjectType("ReceiptContent", { simpleResolvers: true, description: "What a receipt says of its prediction." })
export class ReceiptContentType {
  @Field(() => ID, { description: "The prediction's." })
  id!: string;

  @Field(() => String)
  application!: string;

  @Field(() => Int)
  policyVersion!: number;

  @Field(() => ID, { nullable: true })
  entity?: string | undefined;

  @Field(() => GraphQLISODateTime, { description: "When it was answered." })
  predictedAt!: Date;

  @Field(() => Float, { description: "Milliseconds since 1970.", deprecationReason: "`predictedAt` is the same time." })
  predictedAtMs!: number;

  @Field(() => String)
  source!: string;

  @Field(() => [ReceiptMemberType], { description: "In single precision. Empty where no model answered." })
  members!: readonly ReceiptMemberType[];

  @Field(() => PolicyChoiceType, { nullable: true })
  choice?: PolicyChoiceType | undefined;

  @Field(() => FloatVector, { nullable: true, description: "The features that it chose or regressed by." })
  context?: Float64Array | undefined;

  @Field(() => Float, { nullable: true, description: "The confidence before its calibration." })
  agreement?: number | undefined;

  @Field(() => FloatVector, { nullable: true, description: "What was made of the members' values." })
  answer?: Float64Array | undefined;
}

@ObjectType("EntityReset", { simpleResolvers: true })
export class EntityResetType {
  @Field(() => Int, { description: "Of how many policy versions it had a state." })
  states!: number;
}

@ObjectType("EntityDeleted", { simpleResolvers: true })
export class EntityDeletedType {
  @Field(() => Int)
  observations!: number;

  @Field(() => Int)
  states!: number;
}

@ObjectType("EntityExport", { simpleResolvers: true })
export class EntityExportType {
  @Field(() => String, { description: "Observations, logged predictions and states, as JSON." })
  json!: string;

  @Field(() => Int)
  observations!: number;

  @Field(() => Int)
  predictions!: number;

  @Field(() => Float, { description: "Of the last observation: give it as `after` for the next page." })
  endSeq!: number;

  @Field(() => String, {
    nullable: true,
    description: "Of the last prediction: give it as `afterPrediction` for the next page.",
  })
  endPrediction?: string | undefined;

  @Field(() => Boolean, { description: "Observations or predictions." })
  hasMore!: boolean;
}

@ObjectType("ReceiptKeyRotation", { simpleResolvers: true })
export class ReceiptKeyRotationType {
  @Field(() => Int, { description: "Of the key that signs from now on." })
  keyId!: number;

  @Field(() => Int, { nullable: true, description: "Of the key before it, whose receipts are still taken." })
  previousKeyId?: number | undefined;
}

const resolveType = (value: unknown): string => (value as { __typename: string }).__typename;

export const LearnedStateResultUnion = createUnionType({
  name: "LearnedStateResult",
  types: () => [LearnedStateType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});

export const ReceiptContentResultUnion = createUnionType({
  name: "ReceiptContentResult",
  types: () => [ReceiptContentType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});

export const PolicyVersionResultUnion = createUnionType({
  name: "PolicyVersionResult",
  types: () => [PolicyVersionType, BadInputType, NotFoundType, ConflictType, UnavailableType] as const,
  resolveType,
});

export const EntityResetResultUnion = createUnionType({
  name: "EntityResetResult",
  types: () => [EntityResetType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});

export const EntityDeletedResultUnion = createUnionType({
  name: "EntityDeletedResult",
  types: () => [EntityDeletedType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});

export const EntityExportResultUnion = createUnionType({
  name: "EntityExportResult",
  types: () => [EntityExportType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});

export const ReceiptKeyRotationResultUnion = createUnionType({
  name: "ReceiptKeyRotationResult",
  types: () => [ReceiptKeyRotationType, ConflictType, UnavailableType] as const,
  resolveType,
});
