import { Field, ID, InputType, Int } from "type-graphql";
import { EXPECTED_REVISION } from "./expectedRevision.js";

/** What is to be done with what was learned. */

@InputType("FreezePolicyInput")
export class FreezePolicyInput {
  @Field(() => String)
  application!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => Boolean, { defaultValue: true, description: "False lets it learn again." })
  frozen!: boolean;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("ResetPolicyInput")
export class ResetPolicyInput {
  @Field(() => String)
  application!: string;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("ForkPolicyInput")
export class ForkPolicyInput {
  @Field(() => String)
  application!: string;

  @Field(() => Int, { description: "The version that is copied." })
  from!: number;

  @Field(() => Boolean, { defaultValue: false, description: "Whether the copy answers from now on." })
  makeCurrent!: boolean;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("RollbackPolicyInput")
export class RollbackPolicyInput {
  @Field(() => String)
  application!: string;

  @Field(() => Int)
  version!: number;

  @Field(() => String, { nullable: true, description: EXPECTED_REVISION })
  expectedRevision?: string | null;
}

@InputType("ResetEntityInput")
export class ResetEntityInput {
  @Field(() => String)
  application!: string;

  @Field(() => ID, { description: "Whom it is about, 1 to 128 characters." })
  entity!: string;
}

@InputType("DeleteEntityInput")
export class DeleteEntityInput {
  @Field(() => String)
  application!: string;

  @Field(() => ID, { description: "Whom it is about, 1 to 128 characters." })
  entity!: string;
}

@InputType("RotateReceiptKeyInput")
export class RotateReceiptKeyInput {
  @Field(() => Int, {
    nullable: true,
    description:
      "`ReceiptKeyRotation.keyId` as it was read: if another key signs by now nothing changes, and the answer is a Conflict. Absent: whichever it is.",
  })
  expectedKeyId?: number | null;
}
