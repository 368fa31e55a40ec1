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
import { BadInputType, ConflictType, NotFoundType, OverloadedType, UnavailableType } from "./failureTypes.js";
import { connectionOf } from "./connectionTypes.js";
import { EXPECTED_REVISION } from "./expectedRevision.js";
import { NodeInterface } from "./nodeTypes.js";
import { ModelVersionType } from "./registryTypes.js";
import { SignatureInput } from "./tensorTypes.js";

export enum DeploymentStatusEnum {
  PREPARING = "PREPARING",
  STARTING = "STARTING",
  SERVING = "SERVING",
  FAILED = "FAILED",
  REMOVED = "REMOVED",
}
registerEnumType(DeploymentStatusEnum, {
  name: "DeploymentStatus",
  description: "How far a deployment is.",
  valuesConfig: {
    PREPARING: { description: "The model's files are placed, and what its framework needs." },
    STARTING: { description: "Its wrappers load the model and warm up. What served before serves still." },
    SERVING: { description: "All replicas have been ready. It is started again with its server." },
    FAILED: { description: "`reason` says why. What served before serves still." },
    REMOVED: { description: "It was undeployed, or its version removed." },
  },
});

@ObjectType("Deployment", {
  simpleResolvers: true,
  implements: NodeInterface,
  description: "A saved model that a server runs.",
})
export class DeploymentType extends NodeInterface {
  @Field(() => String)
  model!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => ModelVersionType, {
    nullable: true,
    description: "The version that it serves; null: not registered yet, or removed.",
  })
  modelVersion!: () => ModelVersionType | undefined;

  @Field(() => DeploymentStatusEnum)
  status!: DeploymentStatusEnum;

  @Field(() => String, { description: "What it is at, or what is wrong with it." })
  progress!: string;

  @Field(() => String, { nullable: true, description: "Why it failed or was removed." })
  reason?: string | undefined;

  @Field(() => [String], { description: "What the wrappers of one that failed printed last." })
  lastLines!: readonly string[];

  @Field(() => String, { description: "SHA-256 of the saved model." })
  artifact!: string;

  @Field(() => String, { description: "Whose wrapper serves it." })
  framework!: string;

  @Field(() => String, {
    description: "Changes with `status` and `replicas`: for `expectedRevision` of `undeployModel`.",
  })
  revision!: string;

  @Field(() => Boolean, { description: "Its processes are being started or let go: `progress` says how far that is." })
  changing!: boolean;

  @Field(() => Int, { description: "Wrapper processes." })
  replicas!: number;

  @Field(() => Int, { nullable: true, description: "Those that are ready now; null: another server's." })
  readyReplicas?: number | undefined;

  @Field(() => String, { description: "`cpu`, `cuda`, or `cuda:N`." })
  device!: string;

  @Field(() => Float, { nullable: true, description: "Of each process's data; null: none." })
  memoryLimitBytes?: number | undefined;

  @Field(() => Int, { description: "0 to 19: how far it gives way to other processes." })
  niceness!: number;

  @Field(() => String, { nullable: true, description: "Processors that it may run on; null: all." })
  cpus?: string | undefined;

  @Field(() => Boolean, { description: "This server runs it, or did." })
  here!: boolean;

  @Field(() => String, { description: "Of the data folder whose server it belongs to." })
  server!: string;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => Float, { description: "Milliseconds since 1970.", deprecationReason: "`createdAt` is the same time." })
  createdAtMs!: number;

  @Field(() => GraphQLISODateTime, { description: "Of its last change." })
  updatedAt!: Date;

  @Field(() => Float, { description: "Milliseconds since 1970.", deprecationReason: "`updatedAt` is the same time." })
  updatedAtMs!: number;
}

const DeploymentConnectionType = connectionOf("Deployment", () => DeploymentType);

@InputType("WrapperOptionInput", { description: "One option of a wrapper's command line." })
export class WrapperOptionInput {
  @Field(() => String, { description: "Of the wrapper's command line, without dashes: `workers`." })
  name!: string;

  @Field(() => String, { defaultValue: "", description: "Empty for an option that takes none." })
  value!: string;
}

@InputType("DeployModelInput", { description: "A saved model, and how it is to run." })
export class DeployModelInput {
  @Field(() => String, { description: "SHA-256 of a saved model that was uploaded: PUT /v2/artifacts/{sha256}." })
  artifact!: string;

  @Field(() => String, { description: "Made if it is new." })
  model!: string;

  @Field(() => Int, { nullable: true, description: "Absent: the next one." })
  version?: number | null;

  @Field(() => String, { description: "Whose wrapper serves it: `onnx`, `sklearn`, `xgboost` and so on." })
  framework!: string;

