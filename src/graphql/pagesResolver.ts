import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import { sees } from "../domain/access.js";
import { ApplicationType } from "./applicationTypes.js";
import { pageByName, pageDown } from "./connection.js";
import { AFTER, connectionOf, FIRST } from "./connectionTypes.js";
import type { RequestContext } from "./context.js";
import { follow } from "./followedEdges.js";
import { PolicyVersionType } from "./policyTypes.js";
import { fromApplication } from "./registryConverters.js";
import { ApplicationConnectionType, ModelType, ModelVersionType } from "./registryTypes.js";
import { ReplicaType } from "./replicaTypes.js";

const PolicyVersionConnection = connectionOf("PolicyVersion", () => PolicyVersionType);
const ModelVersionConnection = connectionOf("ModelVersion", () => ModelVersionType);
const ReplicaConnection = connectionOf("Replica", () => ReplicaType);

/** Pages of what an application or a model has by its own. */
@Resolver(() => ApplicationType)
export class ApplicationPagesResolver {
  @FieldResolver(() => PolicyVersionConnection, { description: "All versions of the policy, newest first." })
  policyVersionConnection(
    @Root() { allPolicyVersions }: { readonly allPolicyVersions: () => readonly { readonly version: number }[] },
    @Arg("first", () => Int, FIRST) first: number,
    @Arg("after", () => String, AFTER) after: string | undefined,
  ): object {
    return pageDown({ of: "PolicyVersion", first, after }, allPolicyVersions(), ({ version }) => version);
  }
}

@Resolver(() => ModelType)
export class ModelPagesResolver {
  @FieldResolver(() => ModelVersionConnection, { description: "All versions, newest first." })
  versionConnection(
    @Root() { allVersions }: { readonly allVersions: () => readonly { readonly version: number }[] },
    @Arg("first", () => Int, FIRST) first: number,
    @Arg("after", () => String, AFTER) after: string | undefined,
  ): object {
    return pageDown({ of: "ModelVersion", first, after }, allVersions(), ({ version }) => version);
  }

  @FieldResolver(() => ApplicationConnectionType, {
    description: "Applications that it is linked with, of those that the key sees, by name.",
  })
  applicationConnection(
    @Root() { name: model }: { readonly name: string },
    @Arg("first", () => Int, FIRST) first: number,
    @Arg("after", () => String, AFTER) after: string | undefined,
    @Ctx() context: RequestContext,
  ): object {
    const { snapshot } = context.services.catalogue;
    const linked = snapshot.applications.filter(
      ({ name, links }) => sees(context.access, name) && links.some((link) => link.model === model),
    );
    const { edges, pageInfo } = pageByName({ of: "Application", first, after }, linked, ({ name }) => name);
    follow(context, edges.length);
    return { edges: edges.map(({ node, cursor }) => ({ node: fromApplication(node, snapshot), cursor })), pageInfo };
  }
}

@Resolver(() => ModelVersionType)
export class ModelVersionPagesResolver {
  @FieldResolver(() => ReplicaConnection, { description: "All of this server's links to wrappers of it, by id." })
  replicaConnection(
    @Root() { allReplicas }: { readonly allReplicas: () => readonly { readonly id: string }[] },
    @Arg("first", () => Int, FIRST) first: number,
    @Arg("after", () => String, AFTER) after: string | undefined,
  ): object {
    return pageByName({ of: "Replica", first, after }, allReplicas(), ({ id }) => id);
  }
}
