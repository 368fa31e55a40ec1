import { Field, Float, ID, Int, ObjectType, registerEnumType } from "type-graphql";
import { ModelVersionType } from "./registryTypes.js";

export enum ReplicaStateEnum {
  STOPPED = "STOPPED",
  CONNECTING = "CONNECTING",
  WARMING = "WARMING",
  READY = "READY",
  EJECTED = "EJECTED",
  DRAINING = "DRAINING",
  BACKOFF = "BACKOFF",
}
registerEnumType(ReplicaStateEnum, {
  name: "ReplicaState",
  valuesConfig: {
    WARMING: { description: "The wrapper computes rows of the warm-up, before queries reach it." },
    EJECTED: { description: "The link is up, but batches had no reply in time: it gets single rows until one has." },
    DRAINING: { description: "The wrapper takes no more batches, but answers those that it has." },
    BACKOFF: { description: "The link failed and will be tried again: `problem` says why, `retryInMs` when." },
  },
});

@ObjectType("ReplicaFigures", { simpleResolvers: true })
export class ReplicaFiguresType {
  @Field(() => Float)
  batches!: number;

  @Field(() => Float)
  rows!: number;

  @Field(() => Float, { nullable: true, description: "Median of a batch's own service time; null without one." })
  serviceP50Ms?: number | undefined;

  @Field(() => Float, { nullable: true })
  serviceP99Ms?: number | undefined;

  @Field(() => Float, { description: "Batches without a reply in time." })
  overdue!: number;

  @Field(() => Float, { description: "Batches that it refused, or that were in it when its link broke." })
  lost!: number;

  @Field(() => Float, { description: "Times that it was ejected, or stayed so after a probe." })
  ejected!: number;

  @Field(() => Float, { description: "Rows that went on from it to another replica." })
  retried!: number;

  @Field(() => Float, { description: "Times that it was ready again after its link had broken." })
  restarts!: number;
}

@ObjectType("Replica", { simpleResolvers: true, description: "This server's link to one wrapper process." })
export class ReplicaType {
  @Field(() => ID)
  id!: string;

  @Field(() => String)
  endpoint!: string;

  @Field(() => ModelVersionType, { description: "What its wrapper serves." })
  modelVersion!: () => ModelVersionType;

  @Field(() => ReplicaStateEnum)
  state!: ReplicaStateEnum;

  @Field(() => String, { nullable: true })
  problem?: string | undefined;

  @Field(() => Float, { nullable: true, description: "Milliseconds until the next try, in BACKOFF." })
  retryInMs?: number | undefined;

  @Field(() => String, { nullable: true, description: "How its warm-up goes, or went, before queries reached it." })
  warmUp?: string | undefined;

  @Field(() => Int, { nullable: true, description: "Rows that its controller allows in a batch now." })
  batchRows?: number | undefined;

  @Field(() => String, { nullable: true, description: "Why the batch size is what it is." })
  batchRowsReason?: string | undefined;

  @Field(() => ReplicaFiguresType, { description: "Since it was first ready in this process." })
  figures!: () => ReplicaFiguresType;
}
