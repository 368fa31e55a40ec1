import { Arg, Ctx, Int, Mutation, Query, Resolver } from "type-graphql";
import type { Application } from "../domain/application.js";
import { sees } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { ChangedModelVersion, Stored } from "../domain/storePorts.js";
import { seesModel } from "./accessFields.js";
import { pageByName } from "./connection.js";
import type { RequestContext, Services } from "./context.js";
import { toModelSettingsPatch } from "./modelSettingsConverters.js";
import { ConfigureModelInput } from "./modelSettingsTypes.js";
import { fromRefusedInput } from "./predictionConverters.js";
import {
  DEFAULT_WEIGHT,
  fromApplication,
  fromModel,
  fromModelVersion,
  fromStored,
  toNewApplication,
  toApplicationPatch,
  toNewModelVersion,
} from "./registryConverters.js";
import {
  ApplicationType,
  CreateApplicationInput,
  DeleteApplicationInput,
  LinkModelInput,
  UnlinkModelInput,
  UpdateApplicationInput,
} from "./applicationTypes.js";
import {
  ApplicationConnectionType,
  ApplicationResultUnion,
  InvalidateCacheInput,
  ModelConnectionType,
  ModelResultUnion,
  ModelType,
  ModelVersionResultUnion,
  RegisterModelVersionInput,
  RemoveModelVersionInput,
  SetCurrentVersionInput,
} from "./registryTypes.js";

@Resolver()
export class RegistryResolver {
  @Query(() => ApplicationType, {
    nullable: true,
    description: "Null: there is none of this name, or the key does not see it.",
  })
  application(@Arg("name", () => String) name: string, @Ctx() { services }: RequestContext): object | undefined {
    // As the registry has it, like `applications`: what is served leaves out models that do not fit.
    const found = services.catalogue.snapshot.applications.find((candidate) => candidate.name === name);
    return found === undefined ? undefined : fromApplication(found, services.catalogue.snapshot);
  }

