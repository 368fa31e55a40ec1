import { Field, InputType, Int, ObjectType } from "type-graphql";
import type { Datatype } from "../domain/tensor.js";
import { DatatypeEnum } from "./predictionInputs.js";

@ObjectType("TensorSpec", { simpleResolvers: true })
export class TensorSpecType {
  @Field(() => String)
  name!: string;

  @Field(() => DatatypeEnum)
  datatype!: Datatype;

  @Field(() => [Int], { description: "Shape of one row, without the batch." })
  shape!: readonly number[];
}

@InputType("TensorSpecInput")
export class TensorSpecInput {
  @Field(() => String)
  name!: string;

  @Field(() => DatatypeEnum)
  datatype!: Datatype;

  @Field(() => [Int], { description: "Shape of one row, without the batch; [] is one element." })
  shape!: number[];
}

@InputType("SignatureInput", { description: "What a model takes and gives." })
export class SignatureInput {
  @Field(() => [TensorSpecInput])
  inputs!: TensorSpecInput[];

  @Field(() => [TensorSpecInput])
  outputs!: TensorSpecInput[];
}
