import { Arg, Ctx, Float, ID, Int, Mutation, Query, Resolver } from "type-graphql";
import { sees } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { ChangedPolicyVersion } from "../domain/learningPorts.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";
import { gone } from "../serving/receiptProblems.js";
import type { RequestContext, Services } from "./context.js";
import {
  DeleteEntityInput,
  ForkPolicyInput,
  FreezePolicyInput,
  ResetEntityInput,
  ResetPolicyInput,
  RollbackPolicyInput,
  RotateReceiptKeyInput,
} from "./learningInputs.js";
import {
  EntityDeletedResultUnion,
  EntityExportResultUnion,
  EntityResetResultUnion,
  LearnedStateResultUnion,
  PolicyVersionResultUnion,
  ReceiptContentResultUnion,
  ReceiptKeyRotationResultUnion,
} from "./learningTypes.js";
import { fromFailure, fromRefusedInput, typed } from "./predictionConverters.js";
import { fromPolicyVersion as fromVersion } from "./registryConverters.js";

/** What operators do with what was learned, and with receipts. */
@Resolver()
export class LearningResolver {
  @Query(() => LearnedStateResultUnion, { description: "As this server knows it: at most a second behind the others." })
  async learnedState(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => ID, { nullable: true, description: "Absent: of all." }) entity: string | undefined,
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

  @Query(() => ReceiptContentResultUnion, {
    description: "What was predicted, by what and for whom. Whoever has a receipt, and sees its application, may know.",
  })
  async receiptContent(
    @Arg("receipt", () => String) receipt: string,
    @Ctx() { services, access }: RequestContext,
  ): Promise<object> {
    const isSeen = (application: string): boolean => sees(access, application);
    const content = await services.explainReceipt(receipt, isSeen);
    if (isFailure(content)) return fromFailure(content);
    return { __typename: "ReceiptContent", ...content, predictedAt: new Date(content.predictedAtMs) };
  }

  @Query(() => EntityExportResultUnion, {
    description: "All that is kept of an entity: observations, corrected ones too, logged predictions, and states.",
  })
  async exportEntity(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => ID, { description: "Whom it is about, 1 to 128 characters." }) entity: string,
    @Arg("after", () => Float, { defaultValue: 0, description: "Place in the log." }) after: number,
    @Arg("first", () => Int, { defaultValue: 1000, description: "Observations, and predictions: 1 to 1000." })
    first: number,
    @Arg("afterPrediction", () => String, { nullable: true, description: "As `endPrediction` of the page before." })
    afterPrediction: string | undefined,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const request = { application, entity, afterSeq: after, afterPrediction: afterPrediction ?? undefined, first };
    return typed("EntityExport", await services.learned.exportEntity(request));
  }

  @Mutation(() => PolicyVersionResultUnion, { description: "A frozen version answers, and learns nothing." })
  async freezePolicy(
    @Arg("input", () => FreezePolicyInput) { application, version, frozen, expectedRevision }: FreezePolicyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const changed = await services.learned.freezePolicy(application, version, frozen, expectedRevision ?? undefined);
    return fromPolicyVersion(changed, application, services);
  }

  @Mutation(() => PolicyVersionResultUnion, {
    description: "A new version of the current policy, with nothing learned. The old one keeps what it has.",
  })
  async resetPolicy(
    @Arg("input", () => ResetPolicyInput) { application, expectedRevision }: ResetPolicyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const reset = await services.learned.resetPolicy(application, expectedRevision ?? undefined);
    return fromPolicyVersion(reset, application, services);
  }

  @Mutation(() => PolicyVersionResultUnion, {
    description: "A new version with a copy of all that another has learned. Not made current it is a snapshot.",
  })
  async forkPolicy(
    @Arg("input", () => ForkPolicyInput) { application, from, makeCurrent, expectedRevision }: ForkPolicyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const forked = await services.learned.forkPolicy(application, from, makeCurrent, expectedRevision ?? undefined);
    return fromPolicyVersion(forked, application, services);
  }

  @Mutation(() => PolicyVersionResultUnion, { description: "Makes a version current, with what it has learned." })
  async rollbackPolicy(
    @Arg("input", () => RollbackPolicyInput) { application, version, expectedRevision }: RollbackPolicyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const rolled = await services.learned.rollbackPolicy(application, version, expectedRevision ?? undefined);
    return fromPolicyVersion(rolled, application, services);
  }

  @Mutation(() => EntityResetResultUnion, {
    description: "The entity begins anew from the population with its next observation. Its observations stay.",
  })
  async resetEntity(
    @Arg("input", () => ResetEntityInput) { application, entity }: ResetEntityInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const reset = await services.learned.resetEntity(application, entity);
    return isFailure(reset) ? fromRefusedInput(reset) : typed("EntityReset", reset);
  }

  @Mutation(() => EntityDeletedResultUnion, {
    description:
      "Forgets an entity for good: observations, predictions, states, and then what all had learned from it.",
  })
  async deleteEntity(
    @Arg("input", () => DeleteEntityInput) { application, entity }: DeleteEntityInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const deleted = await services.learned.deleteEntity(application, entity);
    return isFailure(deleted) ? fromRefusedInput(deleted) : typed("EntityDeleted", deleted);
  }

  @Mutation(() => ReceiptKeyRotationResultUnion, {
    description: "A new key signs from now on; receipts of the one before it are taken, of earlier ones no longer.",
  })
  async rotateReceiptKey(
    @Arg("input", () => RotateReceiptKeyInput) { expectedKeyId }: RotateReceiptKeyInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const keys = await services.rotateReceiptKey(expectedKeyId ?? undefined);
    if (isFailure(keys)) return fromFailure(keys);
    return { __typename: "ReceiptKeyRotation", keyId: keys[0]?.id, previousKeyId: keys[1]?.id };
  }
}

function fromPolicyVersion(
  changed: ChangedPolicyVersion | Failure,
  application: string,
  { catalogue }: Services,
): object {
  if (isFailure(changed)) return fromRefusedInput(changed);
  const { policy, loss } = changed;
  const { snapshot } = catalogue;
  const of = snapshot.applications.find(({ name }) => name === application);
  if (of === undefined) return fromFailure(gone(application));
  const version = { ...changed, application, policy: policy as PolicySpec, loss: loss as LossSpec };
  return fromVersion(version, of, snapshot);
}
