import { Arg, Ctx, Float, Int, Mutation, Query, Resolver } from "type-graphql";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { PolicyVersionRecord } from "../domain/learningPorts.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";
import type { RequestContext, Services } from "./context.js";
import {
  EntityDeletedResultUnion,
  EntityExportResultUnion,
  EntityResetResultUnion,
  LearnedStateResultUnion,
  PolicyEventsResultUnion,
  PolicyVersionResultUnion,
  ReceiptContentResultUnion,
  ReceiptKeyRotationResultUnion,
} from "./learningTypes.js";
import { fromPolicySpec } from "./policyConverters.js";
import { fromFailure } from "./predictionConverters.js";

/** What operators do with what was learned, and with receipts. */
@Resolver()
export class LearningResolver {
  @Query(() => LearnedStateResultUnion, { description: "As this server knows it: at most a second behind the others." })
  async learnedState(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => String, { nullable: true, description: "Absent: of all." }) entity: string | undefined,
    @Arg("policyVersion", () => Int, { nullable: true, description: "Absent: the current one." })
    policyVersion: number | undefined,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const { learned } = services;
    return typed(
      "LearnedState",
      await learned.learnedState(application, entity ?? undefined, policyVersion ?? undefined),
    );
  }

  @Query(() => PolicyEventsResultUnion, { description: "Of an application's log, from the oldest." })
  async policyEvents(
    @Arg("application", () => String) application: string,
    @Arg("after", () => Float, { defaultValue: 0, description: "Place in the log." }) after: number,
    @Arg("first", () => Int, { defaultValue: 100, description: "1 to 1000." }) first: number,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const found = await services.learned.events(application, after, first);
    if (isFailure(found)) return fromFailure(found);
    const events = found.map(({ content, ...event }) => ({ ...event, content: JSON.stringify(content) }));
    return { __typename: "PolicyEvents", events };
  }

  @Query(() => ReceiptContentResultUnion, {
    description: "What was predicted, by what and for whom. Whoever has a receipt may know.",
  })
  async receiptContent(
    @Arg("receipt", () => String) receipt: string,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return typed("ReceiptContent", await services.explainReceipt(receipt));
  }

  @Query(() => EntityExportResultUnion, {
    description: "All that is kept of an entity's observations and states. Superseded observations are left out.",
  })
  async exportEntity(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => String) entity: string,
    @Arg("after", () => Float, { defaultValue: 0, description: "Place in the log." }) after: number,
    @Arg("first", () => Int, { defaultValue: 1000, description: "Observations, 1 to 1000." }) first: number,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return typed("EntityExport", await services.learned.exportEntity(application, entity, after, first));
  }

  @Mutation(() => PolicyVersionResultUnion, { description: "A frozen version answers, and learns nothing." })
  async freezePolicy(
    @Arg("application", () => String) application: string,
    @Arg("version", () => Int) version: number,
    @Arg("frozen", () => Boolean, { defaultValue: true }) frozen: boolean,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const changed = await services.learned.freezePolicy(application, version, frozen);
    return fromPolicyVersion(changed, application, services);
  }

  @Mutation(() => PolicyVersionResultUnion, {
    description: "A new version of the current policy, with nothing learned. The old one keeps what it has.",
  })
  async resetPolicy(
    @Arg("application", () => String) application: string,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return fromPolicyVersion(await services.learned.resetPolicy(application), application, services);
  }

  @Mutation(() => PolicyVersionResultUnion, {
    description: "A new version with a copy of all that another has learned. Not made current it is a snapshot.",
  })
  async forkPolicy(
    @Arg("application", () => String) application: string,
    @Arg("from", () => Int) from: number,
    @Arg("makeCurrent", () => Boolean, { defaultValue: false }) makeCurrent: boolean,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const forked = await services.learned.forkPolicy(application, from, makeCurrent);
    return fromPolicyVersion(forked, application, services);
  }

  @Mutation(() => PolicyVersionResultUnion, { description: "Makes a version current, with what it has learned." })
  async rollbackPolicy(
    @Arg("application", () => String) application: string,
    @Arg("version", () => Int) version: number,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return fromPolicyVersion(await services.learned.rollbackPolicy(application, version), application, services);
  }

  @Mutation(() => EntityResetResultUnion, {
    description: "The entity begins anew from the population with its next observation. Its observations stay.",
  })
  async resetEntity(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => String) entity: string,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return typed("EntityReset", await services.learned.resetEntity(application, entity));
  }

  @Mutation(() => EntityDeletedResultUnion, {
    description:
      "Forgets an entity for good: observations, predictions, states, and then what all had learned from it.",
  })
  async deleteEntity(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => String) entity: string,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return typed("EntityDeleted", await services.learned.deleteEntity(application, entity));
  }

  @Mutation(() => ReceiptKeyRotationResultUnion, {
    description: "A new key signs from now on; receipts of the one before it are taken, of earlier ones no longer.",
  })
  async rotateReceiptKey(@Ctx() { services }: RequestContext): Promise<object> {
    const keys = await services.rotateReceiptKey();
    if (isFailure(keys)) return fromFailure(keys);
    return { __typename: "ReceiptKeyRotation", keyId: keys[0]?.id, previousKeyId: keys[1]?.id };
  }
}

function typed(name: string, result: object | Failure): object {
  return isFailure(result) ? fromFailure(result) : { ...result, __typename: name };
}

function fromPolicyVersion(
  changed: PolicyVersionRecord | Failure,
  application: string,
  { catalogue }: Services,
): object {
  if (isFailure(changed)) return fromFailure(changed);
  const { version, policy, loss, frozen } = changed;
  const current = catalogue.snapshot.applications.find(({ name }) => name === application)?.policyVersion;
  const fields = { version, current: version === current, loss: loss as LossSpec, frozen };
  return { __typename: "PolicyVersion", ...fields, policy: fromPolicySpec(policy as PolicySpec) };
}
