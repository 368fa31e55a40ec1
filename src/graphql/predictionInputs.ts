import { Field, Float, ID, InputType, Int, registerEnumType } from "type-graphql";
import type { Priority } from "../domain/application.js";
import { DATATYPES } from "../domain/tensor.js";
import type { Datatype } from "../domain/tensor.js";
import { Base64, FloatVector } from "./scalars.js";

export const DatatypeEnum = Object.fromEntries(DATATYPES.map((name) => [name, name])) as Record<Datatype, Datatype>;
registerEnumType(DatatypeEnum, {
  name: "Datatype",
  description: "Datatypes of the Open Inference Protocol. BYTES is text.",
});

@InputType("TensorDataInput", { description: "Exactly one encoding of a tensor's elements." })
export class TensorDataInput {
  @Field(() => FloatVector, { nullable: true })
  values?: unknown;

  @Field(() => Base64, { nullable: true })
  base64?: string;

  @Field(() => [String], { nullable: true, description: "The elements of a BYTES tensor." })
  strings?: string[];
}

@InputType("NamedTensorInput", { description: "One tensor of an input that has several." })
export class NamedTensorInput {
  @Field(() => String)
  name!: string;

  @Field(() => DatatypeEnum)
  datatype!: Datatype;

  @Field(() => [Int], { description: "Shape of one row, without the batch." })
  shape!: number[];

  @Field(() => TensorDataInput)
  data!: TensorDataInput;
}

@InputType("TensorInput", { description: "Exactly one encoding of one input (or several named tensors)." })
export class TensorInput {
  @Field(() => FloatVector, { nullable: true })
  values?: unknown;

  @Field(() => Base64, { nullable: true })
  base64?: string;

  @Field(() => String, { nullable: true, description: "For an application whose input is one string." })
  text?: string;

  @Field(() => [NamedTensorInput], { nullable: true })
  tensors?: NamedTensorInput[];
}

export const PriorityEnum: { readonly [P in Priority]: P } = { INTERACTIVE: "INTERACTIVE", BULK: "BULK" };
registerEnumType(PriorityEnum, {
  name: "Priority",
  valuesConfig: {
    INTERACTIVE: { description: "Somebody waits: answered within the application's sloMs." },
    BULK: { description: "Gives way to interactive queries, but never for ever: answered within bulkDeadlineMs." },
  },
});

@InputType("PredictInput")
export class PredictInput {
  @Field(() => String)
  application!: string;

  @Field(() => TensorInput)
  input!: TensorInput;

  @Field(() => ID, { nullable: true, description: "Whom the prediction is for; absent: the population." })
  entity?: string | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "Milliseconds from arrival within which the answer is needed; at most the application's sloMs counts, for BULK its bulkDeadlineMs.",
  })
  deadlineMs?: number | null;

  @Field(() => PriorityEnum, { nullable: true, description: "INTERACTIVE if absent." })
  priority?: Priority | null;

  @Field(() => Boolean, { nullable: true, description: "Whether `explanation` is wanted. Default false." })
  explain?: boolean | null;

  @Field(() => Float, {
    nullable: true,
    description:
      "What was observed up to here (Observation.stateSeq) is to count, on whichever server: it is waited for, at most half of the query's time.",
  })
  minStateSeq?: number | null;
}

@InputType("PredictManyInput")
export class PredictManyInput {
  @Field(() => String)
  application!: string;

  @Field(() => [TensorInput], { description: "At most 1,000." })
  inputs!: TensorInput[];

  @Field(() => ID, { nullable: true })
  entity?: string | null;

  @Field(() => Float, { nullable: true })
  deadlineMs?: number | null;

  @Field(() => PriorityEnum, { nullable: true, description: "INTERACTIVE if absent." })
  priority?: Priority | null;

  @Field(() => Boolean, { nullable: true })
  explain?: boolean | null;

  @Field(() => Float, { nullable: true })
  minStateSeq?: number | null;
}

@InputType("TruthInput", {
  description: "What turned out to be true, in the kind of the application's output; or how good the answer was.",
})
export class TruthInput {
  @Field(() => String, { nullable: true })
  label?: string;

  @Field(() => Int, {
    nullable: true,
    description: "A label by its place among the application's labels, from 0; of two, false is 0 and true is 1.",
  })
  classCode?: number;

  @Field(() => Float, { nullable: true })
  number?: number;

  @Field(() => FloatVector, { nullable: true })
  vector?: unknown;

  @Field(() => Float, { nullable: true, description: "Within the range of the application's REWARD loss." })
  reward?: number;
}

@InputType("ExampleInput", { description: "An input whose truth is known, without a prediction: it is evaluated now." })
export class ExampleInput {
  @Field(() => String)
  application!: string;

  @Field(() => TensorInput)
  input!: TensorInput;

  @Field(() => ID, { nullable: true })
  entity?: string | null;
}

@InputType("ObserveTargetInput", { description: "Exactly one of what can be observed." })
export class ObserveTargetInput {
  @Field(() => String, { nullable: true, description: "The prediction's receipt." })
  receipt?: string;

  @Field(() => ExampleInput, { nullable: true, description: "Needs a `key`, and a truth that is no reward." })
  example?: ExampleInput;
}

@InputType("ObserveInput", { description: "What turned out to be true, and of what." })
export class ObserveInput {
  @Field(() => ObserveTargetInput, { description: "A prediction, by its receipt, or an example." })
  of!: ObserveTargetInput;

  @Field(() => TruthInput)
  truth!: TruthInput;

  @Field(() => String, {
    nullable: true,
    description: "Tells several observations of one prediction apart. Sent twice with one key it counts once.",
  })
  key?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The key of an earlier observation of the same prediction that this one corrects (empty for one without): it no longer counts.",
  })
  supersedes?: string | null;
}

@InputType("ObserveManyInput")
export class ObserveManyInput {
  @Field(() => [ObserveInput], { description: "At most 1,000." })
  observations!: ObserveInput[];
}

@InputType("ActivateInput")
export class ActivateInput {
  @Field(() => String)
  receipt!: string;
}

@InputType("ActivateManyInput")
export class ActivateManyInput {
  @Field(() => [String], { description: "Predictions' receipts, at most 1,000." })
  receipts!: string[];
}

/** `buildGraphqlSchema` makes them `@oneOf`. */
export const ONE_OF_INPUTS = ["TensorInput", "TensorDataInput", "TruthInput", "ObserveTargetInput"] as const;