  @Query(() => ApplicationConnectionType, { description: "By name." })
  applications(
    @Arg("first", () => Int, { defaultValue: 20, description: "1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | undefined,
    @Ctx() { services, access }: RequestContext,
  ): object {
    const { snapshot } = services.catalogue;
    const seen = snapshot.applications.filter(({ name }) => sees(access, name));
    const { edges, pageInfo } = pageByName({ of: "Application", first, after }, seen, ({ name }) => name);
    return { edges: edges.map(({ node, cursor }) => ({ node: fromApplication(node, snapshot), cursor })), pageInfo };
  }

  @Query(() => ModelType, {
    nullable: true,
    description: "Null: there is none of this name, or the key sees no application that it is linked to.",
  })
  model(@Arg("name", () => String) name: string, @Ctx() { services, access }: RequestContext): object | undefined {
    const { snapshot } = services.catalogue;
    const model = snapshot.models.find((candidate) => candidate.name === name);
    return model === undefined ? undefined : fromModel(model, snapshot, services.versions, access);
  }

  @Query(() => ModelConnectionType, { description: "By name." })
  models(
    @Arg("first", () => Int, { defaultValue: 20, description: "1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | undefined,
    @Ctx() { services, access }: RequestContext,
  ): object {
    const { snapshot } = services.catalogue;
    const seen = snapshot.models.filter(({ name }) => seesModel(access, snapshot, name));
    const { edges, pageInfo } = pageByName({ of: "Model", first, after }, seen, ({ name }) => name);
    const convert = (node: (typeof edges)[number]["node"]) => fromModel(node, snapshot, services.versions, access);
    return { edges: edges.map(({ node, cursor }) => ({ node: convert(node), cursor })), pageInfo };
  }

  @Mutation(() => ApplicationResultUnion, {
    description: "The same name with the same content again changes nothing; with other content it is a Conflict.",
  })
  async createApplication(
    @Arg("input", () => CreateApplicationInput) input: CreateApplicationInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const application = toNewApplication(input);
    if (isFailure(application)) return fromRefusedInput(application);
    return fromChanged(await services.administration.createApplication(application), services);
  }

  @Mutation(() => ApplicationResultUnion)
  async updateApplication(
    @Arg("input", () => UpdateApplicationInput) input: UpdateApplicationInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const patch = toApplicationPatch(input);
    if (isFailure(patch)) return fromRefusedInput(patch);
    const expected = input.expectedRevision ?? undefined;
    return fromChanged(await services.administration.updateApplication(input.name, patch, expected), services);
  }

  @Mutation(() => ApplicationResultUnion, { description: "Its links go with it; its feedback log stays." })
  async deleteApplication(
    @Arg("input", () => DeleteApplicationInput) { name, expectedRevision }: DeleteApplicationInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const deleted = await services.administration.deleteApplication(name, expectedRevision ?? undefined);
    return fromChanged(deleted, services);
  }

  @Mutation(() => ModelVersionResultUnion, {
    description: "A version's signature never changes: the same version with another one is a Conflict.",
  })
  async registerModelVersion(
    @Arg("input", () => RegisterModelVersionInput) input: RegisterModelVersionInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const version = toNewModelVersion(input);
    if (isFailure(version)) return fromRefusedInput(version);
    const expected = input.expectedRevision ?? undefined;
    return fromVersion(await services.administration.registerModelVersion(version, expected), services);
  }

  @Mutation(() => ModelVersionResultUnion, { description: "Forward to a new version or back to an old one." })
  async setCurrentVersion(
    @Arg("input", () => SetCurrentVersionInput) { model, version, expectedRevision }: SetCurrentVersionInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const stored = await services.administration.setCurrentVersion(model, version, expectedRevision ?? undefined);
    return fromVersion(stored, services);
  }

  @Mutation(() => ModelResultUnion, {
    description: "Changes how a model is batched and cached, for all its versions and on all servers at once.",
  })
  async configureModel(
    @Arg("input", () => ConfigureModelInput) input: ConfigureModelInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const patch = toModelSettingsPatch(input);
    if (isFailure(patch)) return fromRefusedInput(patch);
    const expected = input.expectedRevision ?? undefined;
    const stored = await services.administration.configureModel(input.model, patch, expected);
    return fromStored(stored, (model) => fromModel(model, services.catalogue.snapshot, services.versions));
  }

  @Mutation(() => ModelResultUnion, {
    description:
      "All servers forget what they have cached of the model's outputs; rows already asked for still answer.",
  })
  async invalidateCache(
    @Arg("input", () => InvalidateCacheInput) { model: name }: InvalidateCacheInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const stored = await services.administration.invalidateCache(name);
    return fromStored(stored, (model) => fromModel(model, services.catalogue.snapshot, services.versions));
  }

  @Mutation(() => ModelResultUnion, {
    description:
      "Its replicas are let go once they have answered what they were asked. The current one is a Conflict, but for a model's last version that no application asks: with that the model is removed, and what is answered is how it was.",
  })
  async removeModelVersion(
    @Arg("input", () => RemoveModelVersionInput) { model: name, version, expectedRevision }: RemoveModelVersionInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const { administration, catalogue, versions } = services;
    const before = catalogue.snapshot;
    const stored = await administration.removeModelVersion(name, version, expectedRevision ?? undefined);
    return fromStored(stored, (model) => {
      const isThere = catalogue.snapshot.models.some((each) => each.name === name);
      return fromModel(model, isThere ? catalogue.snapshot : before, versions);
    });
  }

  @Mutation(() => ApplicationResultUnion, { description: "A link that exists gets the new weight." })
  async linkModel(
    @Arg("input", () => LinkModelInput) { application, model, weight, expectedRevision }: LinkModelInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const link = { model, weight: weight ?? DEFAULT_WEIGHT };
    const linked = await services.administration.linkModel(application, link, expectedRevision ?? undefined);
    return fromChanged(linked, services);
  }

  @Mutation(() => ApplicationResultUnion)
  async unlinkModel(
    @Arg("input", () => UnlinkModelInput) { application, model, expectedRevision }: UnlinkModelInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const unlinked = await services.administration.unlinkModel(application, model, expectedRevision ?? undefined);
    return fromChanged(unlinked, services);
  }
}

function fromChanged(stored: Stored<Application>, { catalogue }: Services): object {
  return fromStored(stored, (application) => fromApplication(application, catalogue.snapshot));
}

function fromVersion(stored: Stored<ChangedModelVersion>, { versions }: Services): object {
  return fromStored(stored, (version) => fromModelVersion(version, version.modelNow, versions));
}
