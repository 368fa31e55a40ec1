import { createUnionType, Field, InputType, Int, ObjectType } from "type-graphql";
import { BadInputType, ConflictType, NotFoundType, UnavailableType } from "./failureTypes.js";
import { ApproximateCacheType } from "./approximateCacheTypes.js";
import { ModelSettingsType } from "./modelSettingsTypes.js";
import { ApplicationType } from "./applicationTypes.js";
import { connectionOf } from "./connectionTypes.js";
import { EXPECTED_REVISION } from "./expectedRevision.js";
import { NodeInterface } from "./nodeTypes.js";
import { ReplicaType } from "./replicaTypes.js";
import { SignatureInput, TensorSpecType } from "./tensorTypes.js";

@ObjectType("FillWait", { simpleResolvers: true })
export class FillWaitType {
  @Field(() => Boolean)
  waits!: boolean;

  @Field(() => String, { description: "What was chosen, or with AUTO what comparisons have shown." })
  reason!: string;
}

@ObjectType("ModelVersion", { simpleResolvers: true, implements: NodeInterface })
export class ModelVersionType extends NodeInterface {
  @Field(() => String)
  model!: string;

  @Field(() => ModelType, { description: "The model that it is a version of." })
  ofModel!: () => ModelType;

  @Field(() => Int)
  version!: number;

  @Field(() => Boolean)
  current!: boolean;

  @Field(() => Boolean, {
    description:
      "Whether this server answers with it: the current one, or the one before until that has a ready replica.",
  })
  serving!: boolean;

  @Field(() => String, { description: "`Model.revision` of its model; of a mutation, as that left it." })
  revision!: () => string;

  @Field(() => [TensorSpecType])
  inputs!: readonly TensorSpecType[];

  @Field(() => [TensorSpecType])
  outputs!: readonly TensorSpecType[];

  @Field(() => [String], {
    nullable: true,
    description:
      "A classifier's own names of its classes, in the order of its scores: applications' labels are found by them. " +
      "Null: it names none, and its scores are taken in the order of an application's labels.",
  })
  labels!: readonly string[] | undefined;

  @Field(() => [String], { description: "Addresses of wrappers that someone else runs." })
  endpoints!: readonly string[];

  @Field(() => [ReplicaType], {
    description: "This server's links to wrappers of it, at most 100; `replicaConnection` has all.",
  })
  replicas!: () => readonly ReplicaType[];

  @Field(() => [ApproximateCacheType], {
    description:
      "As they are in this server: one, or one for each application, at most 100; none where near answers are off.",
  })
  approximateCaches!: () => readonly ApproximateCacheType[];
  @Field(() => FillWaitType, {
    nullable: true,
    description: "Whether free replicas wait for fuller batches on this server; null: it serves none of it.",
  })
  fillWait!: () => FillWaitType | undefined;
}

@ObjectType("Model", { simpleResolvers: true, implements: NodeInterface })
export class ModelType extends NodeInterface {
  @Field(() => String)
  name!: string;

  @Field(() => Int)
  currentVersion!: number;

  @Field(() => ModelVersionType, { description: "The version that answers." })
  current!: () => ModelVersionType;

  @Field(() => ModelSettingsType)
  settings!: ModelSettingsType;

  @Field(() => [ModelVersionType], {
    description: "The newest 100, newest first.",
    deprecationReason: "It ends after 100: `versionConnection` has all, in pages.",
  })
  versions!: readonly ModelVersionType[];

  @Field(() => String, {
    description: "Of its settings and its current version: changes name the one that they were made from.",
  })
  revision!: () => string;
}

export const ApplicationConnectionType = connectionOf("Application", () => ApplicationType);

export const ModelConnectionType = connectionOf("Model", () => ModelType);

export const ApplicationResultUnion = createUnionType({
  name: "ApplicationResult",
  types: () => [ApplicationType, BadInputType, NotFoundType, ConflictType, UnavailableType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});

export const ModelVersionResultUnion = createUnionType({
  name: "ModelVersionResult",
  types: () => [ModelVersionType, BadInputType, NotFoundType, ConflictType, UnavailableType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});

export const ModelResultUnion = createUnionType({
  name: "ModelResult",
  types: () => [ModelType, BadInputType, NotFoundType, ConflictType, UnavailableType] as const,
  resolveType: (value) => (value as unknown as { __typename: string }).__typename,
});

@InputType("RegisterModelVersionInput")
export class RegisterModelVersionInput {
  @Field(() => String, { description: "Made if it is new." })
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => SignatureInput, { nullable: true, description: "Absent: the wrapper is asked." })
  signature?: SignatureInput | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "Names of a classifier's classes, in the order of its scores, instead of those that the wrapper states. An " +
      "integer output is one of these names where all are integers, else an index from 0.",
  })
  labels?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description:
      "Wrappers that someone else runs: host:port or unix:/path. A name is a replica for each machine that it stands for, and is looked up every 5 s. Replaces those given before.",
  })
  endpoints?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: "Default true." })
  makeCurrent?: boolean | null;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("RemoveModelVersionInput")
export class RemoveModelVersionInput {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("SetCurrentVersionInput")
export class SetCurrentVersionInput {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("InvalidateCacheInput")
export class InvalidateCacheInput {
  @Field(() => String)
  model!: string;
}
