import { Field, Float, InputType, Int, ObjectType, registerEnumType } from "type-graphql";
import { EXPECTED_REVISION } from "./expectedRevision.js";
import { LossInput, PolicyInput } from "./policyInputs.js";
import { FeedbackInput, FeedbackType, LossType, PolicyType, PolicyVersionType } from "./policyTypes.js";
import { NodeInterface } from "./nodeTypes.js";
import { OutputUnion } from "./predictionTypes.js";
import { ModelType } from "./registryTypes.js";
import { FloatVector, NoParameters } from "./scalars.js";
import { TensorSpecInput, TensorSpecType } from "./tensorTypes.js";

const CONFIDENCE_THRESHOLD =
  "Below this confidence (0 to 1) the default output is given, or without one the answer is marked.";
const COVERAGE =
  "Share of cases, 0.5 to 0.999, in which prediction sets are to hold the truth, from the next prediction on; absent: none are given. Of labels and numbers whose truth is told.";

export enum OutputKindEnum {
  LABEL = "LABEL",
  NUMBER = "NUMBER",
  VECTOR = "VECTOR",
}
registerEnumType(OutputKindEnum, { name: "OutputKind", description: "What an application answers with." });

@ObjectType("OutputSpec", { simpleResolvers: true })
export class OutputSpecType {
  @Field(() => OutputKindEnum)
  kind!: `${OutputKindEnum}`;

  @Field(() => [String], { nullable: true, description: "Of a LABEL output." })
  labels?: readonly string[] | undefined;

  @Field(() => Int, { nullable: true, description: "Numbers in a VECTOR output." })
  size?: number | undefined;
}

@ObjectType("ApplicationLink", { simpleResolvers: true })
export class ApplicationLinkType {
  @Field(() => String)
  model!: string;

  @Field(() => ModelType, { description: "The model itself." })
  linkedModel!: () => ModelType;

  @Field(() => Float, { description: "Relative weight of the model's vote." })
  weight!: number;
}

@ObjectType("Application", {
  simpleResolvers: true,
  implements: NodeInterface,
  description: "What frontends call by name.",
})
export class ApplicationType extends NodeInterface {
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

  @Field(() => PolicyType, { description: "Correction policy." })
  policy!: PolicyType;

  @Field(() => Int, { description: "Of policy and loss: each change of them makes a new one." })
  policyVersion!: number;

  @Field(() => PolicyVersionType, { description: "The version that answers." })
  currentPolicyVersion!: () => PolicyVersionType;

  @Field(() => [PolicyVersionType], {
    description: "The newest 100, oldest first; `policyVersionConnection` has all.",
  })
  policyVersions!: () => readonly PolicyVersionType[];

  @Field(() => LossType)
  loss!: LossType;

  @Field(() => Float, { nullable: true, description: CONFIDENCE_THRESHOLD })
  confidenceThreshold?: number | undefined;

  @Field(() => Float, { nullable: true, description: COVERAGE })
  coverage?: number | undefined;

  @Field(() => FeedbackType)
  feedback!: FeedbackType;

  @Field(() => [ApplicationLinkType])
  models!: readonly ApplicationLinkType[];

  @Field(() => String, { description: "Of all that is above: changes name the one that they were made from." })
  revision!: () => string;
}

@InputType("LabelOutputSpecInput", { description: "Labels to choose from." })
export class LabelOutputSpecInput {
  @Field(() => [String], { description: "2 or more, each once, in the order of the models' scores." })
  labels!: string[];
}

@InputType("VectorOutputSpecInput", { description: "Numbers, always as many." })
export class VectorOutputSpecInput {
  @Field(() => Int, { description: "How many numbers, 1 or more." })
  size!: number;
}

@InputType("OutputSpecInput", { description: "Exactly one kind of answer." })
export class OutputSpecInput {
  @Field(() => LabelOutputSpecInput, { nullable: true, description: "One of its labels." })
  label?: LabelOutputSpecInput;

  @Field(() => NoParameters, { nullable: true, description: "A number." })
  number?: NoParameters;

  @Field(() => VectorOutputSpecInput, { nullable: true, description: "Numbers, always as many." })
  vector?: VectorOutputSpecInput;
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

  @Field(() => PolicyInput, {
    nullable: true,
    description:
      "How feedback weighs the models. Absent: ensemble; static where a model is given a weight; exp3Ix with a reward loss.",
  })
  policy?: PolicyInput | null;

  @Field(() => LossInput, {
    nullable: true,
    description: "Absent: zeroOne for labels, squared with range 1 for numbers.",
  })
  loss?: LossInput | null;

  @Field(() => Float, { nullable: true, description: CONFIDENCE_THRESHOLD })
  confidenceThreshold?: number | null;

  @Field(() => Float, { nullable: true, description: COVERAGE })
  coverage?: number | null;

  @Field(() => FeedbackInput, { nullable: true })
  feedback?: FeedbackInput | null;

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

  @Field(() => PolicyInput, {
    nullable: true,
    description: "Another one than now makes a new policy version, with nothing learned; earlier ones stay.",
  })
  policy?: PolicyInput | null;

  @Field(() => LossInput, { nullable: true, description: "Another one than now makes a new policy version." })
  loss?: LossInput | null;

  @Field(() => Float, { nullable: true, description: `${CONFIDENCE_THRESHOLD} null removes it.` })
  confidenceThreshold?: number | null;

  @Field(() => Float, { nullable: true, description: `${COVERAGE} null removes it.` })
  coverage?: number | null;

  @Field(() => FeedbackInput, { nullable: true, description: "null in it takes a value back." })
  feedback?: FeedbackInput | null;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("LinkModelInput")
export class LinkModelInput {
  @Field(() => String)
  application!: string;

  @Field(() => String)
  model!: string;

  @Field(() => Float, { nullable: true, description: "Relative weight of its vote, above 0; 1 if absent." })
  weight?: number | null;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("UnlinkModelInput")
export class UnlinkModelInput {
  @Field(() => String)
  application!: string;

  @Field(() => String)
  model!: string;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("DeleteApplicationInput")
export class DeleteApplicationInput {
  @Field(() => String)
  name!: string;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

export const ONE_OF_APPLICATION_INPUTS = ["OutputInput", "OutputSpecInput"] as const;
