import type { VersionLog } from "../deploying/deployments.js";
import type { DeploymentView } from "../deploying/deploymentView.js";
import { deploymentRevision } from "../lib/revision.js";
import type { RequestContext } from "./context.js";
import { follow } from "./followedEdges.js";
import { nodeId } from "./nodeIds.js";
import { registeredVersion } from "./registryConverters.js";

export function fromView(view: DeploymentView): object {
  const { seq, model, version, status, progress, reason, lastLines, server, isHere, isChanging, readyReplicas, spec } =
    view;
  const { artefact, framework, replicas, device, memoryLimitBytes, niceness, cpus } = spec;
  const { createdAtMs, updatedAtMs } = view;
  return {
    __typename: "Deployment",
    id: nodeId({ type: "Deployment", seq }),
    ...{ model, version, status, progress, reason, lastLines, server, readyReplicas, createdAtMs, updatedAtMs },
    ...{ framework, replicas, device, memoryLimitBytes, niceness, cpus },
    createdAt: new Date(createdAtMs),
    updatedAt: new Date(updatedAtMs),
    artifact: artefact,
    revision: deploymentRevision(view),
    here: isHere,
    changing: isChanging,
    modelVersion: (_given: unknown, context: RequestContext) => {
      const found = registeredVersion(model, version, context);
      if (found !== undefined) follow(context);
      return found;
    },
  };
}

export function fromVersionLog({ version, lines }: VersionLog): object {
  return {
    __typename: "WrapperLog",
    version,
    lines: lines.map((line) => ({ ...line, at: new Date(line.atMs) })),
  };
}
