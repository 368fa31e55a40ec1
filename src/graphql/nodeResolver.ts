import { GraphQLError } from "graphql";
import { Arg, Ctx, ID, Query, Resolver } from "type-graphql";
import { sees } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import { seesModel } from "./accessFields.js";
import type { RequestContext } from "./context.js";
import { fromView } from "./deploymentConverters.js";
import { refusedAs } from "./followTargets.js";
import { parseNodeId } from "./nodeIds.js";
import type { NodeName } from "./nodeIds.js";
import { NodeInterface } from "./nodeTypes.js";
import { fromApplication, fromModel, fromPolicyVersions, registeredVersion } from "./registryConverters.js";

const MAX_NODES = 100;

type Found = object | undefined;

@Resolver()
export class NodeResolver {
  @Query(() => NodeInterface, {
    nullable: true,
    description: "Whatever has this id. Null: nothing has it (any more), or the key does not see it.",
  })
  node(
    @Arg("id", () => ID, { description: "As of any object that is a `Node`." }) id: string,
    @Ctx() context: RequestContext,
  ): Found | Promise<Found> {
    return find(id, context);
  }

  @Query(() => [NodeInterface], {
    nullable: "items",
    description: "The same of several, in the order of the ids: null for each that `node` would have null for.",
  })
  nodes(
    @Arg("ids", () => [ID], { description: "At most 100." }) ids: string[],
    @Ctx() context: RequestContext,
  ): (Found | Promise<Found>)[] {
    // Each by itself: one that cannot be read fails alone.
    if (ids.length <= MAX_NODES) return ids.map((id) => find(id, context));
    throw new GraphQLError(`ids: expected at most ${MAX_NODES}, got ${ids.length}`, {
      extensions: { code: "BAD_INPUT" },
    });
  }
}

function find(id: string, context: RequestContext): Found | Promise<Found> {
  const named = parseNodeId(id);
  if (named === undefined) return undefined;
  return named.type === "Deployment" ? deploymentNode(named.seq, context) : registryNode(named, context);
}

/** As the registry has it: nothing is waited for. */
function registryNode(named: Exclude<NodeName, { type: "Deployment" }>, context: RequestContext): Found {
  const { services, access } = context;
  const { catalogue, versions } = services;
  const { snapshot } = catalogue;
  const { name } = named;
  if (named.type === "Application" || named.type === "PolicyVersion") {
    const found = sees(access, name) ? snapshot.applications.find((each) => each.name === name) : undefined;
    if (found === undefined) return undefined;
    if (named.type === "Application") return fromApplication(found, snapshot);
    return fromPolicyVersions(found, snapshot, (version) => version === named.version)[0];
  }
  if (!seesModel(access, snapshot, name)) return undefined;
  if (named.type === "ModelVersion") return registeredVersion(name, named.version, context);
  const model = snapshot.models.find((each) => each.name === name);
  return model && fromModel(model, snapshot, versions, access);
}

/** Those who may ask for `deployment` see it. Several of one request are read with one statement. */
async function deploymentNode(seq: number, { services, access }: RequestContext): Promise<Found> {
  if (!access.scopes.has("ADMIN") || access.applications !== undefined) return undefined;
  const found = await services.deployments.find(seq);
  if (isFailure(found)) throw refusedAs(found);
  return found === undefined ? undefined : fromView(found);
}
