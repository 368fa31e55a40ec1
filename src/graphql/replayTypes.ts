import {
  createUnionType,
  Field,
  Float,
  GraphQLISODateTime,
  InputType,
  Int,
  ObjectType,
  registerEnumType,
} from "type-graphql";
import { SKIP_REASONS } from "../domain/replayPorts.js";
import { EXPECTED_REVISION } from "./expectedRevision.js";
import { BadInputType, ConflictType, NotFoundType, OverloadedType, UnavailableType } from "./failureTypes.js";
import { LossInput, PolicyInput } from "./policyInputs.js";

export enum ReplayStatusEnum {
  RUNNING = "RUNNING",
  COMPLETE = "COMPLETE",
  FAILED = "FAILED",
}
registerEnumType(ReplayStatusEnum, { name: "ReplayStatus", description: "Where the replay of a log stands." });

export const SkipReasonEnum = Object.fromEntries(SKIP_REASONS.map((reason) => [reason, reason])) as Record<
  (typeof SKIP_REASONS)[number],
  string
>;
registerEnumType(SkipReasonEnum, {
  name: "SkipReason",
  description: "Why an observation teaches a policy nothing. Reasons may be added.",
  valuesConfig: {
    NO_EVIDENCE: { description: "Its prediction left no evidence that fits the application." },
    DEFAULT_SHOWN: { description: "It is a reward, and the default output was shown, not what the models said." },
    NO_CONTEXT: { description: "It was predicted without the features that the policy needs." },
    MEMBERS_MISSING: { description: "The policy asks all models, and only what was chosen had answered." },
    NO_LOSS: { description: "What was observed gives no loss of the kind." },
    NO_CHOICE: { description: "No chance of a choice was logged, and not enough to do without." },
  },
});

@InputType("ReplayPolicyInput")
export class ReplayPolicyInput {
  @Field(() => String)
  application!: string;

  @Field(() => PolicyInput)
  policy!: PolicyInput;

  @Field(() => LossInput, { nullable: true, description: "Absent: the application's." })
  loss?: LossInput | null;

  @Field(() => String, {
    nullable: true,
    description: "Observations from here on count: a date, or a time with its offset. Absent: all.",
  })
  from?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Observations before it count: a date, or a time with its offset; at most those from before the replay began. Absent: all.",
  })
  until?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: "It answers as soon as it is complete. Else `rollbackPolicy` makes it current.",
  })
  activate!: boolean;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@ObjectType("SkippedRows", { simpleResolvers: true })
export class SkippedRowsType {
  @Field(() => SkipReasonEnum)
  reason!: string;

  @Field(() => Float)
  rows!: number;
}

@ObjectType("PolicyReplay", {
  simpleResolvers: true,
  description: "A policy version made of the log: a job, which `policyReplay` tells the progress of.",
})
export class PolicyReplayType {
  @Field(() => String)
  application!: string;

  @Field(() => Int, { description: "Of the policy, once it is complete." })
  version!: number;

  @Field(() => ReplayStatusEnum)
  status!: ReplayStatusEnum;

  @Field(() => String, { nullable: true, description: "Why it failed, and what to do." })
  reason?: string | undefined;

  @Field(() => GraphQLISODateTime, { description: "When it was asked for, or last gone on with." })
  startedAt!: Date;

  @Field(() => Float, { description: "Milliseconds since 1970.", deprecationReason: "`startedAt` is the same time." })
  startedAtMs!: number;

  @Field(() => Float, { description: "Places of the log that are behind it." })
  done!: number;

  @Field(() => Float, { description: "Places of the log to go through, as far as it is known: it may grow." })
  total!: number;

  @Field(() => Float, { description: "Observations read." })
  rows!: number;

  @Field(() => Float, { description: "Observations learned." })
  folded!: number;

  @Field(() => [SkippedRowsType], { description: "Observations that teach this policy nothing." })
  skipped!: readonly SkippedRowsType[];

  @Field(() => Float, { description: "Entities with a state of their own." })
  entities!: number;

  @Field(() => Float, {
    description: "Observations of which both losses are known: only where the log has all models' answers.",
  })
  compared!: number;

  @Field(() => Float, {
    nullable: true,
    description: "Mean over `compared` of what this policy answered, each before it learned from it.",
  })
  meanLoss?: number | undefined;

  @Field(() => Float, {
    nullable: true,
    description: "Mean over the same observations of the answers that were given.",
  })
  loggedMeanLoss?: number | undefined;
}

const resolveType = (value: unknown): string => (value as { __typename: string }).__typename;

export const PolicyReplayResultUnion = createUnionType({
  name: "PolicyReplayResult",
  types: () => [PolicyReplayType, BadInputType, NotFoundType, ConflictType, OverloadedType, UnavailableType] as const,
  resolveType,
});
