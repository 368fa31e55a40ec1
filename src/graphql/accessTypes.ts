import {
  createUnionType,
  Field,
  Float,
  GraphQLISODateTime,
  ID,
  InputType,
  ObjectType,
  registerEnumType,
} from "type-graphql";
import type { Scope } from "../domain/access.js";
import { BadInputType, ConflictType, NotFoundType, UnavailableType } from "./failureTypes.js";
import { connectionOf } from "./connectionTypes.js";

export enum ScopeEnum {
  PREDICT = "PREDICT",
  OBSERVE = "OBSERVE",
  READ = "READ",
  METRICS = "METRICS",
  ADMIN = "ADMIN",
}
registerEnumType(ScopeEnum, {
  name: "Scope",
  description: "What a key may be used for. None includes another.",
  valuesConfig: {
    PREDICT: { description: "To predict." },
    OBSERVE: { description: "To observe." },
    READ: { description: "To see applications, models, and what was learned." },
    METRICS: { description: "To follow metrics, over a subscription or at /metrics." },
    ADMIN: { description: "To change applications, models and keys, to export entities, and to ask for the schema." },
  },
});

@ObjectType("ApiKey", { simpleResolvers: true, description: "Without its secret, which is kept nowhere." })
export class ApiKeyType {
  @Field(() => ID, { description: "The part of the key's text that is no secret." })
  id!: string;

  @Field(() => String, { description: "Of the client whose it is." })
  name!: string;

  @Field(() => [ScopeEnum])
  scopes!: readonly Scope[];

  @Field(() => [String], { nullable: true, description: "Those that it sees; null: all, those to come too." })
  applications?: readonly string[] | undefined;

  @Field(() => Float, {
    nullable: true,
    description: "Rows that it may ask for, a second and server: of predictions, of observations, and of other fields.",
  })
  rowsPerSecond?: number | undefined;

  @Field(() => GraphQLISODateTime)
  createdAt!: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt?: Date | undefined;

  @Field(() => GraphQLISODateTime, { nullable: true })
  revokedAt?: Date | undefined;

  @Field(() => GraphQLISODateTime, { nullable: true, description: "Noted once a minute; null: never." })
  lastUsedAt?: Date | undefined;
}

@InputType("CreateApiKeyInput")
export class CreateApiKeyInput {
  @Field(() => String, {
    description: "Of the client whose it is: two keys of one name may be active, so that they can be exchanged.",
  })
  name!: string;

  @Field(() => [ScopeEnum])
  scopes!: Scope[];

  @Field(() => [String], { nullable: true, description: "Names, also of applications to come; null: all." })
  applications?: string[] | null;

  @Field(() => Float, { nullable: true, description: "Null: no limit. Up to one second's rows may come at once." })
  rowsPerSecond?: number | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  expiresAt?: Date | null;
}

@ObjectType("ApiKeyCreated", { simpleResolvers: true })
export class ApiKeyCreatedType {
  @Field(() => ApiKeyType)
  apiKey!: ApiKeyType;

  @Field(() => String, { description: "The key itself. Shown here and never again." })
  text!: string;
}

const resolveType = (value: unknown): string => (value as { __typename: string }).__typename;

export const CreateApiKeyResultUnion = createUnionType({
  name: "CreateApiKeyResult",
  types: () => [ApiKeyCreatedType, BadInputType, ConflictType, UnavailableType] as const,
  resolveType,
});

export const RevokeApiKeyResultUnion = createUnionType({
  name: "RevokeApiKeyResult",
  types: () => [ApiKeyType, BadInputType, NotFoundType, ConflictType, UnavailableType] as const,
  resolveType,
});

@InputType("RevokeApiKeyInput")
export class RevokeApiKeyInput {
  @Field(() => ID, { description: "`ApiKey.id`." })
  id!: string;
}

export const ApiKeyConnectionType = connectionOf("ApiKey", () => ApiKeyType);

@ObjectType("AuditEntry", {
  simpleResolvers: true,
  description: "One change by an administrator, or an attempt at one. Inputs and secrets are no part of it.",
})
export class AuditEntryType {
  @Field(() => Float, { description: "From 1, without gaps." })
  seq!: number;

  @Field(() => GraphQLISODateTime)
  at!: Date;

  @Field(() => String, { nullable: true, description: "Of the API key, or issuer and subject; null: access was open." })
  keyId?: string | undefined;

  @Field(() => String, { description: "Network address that it came from." })
  address!: string;

  @Field(() => String, { description: "The mutation." })
  action!: string;

  @Field(() => String, { nullable: true, description: "Name of the application, model or key that it was about." })
  target?: string | undefined;

  @Field(() => String, { description: "OK, or the code of the failure." })
  outcome!: string;

  @Field(() => String, {
    description: "SHA-256 over the entry before it and this one's content, in hexadecimal digits.",
  })
  hash!: string;
}

const AuditEntryConnectionType = connectionOf("AuditEntry", () => AuditEntryType);

export const AuditLogResultUnion = createUnionType({
  name: "AuditLogResult",
  types: () => [AuditEntryConnectionType, UnavailableType] as const,
  resolveType,
});

@ObjectType("AuditVerification", { simpleResolvers: true, description: "Whether the audit log is as it was written." })
export class AuditVerificationType {
  @Field(() => Boolean)
  intact!: boolean;

  @Field(() => Float, { nullable: true, description: "Place of the first entry that is not; null: all are." })
  firstTampered?: number | undefined;

  @Field(() => String, { nullable: true })
  problem?: string | undefined;

  @Field(() => Float, { nullable: true, description: "Entries, where all are as they were written." })
  entries?: number | undefined;

  @Field(() => String, {
    nullable: true,
    description: "Hash of the last entry: kept elsewhere, it shows later that nothing before it was rewritten.",
  })
  hash?: string | undefined;
}

export const AuditVerificationResultUnion = createUnionType({
  name: "AuditVerificationResult",
  types: () => [AuditVerificationType, UnavailableType] as const,
  resolveType,
});
