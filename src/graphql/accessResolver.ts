import { Arg, Ctx, Int, Mutation, Query, Resolver } from "type-graphql";
import { isFailure } from "../domain/failure.js";
import { fromApiKey, fromAuditEntry, fromChainCheck, toRequestedKey } from "./accessConverters.js";
import {
  ApiKeyConnectionType,
  AuditLogResultUnion,
  AuditVerificationResultUnion,
  CreateApiKeyInput,
  CreateApiKeyResultUnion,
  RevokeApiKeyInput,
  RevokeApiKeyResultUnion,
} from "./accessTypes.js";
import { pageByName, pageDownFrom } from "./connection.js";
import type { RequestContext } from "./context.js";
import { fromFailure, typed } from "./predictionConverters.js";

/** Who may do what, and who did what. */
@Resolver()
export class AccessResolver {
  @Query(() => ApiKeyConnectionType, { description: "By id, revoked and expired ones too." })
  apiKeys(
    @Arg("first", () => Int, { defaultValue: 20, description: "1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | undefined,
    @Ctx() { services }: RequestContext,
  ): object {
    const keys = services.access.keys().map((key) => ({ name: key.id, key }));
    const { edges, pageInfo } = pageByName({ of: "ApiKey", first, after }, keys, ({ name }) => name);
    return { edges: edges.map(({ node, cursor }) => ({ node: fromApiKey(node.key), cursor })), pageInfo };
  }

  @Mutation(() => CreateApiKeyResultUnion, {
    description: "The first key closes access for all who have none, so it must be an administrator's.",
  })
  async createApiKey(
    @Arg("input", () => CreateApiKeyInput) input: CreateApiKeyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const created = await services.access.createKey(toRequestedKey(input));
    if (isFailure(created)) return fromFailure(created);
    return { __typename: "ApiKeyCreated", apiKey: fromApiKey(created.key), text: created.text };
  }

  @Mutation(() => RevokeApiKeyResultUnion, {
    description: "In force on all servers within five seconds. The last key that may make keys is a Conflict.",
  })
  async revokeApiKey(
    @Arg("input", () => RevokeApiKeyInput) { id }: RevokeApiKeyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const revoked = await services.access.revokeKey(id);
    return isFailure(revoked) ? fromFailure(revoked) : fromApiKey(revoked);
  }

  @Query(() => AuditLogResultUnion, { description: "What administrators changed or tried to, newest first." })
  async auditLog(
    @Arg("first", () => Int, { defaultValue: 20, description: "1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | undefined,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const read = (seq: number, count: number) => services.audit.before(seq, count);
    return typed("AuditEntryConnection", await pageDownFrom({ of: "AuditEntry", first, after }, read, fromAuditEntry));
  }

  @Query(() => AuditVerificationResultUnion, { description: "Reads the whole audit log." })
  async verifyAuditLog(@Ctx() { services }: RequestContext): Promise<object> {
    const found = await services.audit.verify();
    return typed("AuditVerification", isFailure(found) ? found : fromChainCheck(found));
  }
}
