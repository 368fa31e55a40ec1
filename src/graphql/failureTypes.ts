import { Field, Float, InterfaceType, ObjectType, registerEnumType } from "type-graphql";

export enum FailureCodeEnum {
  BAD_INPUT = "BAD_INPUT",
  NOT_FOUND = "NOT_FOUND",
  OVERLOADED = "OVERLOADED",
  DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED",
  MODEL_UNAVAILABLE = "MODEL_UNAVAILABLE",
  MODEL_BAD_OUTPUT = "MODEL_BAD_OUTPUT",
  STORE_UNAVAILABLE = "STORE_UNAVAILABLE",
  OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN",
  CONFLICT = "CONFLICT",
  INTERNAL = "INTERNAL",
}
registerEnumType(FailureCodeEnum, {
  name: "FailureCode",
  description: "What went wrong, in the same words on every interface. Codes may be added.",
});

@InterfaceType("Failure", {
  description: "A failure that a caller can act on. Kinds may be added: always select `... on Failure`.",
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class FailureInterface {
  @Field(() => String, { description: "Names the field, the value and the remedy." })
  message!: string;

  @Field(() => FailureCodeEnum)
  code!: FailureCodeEnum;

  @Field(() => Boolean, { description: "Whether the same request may succeed later." })
  retryable!: boolean;

  @Field(() => Float, { nullable: true, description: "Milliseconds to wait before trying again, where known." })
  retryAfterMs?: number | undefined;
}

@ObjectType("BadInput", {
  implements: FailureInterface,
  simpleResolvers: true,
  description: "Content that the signature or a limit refuses. Nothing was queued or stored.",
})
export class BadInputType extends FailureInterface {
  @Field(() => [String], {
    nullable: true,
    description: "Where the offending value stands, from the field's arguments down.",
  })
  path?: string[] | undefined;

  @Field(() => String, { nullable: true })
  expected?: string | undefined;

  @Field(() => String, { nullable: true })
  got?: string | undefined;
}

@ObjectType("NotFound", {
  implements: FailureInterface,
  simpleResolvers: true,
  description: "No such application, model, version or receipt.",
})
export class NotFoundType extends FailureInterface {}

@ObjectType("Overloaded", {
  implements: FailureInterface,
  simpleResolvers: true,
  description: "Refused at once, since it could not have been answered in time.",
})
export class OverloadedType extends FailureInterface {}

@ObjectType("Unavailable", {
  implements: FailureInterface,
  simpleResolvers: true,
  description: "A model or the store could not do it; `code` says which and `retryable` whether to try again.",
})
export class UnavailableType extends FailureInterface {}

@ObjectType("Conflict", {
  implements: FailureInterface,
  simpleResolvers: true,
  description: "The same name or key exists with other content, or somebody else has changed it.",
})
export class ConflictType extends FailureInterface {
  @Field(() => String, {
    nullable: true,
    description: "How it is now, where the mutation said how it was expected to be: read it again, then decide.",
  })
  current?: string | undefined;
}
