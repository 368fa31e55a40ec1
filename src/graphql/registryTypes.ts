import { createUnionType, Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import type { Datatype } from "../domain/tensor.js";
import { BadInputType, ConflictType, NotFoundType, UnavailableType } from "./failureTypes.js";
import { ModelSettingsType } from "./modelSettingsTypes.js";
import { DatatypeEnum } from "./predictionInputs.js";
import { OutputUnion } from "./predictionTypes.js";
import { ReplicaType } from "./replicaTypes.js";
import { FloatVector } from "./scalars.js";

export enum OutputKindEnum {
  LABEL = "LABEL",
  NUMBER = "NUMBER",
  VECTOR = "VECTOR",
}
registerEnumType(OutputKindEnum, { name: "OutputKind", description: "What an application answers with." });

@ObjectType("TensorSpec", { simpleResolvers: true })
export class TensorSpecType {
  @Field(() => String)
  name!: string;

  @Field(() => DatatypeEnum)
  datatype!: Datatype;

  @Field(() => [Int], { description: "Shape of one row, without the batch." })
  shape!: readonly number[];
}

@ObjectType("OutputSpec", { simpleResolvers: true })
export class OutputSpecType {
  @Field(() => OutputKindEnum)
  kind!: `${OutputKindEnum}`;

  @Field(() => [String], { nullable: true, description: "Of a LABEL output." })
  labels?: readonly string[] | undefined;

  @Field(() => Int, { nullable: true, description: "Numbers in a VECTOR output." })
  size?: number | undefined;
}

@ObjectType("ModelVersion", { simpleResolvers: true })
export class ModelVersionType {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => Boolean)
  current!: boolean;

  @Field(() => Boolean, {
    description:
      "Whether this server answers with it: the current one, or the one before until that has a ready replica.",
  })
  serving!: boolean;

  @Field(() => [TensorSpecType])
  inputs!: readonly TensorSpecType[];

  @Field(() => [TensorSpecType])
  outputs!: readonly TensorSpecType[];

  @Field(() => [String], { description: "Addresses of wrappers that someone else runs." })
  endpoints!: readonly string[];

  @Field(() => [ReplicaType])
  replicas!: () => readonly ReplicaType[];
}

@ObjectType("Model", { simpleResolvers: true })
export class ModelType {
  @Field(() => String)
  name!: string;

  @Field(() => Int)
  currentVersion!: number;

  @Field(() => ModelSettingsType)
  settings!: ModelSettingsType;

  @Field(() => [ModelVersionType], { description: "Newest first." })
  versions!: readonly ModelVersionType[];
}

@ObjectType("ApplicationLink", { simpleResolvers: true })
export class ApplicationLinkType {
  @Field(() => String)
  model!: string;

  @Field(() => Float, { description: "Relative weight of the model's vote." })
  weight!: number;
}

@ObjectType("Application", { simpleResolvers: true, description: "What frontends call by name." })
export class ApplicationType {
  @Field(() => String)
  name!: string;

  @Field(() => String)
  description!: string;

  @Field(() => Float, { description: "Latency objective in milliseconds, from arrival to answer." })
  sloMs!: number;

  @Field(() => Float, { description: "Milliseconds within which BULK queries are answered." })
  bulkDeadlineMs!: number;

  @Field(() => [TensorSpecType])
  input!: readonly TensorSpecType[];

  @Field(() => OutputSpecType)
  output!: OutputSpecType;

  @Field(() => OutputUnion, { nullable: true })
  defaultOutput?: typeof OutputUnion | undefined;

  @Field(() => String, { description: "Correction policy." })
  policy!: string;

  @Field(() => Int)
  policyVersion!: number;

  @Field(() => [ApplicationLinkType])
  models!: readonly ApplicationLinkType[];
}

@ObjectType("PageInfo", { simpleResolvers: true })
export class PageInfoType {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => String, { nullable: true })
  endCursor?: string | undefined;
}

@ObjectType("ApplicationEdge", { simpleResolvers: true })
export class ApplicationEdgeType {
  @Field(() => ApplicationType)
  node!: ApplicationType;

  @Field(() => String)
  cursor!: string;
}

@ObjectType("ApplicationConnection", { simpleResolvers: true })
export class ApplicationConnectionType {
  @Field(() => [ApplicationEdgeType])
  edges!: readonly ApplicationEdgeType[];

  @Field(() => PageInfoType)
  pageInfo!: PageInfoType;
}

