import { Field, Float, Int, ObjectType, registerEnumType } from "type-graphql";
import type { DispatchReason } from "../domain/prediction.js";

export enum CacheStateEnum {
  HIT = "HIT",
  APPROXIMATE = "APPROXIMATE",
  JOINED = "JOINED",
  MISS = "MISS",
}
registerEnumType(CacheStateEnum, {
  name: "CacheState",
  valuesConfig: {
    HIT: { description: "The same input had been answered before." },
    APPROXIMATE: { description: "A near input had been answered before." },
    JOINED: { description: "The same input was on its way to the model already." },
    MISS: { description: "The model was asked." },
  },
});

export const DispatchReasonEnum: { readonly [Reason in DispatchReason]: Reason } = {
  FULL: "FULL",
  BUDGET: "BUDGET",
  TURN_END: "TURN_END",
  DELAY: "DELAY",
  DRAIN: "DRAIN",
};
registerEnumType(DispatchReasonEnum, {
  name: "DispatchReason",
  description: "Why a batch went as it did.",
  valuesConfig: {
    FULL: { description: "It was as large as its controller allows." },
    BUDGET: { description: "Deadlines, or a bound in bytes, allowed no more of the rows that waited." },
    DELAY: { description: "A free replica had waited for more rows, as long as maxBatchDelayMs allows." },
    DRAIN: { description: "It would have waited for more rows, but the server stops." },
    TURN_END: { description: "All that had arrived by the end of the event-loop turn was in it." },
  },
});

@ObjectType("MemberExplanation", { simpleResolvers: true, description: "How one model's answer came about." })
export class MemberExplanationType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => CacheStateEnum)
  cache!: CacheStateEnum;

  @Field(() => Float, { nullable: true })
  distance?: number | undefined;

  @Field(() => Float, { nullable: true, description: "Milliseconds in the queue, where the model was asked." })
  queuedMs?: number | undefined;

  @Field(() => Int, { nullable: true, description: "Rows in the batch that it went with." })
  batchRows?: number | undefined;

  @Field(() => DispatchReasonEnum, { nullable: true })
  dispatchReason?: DispatchReason | undefined;

  @Field(() => String, { nullable: true })
  replica?: string | undefined;

  @Field(() => Float, { nullable: true, description: "Milliseconds from sending the batch to its reply." })
  serviceMs?: number | undefined;
}

@ObjectType("Explanation", {
  simpleResolvers: true,
  description: "Where the time went, in milliseconds from the request's arrival.",
})
export class ExplanationType {
  @Field(() => Float, { description: "When the models were asked." })
  askedMs!: number;

  @Field(() => Float, { description: "When the last of them had answered, or the deadline had come." })
  gatheredMs!: number;

  @Field(() => Float, { description: "By when they had to answer: the objective less the time to render." })
  deadlineMs!: number;

  @Field(() => [MemberExplanationType])
  members!: readonly MemberExplanationType[];
}