  @Field(() => String, {
    nullable: true,
    description:
      "What the wrapper finds the model under; some frameworks go by the ending. No folder. Default `model`.",
  })
  fileName?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "The artefact is a tar of a folder, which the wrapper gets. Default false.",
  })
  unpack?: boolean | null;

  @Field(() => SignatureInput, { nullable: true, description: "Absent: the model states its own." })
  signature?: SignatureInput | null;

  @Field(() => [WrapperOptionInput], { nullable: true, description: "For the wrapper's command line." })
  options?: WrapperOptionInput[] | null;

  @Field(() => [String], {
    nullable: true,
    description: "Packages of the versions that saved the model: `scikit-learn==1.5.2`.",
  })
  requirements?: string[] | null;

  @Field(() => Int, { nullable: true, description: "Wrapper processes, 1 to 64. Default 1." })
  replicas?: number | null;

  @Field(() => String, { nullable: true, description: "`cpu`, `cuda`, or `cuda:N` for one of several. Default `cpu`." })
  device?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: "Of each process's data (RLIMIT_DATA), at least 64 MiB. Absent: none.",
  })
  memoryLimitBytes?: number | null;

  @Field(() => Int, { nullable: true, description: "0 to 19: how far it gives way to other processes. Default 0." })
  niceness?: number | null;

  @Field(() => String, { nullable: true, description: "Processors that it may run on, as `0-3,8`. Absent: all." })
  cpus?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: "Its version becomes current as soon as it is ready, as a model's first does anyway. Default true.",
  })
  activate?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description: "By when each replica must be ready, from its start on: 1000 to 3600000. Default 300000.",
  })
  readyWithinMs?: number | null;
}

@InputType("PruneDeploymentsInput", { description: "What is to be removed." })
export class PruneDeploymentsInput {
  @Field(() => Float, { nullable: true, description: "What was not used for so many days, 0 to 3650. Default 7." })
  unusedDays?: number | null;
}

@InputType("UndeployModelInput", { description: "Which version's wrappers are to end." })
export class UndeployModelInput {
  @Field(() => String)
  model!: string;

  @Field(() => Int, { nullable: true, description: "Absent: the current one." })
  version?: number | null;

  @Field(() => Boolean, { nullable: true, description: "Also where applications ask it. Default false." })
  force?: boolean | null;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("SetReplicasInput", { description: "How many processes are to serve a version." })
export class SetReplicasInput {
  @Field(() => String)
  model!: string;

  @Field(() => Int, { nullable: true, description: "Absent: the current one." })
  version?: number | null;

  @Field(() => Int, { description: "1 to 64." })
  replicas!: number;

  @Field(() => Int, {
    nullable: true,
    description: "How many were read: if there are others by now nothing changes, and the answer is a Conflict.",
  })
  expectedReplicas?: number | null;
}

@ObjectType("PrunedDeployments", { simpleResolvers: true, description: "What a server has removed." })
export class PrunedDeploymentsType {
  @Field(() => [String], { description: "SHA-256s of saved models." })
  artifacts!: readonly string[];

  @Field(() => [String], { description: "Python environments: the framework, and a digest of its packages." })
  environments!: readonly string[];
}

@ObjectType("WrapperLogLine", { simpleResolvers: true, description: "One line that a wrapper printed." })
export class WrapperLogLineType {
  @Field(() => Float, { description: "From 1, without gaps." })
  seq!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => Float, { description: "Milliseconds since 1970.", deprecationReason: "`at` is the same time." })
  atMs!: number;

  @Field(() => String)
  text!: string;
}

@ObjectType("WrapperLog", { simpleResolvers: true, description: "What a version's wrappers printed last." })
export class WrapperLogType {
  @Field(() => Int, { description: "That the lines are of." })
  version!: number;

  @Field(() => [WrapperLogLineType], { description: "Oldest first, of all replicas. The last 1000 are kept." })
  lines!: readonly WrapperLogLineType[];
}

const resolveType = (value: unknown): string => (value as { __typename: string }).__typename;

export const DeploymentResultUnion = createUnionType({
  name: "DeploymentResult",
  types: () => [DeploymentType, BadInputType, NotFoundType, ConflictType, OverloadedType, UnavailableType] as const,
  resolveType,
});

export const DeploymentsResultUnion = createUnionType({
  name: "DeploymentsResult",
  types: () => [DeploymentConnectionType, BadInputType, UnavailableType] as const,
  resolveType,
});

export const PruneDeploymentsResultUnion = createUnionType({
  name: "PruneDeploymentsResult",
  types: () => [PrunedDeploymentsType, BadInputType, UnavailableType, ConflictType] as const,
  resolveType,
});

export const WrapperLogResultUnion = createUnionType({
  name: "WrapperLogResult",
  types: () => [WrapperLogType, BadInputType, NotFoundType, UnavailableType] as const,
  resolveType,
});