@ObjectType("ModelEdge", { simpleResolvers: true })
export class ModelEdgeType {
  @Field(() => ModelType)
  node!: ModelType;

  @Field(() => String)
  cursor!: string;
}

@ObjectType("ModelConnection", { simpleResolvers: true })
export class ModelConnectionType {
  @Field(() => [ModelEdgeType])
  edges!: readonly ModelEdgeType[];

  @Field(() => PageInfoType)
  pageInfo!: PageInfoType;
}

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

@InputType("TensorSpecInput")
export class TensorSpecInput {
  @Field(() => String)
  name!: string;

  @Field(() => DatatypeEnum)
  datatype!: Datatype;

  @Field(() => [Int], { description: "Shape of one row, without the batch; [] is one element." })
  shape!: number[];
}

@InputType("OutputSpecInput")
export class OutputSpecInput {
  @Field(() => OutputKindEnum)
  kind!: `${OutputKindEnum}`;

  @Field(() => [String], { nullable: true, description: "For kind LABEL." })
  labels?: string[] | null;

  @Field(() => Int, { nullable: true, description: "For kind VECTOR." })
  size?: number | null;
}

@InputType("OutputInput", { description: "Exactly one, of the application's kind." })
export class OutputInput {
  @Field(() => String, { nullable: true })
  label?: string;

  @Field(() => Float, { nullable: true })
  number?: number;

  @Field(() => FloatVector, { nullable: true })
  vector?: unknown;
}

@InputType("LinkInput")
export class LinkInput {
  @Field(() => String)
  model!: string;

  @Field(() => Float, { nullable: true, description: "Relative weight of its vote, above 0; 1 if absent." })
  weight?: number | null;
}

@InputType("CreateApplicationInput")
export class CreateApplicationInput {
  @Field(() => String, { description: "1 to 63 of a-z, 0-9 and -, beginning with a letter." })
  name!: string;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => Float, { nullable: true, description: "Milliseconds; 50 if absent." })
  sloMs?: number | null;

  @Field(() => Float, { nullable: true, description: "Milliseconds, at least sloMs; 30000 if absent." })
  bulkDeadlineMs?: number | null;

  @Field(() => [TensorSpecInput])
  input!: TensorSpecInput[];

  @Field(() => OutputSpecInput)
  output!: OutputSpecInput;

  @Field(() => OutputInput, {
    nullable: true,
    description: "Given, and said so, when no model could answer in time. Absent: a typed failure instead.",
  })
  defaultOutput?: OutputInput | null;

  @Field(() => [LinkInput], {
    nullable: true,
    description: "Models to link with it, together or not at all. Absent: none yet.",
  })
  models?: LinkInput[] | null;
}

@InputType("UpdateApplicationInput", { description: "What is absent stays as it is." })
export class UpdateApplicationInput {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true })
  description?: string | null;

  @Field(() => Float, { nullable: true })
  sloMs?: number | null;

  @Field(() => Float, { nullable: true })
  bulkDeadlineMs?: number | null;

  @Field(() => OutputInput, { nullable: true, description: "null removes it." })
  defaultOutput?: OutputInput | null;
}

@InputType("RegisterModelVersionInput")
export class RegisterModelVersionInput {
  @Field(() => String, { description: "Made if it is new." })
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => [TensorSpecInput], { nullable: true, description: "Absent, with outputs: the wrapper is asked." })
  inputs?: TensorSpecInput[] | null;

  @Field(() => [TensorSpecInput], { nullable: true })
  outputs?: TensorSpecInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "Wrappers that someone else runs: host:port or unix:/path. Replaces those given before.",
  })
  endpoints?: string[] | null;

  @Field(() => Boolean, { nullable: true, description: "Default true." })
  makeCurrent?: boolean | null;
}

@InputType("RemoveModelVersionInput")
export class RemoveModelVersionInput {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;
}

@InputType("SetCurrentVersionInput")
export class SetCurrentVersionInput {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;
}

@InputType("LinkModelInput")
export class LinkModelInput {
  @Field(() => String)
  application!: string;

  @Field(() => String)
  model!: string;

  @Field(() => Float, { nullable: true, description: "Relative weight of its vote, above 0; 1 if absent." })
  weight?: number | null;
}

@InputType("UnlinkModelInput")
export class UnlinkModelInput {
  @Field(() => String)
  application!: string;

  @Field(() => String)
  model!: string;
}

export const ONE_OF_REGISTRY_INPUTS = ["OutputInput"] as const;
