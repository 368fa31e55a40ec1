import { Arg, Ctx, Float, ID, Int, Mutation, Query, Resolver, Root, Subscription } from "type-graphql";
import type { DeploymentRequest } from "../deploying/deploymentRequest.js";
import type { DeploymentView } from "../deploying/deploymentView.js";
import { badInput, failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { pageDownFrom } from "./connection.js";
import type { RequestContext } from "./context.js";
import { fromVersionLog, fromView } from "./deploymentConverters.js";
import { refusedAs } from "./followTargets.js";
import {
  DeploymentResultUnion,
  DeploymentsResultUnion,
  DeploymentType,
  DeployModelInput,
  PruneDeploymentsInput,
  PruneDeploymentsResultUnion,
  SetReplicasInput,
  UndeployModelInput,
  WrapperLogResultUnion,
} from "./deploymentTypes.js";
import { fromFailure, fromRefusedInput, typed } from "./predictionConverters.js";

const MAX_LINES = 1000;

/** Saved models that servers run. */
@Resolver()
export class DeploymentResolver {
  @Mutation(() => DeploymentResultUnion, {
    description:
      "Begins to run a saved model. Its version becomes current when all replicas are ready and warmed up; if it fails, what served before serves on. Follow it with `deployment` or `deployments`. The same again is the one that runs.",
  })
  async deployModel(
    @Arg("input", () => DeployModelInput) input: DeployModelInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    return fromChanged(await services.deployments.deploy(toRequest(input)));
  }

  @Mutation(() => DeploymentResultUnion, {
    description: "Ends a version's wrappers on this server. The version stays registered, and can be deployed again.",
  })
  async undeployModel(
    @Arg("input", () => UndeployModelInput) { model, version, force, expectedRevision }: UndeployModelInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const named = { model, version: version ?? undefined };
    return fromChanged(await services.deployments.undeploy(named, force ?? false, expectedRevision ?? undefined));
  }

  @Mutation(() => DeploymentResultUnion, {
    description: "How many processes serve a version on this server. Those that go answer what they were asked first.",
  })
  async setReplicas(
    @Arg("input", () => SetReplicasInput) { model, version, replicas, expectedReplicas }: SetReplicasInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const named = { model, version: version ?? undefined };
    return fromChanged(await services.deployments.setReplicas(named, replicas, expectedReplicas ?? undefined));
  }

  @Mutation(() => PruneDeploymentsResultUnion, {
    description:
      "Removes saved models and Python environments that nothing on this server runs from. One that is needed again is brought, or made, again.",
  })
  async pruneDeployments(
    @Arg("input", () => PruneDeploymentsInput) { unusedDays }: PruneDeploymentsInput,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const pruned = await services.deployments.prune(unusedDays ?? 7);
    if (isFailure(pruned)) return fromRefusedInput(pruned);
    const { artefacts, environments } = pruned;
    return { __typename: "PrunedDeployments", artifacts: artefacts, environments };
  }

  @Query(() => DeploymentResultUnion, { description: "As it is now; of another server, as the database has it." })
  async deployment(
    @Arg("id", () => ID, { description: "`Deployment.id`." }) id: string,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const seq = seqOf(id);
    const found = seq === undefined ? undefined : await services.deployments.find(seq);
    return fromDeployment(found ?? noDeployment(id));
  }

  @Query(() => DeploymentsResultUnion, { description: "Of all servers, those that ended too, newest first." })
  async deployments(
    @Arg("first", () => Int, { defaultValue: 20, description: "1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true }) after: string | undefined,
    @Arg("model", () => String, { nullable: true, description: "Absent: of all." }) model: string | undefined,
    @Ctx() { services }: RequestContext,
  ): Promise<object> {
    const read = (seq: number, count: number) => services.deployments.before(seq, count, model ?? undefined);
    return typed("DeploymentConnection", await pageDownFrom({ of: "Deployment", first, after }, read, fromView));
  }

  @Query(() => WrapperLogResultUnion, {
    description: "What the wrappers of a version that this server launched printed last, the examples' too.",
  })
  wrapperLog(
    @Arg("model", () => String) model: string,
    @Arg("version", () => Int, { nullable: true, description: "Absent: the current one." }) version: number | undefined,
    @Arg("last", () => Int, { defaultValue: 100, description: "1 to 1000." }) last: number,
    @Arg("afterSeq", () => Float, { defaultValue: 0, description: "As of the last line that is known." })
    afterSeq: number,
    @Ctx() { services }: RequestContext,
  ): object {
    if (!(last >= 1 && last <= MAX_LINES)) return fromFailure(badInput(["last"], `1 to ${MAX_LINES}`, String(last)));
    const found = services.deployments.log(model, version ?? undefined, last, afterSeq);
    return isFailure(found) ? fromFailure(found) : fromVersionLog(found);
  }

  @Subscription(() => DeploymentType, {
    name: "deployments",
    description: "Deployments of this server as they are, then each change of one: its status, its progress.",
    subscribe: ({ args, context }) => follow(args as FollowArguments, context as RequestContext),
  })
  deployments_(
    @Root() view: DeploymentView,
    @Arg("id", () => ID, { nullable: true, description: "Absent: of all." }) _id: string | undefined,
    @Ctx() context: RequestContext,
  ): object {
    // Of each change anew, not of all that are told.
    context.followed = 0;
    return fromView(view);
  }
}

interface FollowArguments {
  readonly id?: string | null;
}

async function follow(
  { id }: FollowArguments,
  { services: { deployments } }: RequestContext,
): Promise<AsyncIterable<DeploymentView>> {
  if (id == null) return deployments.follow(undefined);
  const seq = seqOf(id);
  const found = (seq === undefined ? undefined : await deployments.find(seq)) ?? noDeployment(id);
  if (isFailure(found)) throw refusedAs(found);
  if (found.isHere) return deployments.follow(found);
  throw refusedAs(failure("NOT_FOUND", `deployment ${id} is of the server ${found.server}: follow it there`));
}

function noDeployment(id: string): Failure {
  return failure("NOT_FOUND", `deployment ${id.slice(0, 80)} does not exist`);
}

function seqOf(id: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : undefined;
}

function toRequest(input: DeployModelInput): DeploymentRequest {
  return {
    artefact: input.artifact,
    model: input.model,
    version: input.version ?? undefined,
    framework: input.framework,
    fileName: input.fileName ?? undefined,
    unpack: input.unpack ?? undefined,
    signature: input.signature ?? undefined,
    options: input.options ?? undefined,
    requirements: input.requirements ?? undefined,
    replicas: input.replicas ?? undefined,
    device: input.device ?? undefined,
    memoryLimitBytes: input.memoryLimitBytes ?? undefined,
    niceness: input.niceness ?? undefined,
    cpus: input.cpus ?? undefined,
    activate: input.activate ?? undefined,
    readyWithinMs: input.readyWithinMs ?? undefined,
  };
}

function fromChanged(changed: DeploymentView | Failure): object {
  return isFailure(changed) ? fromRefusedInput(changed) : fromView(changed);
}

function fromDeployment(found: DeploymentView | Failure): object {
  return isFailure(found) ? fromFailure(found) : fromView(found);
}
