import { createUnionType, Field, Float, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { connectionOf } from "./connectionTypes.js";
import { BadInputType, NotFoundType, UnavailableType } from "./failureTypes.js";
import { WithheldEnum } from "./predictionTypes.js";
import { FloatVector } from "./scalars.js";

export enum LogEventKindEnum {
  DRIFT = "DRIFT",
  ADAPTATION = "ADAPTATION",
  PRIOR = "PRIOR",
  POLICY = "POLICY",
  ENTITY_RESET = "ENTITY_RESET",
  ENTITY_DELETED = "ENTITY_DELETED",
  STATE_REBUILT = "STATE_REBUILT",
}
registerEnumType(LogEventKindEnum, {
  name: "PolicyEventKind",
  description: "What happened to what is learned. Kinds may be added.",
});

@ObjectType("PolicyEvent", { simpleResolvers: true, description: "Something in the log that is no observation." })
export class PolicyEventType {
  @Field(() => Float, { description: "Its place in the application's log." })
  seq!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => Float, { description: "Milliseconds since 1970.", deprecationReason: "`at` is the same time." })
  atMs!: number;

  @Field(() => LogEventKindEnum)
  kind!: LogEventKindEnum;

  @Field(() => String, { description: "As JSON, by kind." })
  content!: string;
}

export enum TruthKindEnum {
  LABEL = "LABEL",
  NUMBER = "NUMBER",
  VECTOR = "VECTOR",
  REWARD = "REWARD",
}
registerEnumType(TruthKindEnum, { name: "TruthKind", description: "In what words something was told to be true." });

@ObjectType("Truth", { simpleResolvers: true, description: "What turned out to be true." })
export class TruthType {
  @Field(() => TruthKindEnum)
  kind!: TruthKindEnum;

  @Field(() => String, { nullable: true })
  label?: string | undefined;

  @Field(() => Float, { nullable: true })
  number?: number | undefined;

  @Field(() => FloatVector, { nullable: true })
  vector?: readonly number[] | undefined;

  @Field(() => Float, { nullable: true, description: "In the range that the application declares." })
  reward?: number | undefined;
}

@ObjectType("LoggedObservation", { simpleResolvers: true, description: "A row of an application's feedback log." })
export class LoggedObservationType {
  @Field(() => Float, { description: "Its place in the application's log, from 1; events have places there too." })
  seq!: number;

  @Field(() => ID, { description: "Of the prediction, or of the answer to the example, that it is about." })
  predictionId!: string;

  @Field(() => String, {
    description: "Tells several of one prediction apart; empty by default. The server's own begin with `$`.",
  })
  key!: string;

  @Field(() => Int, { description: "That made the prediction." })
  policyVersion!: number;

  @Field(() => ID, {
    nullable: true,
    description: "Whom it is about, shown to keys with the scope ADMIN; null: the population, or not shown.",
  })
  entity?: string | undefined;

  @Field(() => TruthType)
  truth!: object;

  @Field(() => [Int], { description: "The policy versions that it is folded into." })
  learnedBy!: readonly number[];

  @Field(() => GraphQLISODateTime)
  observedAt!: Date;

  @Field(() => Float, { nullable: true, description: "Place of the observation that corrects it; null: none does." })
  supersededBy?: number | undefined;

  @Field(() => Boolean, { description: "False for a reward that does not count by itself." })
  counts!: boolean;

  @Field(() => WithheldEnum, { nullable: true, description: "Present if nothing is ever learned from it." })
  withheld?: WithheldEnum | undefined;

  @Field(() => String, {
    nullable: true,
    description:
      "What the receipt carried of the prediction, as JSON, shown to keys with the scope ADMIN; null: nothing, or not shown.",
  })
  evidence?: string | undefined;
}

const resolveType = (value: unknown): string => (value as { __typename: string }).__typename;

const PolicyEventConnection = connectionOf("PolicyEvent", () => PolicyEventType);
const LoggedObservationConnection = connectionOf("LoggedObservation", () => LoggedObservationType);

export const PolicyEventsResultUnion = createUnionType({
  name: "PolicyEventsResult",
  types: () => [PolicyEventConnection, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});

export const ObservationsResultUnion = createUnionType({
  name: "ObservationsResult",
  types: () => [LoggedObservationConnection, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});
