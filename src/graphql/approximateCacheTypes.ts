import { Field, Float, Int, ObjectType } from "type-graphql";
import type { ServedVersion } from "../serving/servedVersion.js";
import { ApproximateDistanceEnum } from "./modelSettingsTypes.js";

@ObjectType("ApproximateCache", {
  simpleResolvers: true,
  description: "Near answers of a model version: how often they are given, and what audits say of their error.",
})
export class ApproximateCacheType {
  @Field(() => String, { nullable: true, description: "Whose it is; null: all applications share it." })
  application?: string | undefined;

  @Field(() => Float, { nullable: true, description: "Share of look-ups that gave the answer; null without any." })
  hitRatio?: number | undefined;

  @Field(() => Float, { description: "Look-ups that gave the answer." })
  hits!: number;

  @Field(() => Float, { description: "Look-ups that found nothing near enough." })
  misses!: number;

  @Field(() => Float, { description: "Look-ups not made, since they cost more than they save." })
  skipped!: number;

  @Field(() => Float, { description: "Near answers that the model was asked about all the same." })
  audits!: number;

  @Field(() => Float, { nullable: true, description: "Share of audits that differ; null before the first." })
  disagreement?: number | undefined;

  @Field(() => Float, { description: "Lower end of its 95 % interval." })
  disagreementLow!: number;

  @Field(() => Float, { description: "Upper end of its 95 % interval." })
  disagreementHigh!: number;

  @Field(() => Float, { nullable: true, description: "Largest distance of a near answer; null: none is given." })
  radius?: number | undefined;

  @Field(() => ApproximateDistanceEnum, { nullable: true, description: "Null while AUTO has not decided." })
  distance?: string | undefined;

  @Field(() => Int, { description: "Times that audits differed so much that all was learned anew." })
  driftResets!: number;

  @Field(() => Int, { description: "Inputs that it knows." })
  entries!: number;

  @Field(() => Float)
  bytes!: number;

  @Field(() => Float, { nullable: true, description: "What a look-up takes; null before the first." })
  lookupMicroseconds?: number | undefined;
}

export function fromApproximateCaches(caches: ServedVersion["approximateCaches"]): ApproximateCacheType[] {
  return caches.map(({ application, figures }) => {
    const { hits, misses, audits, disagreements } = figures;
    const lookups = hits + misses + audits;
    return {
      ...figures,
      application,
      hitRatio: lookups === 0 ? undefined : hits / lookups,
      disagreement: audits === 0 ? undefined : disagreements / audits,
    };
  });
}
