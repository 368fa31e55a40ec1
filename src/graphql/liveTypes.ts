import { Field, Float, GraphQLISODateTime, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import {
  DefaultReasonEnum,
  MemberPredictionType,
  MissingMemberType,
  OutputUnion,
  PredictionSourceEnum,
} from "./predictionTypes.js";
import { WeightSampleType } from "./metricsTypes.js";

@ObjectType("AnsweredPrediction", {
  simpleResolvers: true,
  description: "A prediction that somebody was given: what it was, not the proof of it.",
})
export class AnsweredPredictionType {
  @Field(() => ID, { description: "As `Prediction.id`." })
  id!: string;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => OutputUnion, { description: "What was answered." })
  output!: typeof OutputUnion;

  @Field(() => Float, { nullable: true, description: "0 to 1; null where no model answered." })
  confidence?: number | undefined;

  @Field(() => PredictionSourceEnum)
  source!: PredictionSourceEnum;

  @Field(() => DefaultReasonEnum, { nullable: true, description: "Only with source DEFAULT." })
  defaultReason?: DefaultReasonEnum | undefined;

  @Field(() => Int, { description: "Version of the application's correction policy that answered." })
  policyVersion!: number;

  @Field(() => [MemberPredictionType], { description: "The models whose answers were combined." })
  models!: readonly MemberPredictionType[];

  @Field(() => [MissingMemberType], { description: "Selected models whose answers were not in it, and why." })
  modelsMissing!: readonly MissingMemberType[];

  @Field(() => Float, { description: "Milliseconds from the request's arrival to the answer, without rendering." })
  latencyMs!: number;

  @Field(() => ID, {
    nullable: true,
    description: "Whom it was for; null without one, and for keys without the scope ADMIN.",
  })
  entity?: string | undefined;

  @Field(() => String, {
    nullable: true,
    description: "The same for the same entity of the application until the server starts again; null without one.",
  })
  entityHash?: () => string | undefined;

  @Field(() => Int, {
    description: "Of the sampled ones since the one before, those that this subscriber or the feed's rate left out.",
  })
  dropped!: number;
}

@ObjectType("PolicyUpdate", {
  simpleResolvers: true,
  description: "How an application's policy stands on this server, in what it has learned of all.",
})
export class PolicyUpdateType {
  @Field(() => GraphQLISODateTime, { description: "When it was seen." })
  at!: Date;

  @Field(() => Int)
  policyVersion!: number;

  @Field(() => Float, {
    description: "Place in the application's log up to which it is known: see Observation.stateSeq.",
  })
  stateSeq!: number;

  @Field(() => [WeightSampleType], { description: "Of the models linked now." })
  weights!: readonly WeightSampleType[];

  @Field(() => Float, {
    nullable: true,
    description: "Mean loss since it last changed, 0 to 1; null while none is known.",
  })
  recentLoss?: number | undefined;

  @Field(() => Int, { description: "Updates since the one before that this subscriber was too slow for." })
  dropped!: number;
}

export enum OperationalEventKindEnum {
  REPLICA_STATE = "REPLICA_STATE",
  REPLICA_EJECTED = "REPLICA_EJECTED",
  ROWS_DROPPED = "ROWS_DROPPED",
  RETRIES_REFUSED = "RETRIES_REFUSED",
  INPUTS_QUARANTINED = "INPUTS_QUARANTINED",
  CURRENT_VERSION = "CURRENT_VERSION",
  POLICY_VERSION = "POLICY_VERSION",
  DRIFT = "DRIFT",
  ADAPTATION = "ADAPTATION",
  LEARNING = "LEARNING",
}
registerEnumType(OperationalEventKindEnum, {
  name: "OperationalEventKind",
  description: "Kinds may be added.",
  valuesConfig: {
    REPLICA_STATE: { description: "A replica went from `before` to `after`; null: it came, or is gone." },
    REPLICA_EJECTED: { description: "Times that batches of a replica had no reply in time, and it was set aside." },
    ROWS_DROPPED: { description: "Rows that left the queue because they could not be answered in time any more." },
    RETRIES_REFUSED: { description: "Batches that were not tried elsewhere since the retry budget was spent." },
    INPUTS_QUARANTINED: { description: "Inputs that have ended replicas, and are refused for a while." },
    CURRENT_VERSION: { description: "Another version of the model is current; null: it came, or is gone." },
    POLICY_VERSION: { description: "Another version of the application's policy is current." },
    DRIFT: { description: "Mean losses that have changed; `learningEvents` says which, from what to what." },
    ADAPTATION: {
      description:
        "Of an application: ADAPTING where its answers became worse; STALLED where they stay so although what is observed is learned, so that it is time to train again; STEADY again.",
    },
    LEARNING: {
      description:
        "Of an application: STALLED where this server has had no word of its log for 2 s (the database is away, or too slow), so that answers do not learn; FOLLOWING again.",
    },
  },
});

@ObjectType("OperationalEvent", {
  simpleResolvers: true,
  description: "Something that happened on this server, seen within 250 ms.",
})
export class OperationalEventType {
  @Field(() => OperationalEventKindEnum)
  kind!: OperationalEventKindEnum;

  @Field(() => GraphQLISODateTime, { description: "When it was seen." })
  at!: Date;

  @Field(() => String, { nullable: true, description: "Only of POLICY_VERSION, DRIFT, ADAPTATION and LEARNING." })
  application?: string | undefined;

  @Field(() => String, { nullable: true, description: "Null of POLICY_VERSION, DRIFT, ADAPTATION and LEARNING." })
  model?: string | undefined;

  @Field(() => Int, { nullable: true, description: "The model's, where it is of one version." })
  version?: number | undefined;

  @Field(() => String, { nullable: true, description: "Its endpoint, where it is of one replica." })
  replica?: string | undefined;

  @Field(() => String, {
    nullable: true,
    description: "Only of REPLICA_STATE, CURRENT_VERSION, POLICY_VERSION, ADAPTATION and LEARNING.",
  })
  before?: string | undefined;

  @Field(() => String, {
    nullable: true,
    description: "Only of REPLICA_STATE, CURRENT_VERSION, POLICY_VERSION, ADAPTATION and LEARNING.",
  })
  after?: string | undefined;

  @Field(() => Int, { nullable: true, description: "How many, of what is counted." })
  count?: number | undefined;

  @Field(() => Int, { description: "Events since the one before that this subscriber was too slow for." })
  dropped!: number;
}
