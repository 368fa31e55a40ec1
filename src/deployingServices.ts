import { join } from "node:path";
import { Deployments } from "./deploying/deployments.js";
import type { DeploymentsOptions } from "./deploying/deployments.js";
import { readPythonFrameworks } from "./deploying/frameworks.js";
import type { PythonFramework } from "./deploying/frameworks.js";
import { PythonEnvironments } from "./deploying/pythonEnvironments.js";
import type { ServicesOptions } from "./services.js";
import { DeployingFolder } from "./store/deployingFolder.js";
import { PostgresDeploymentStore } from "./store/deploymentStore.js";

type Given = Pick<ServicesOptions, "clock" | "config" | "root" | "database" | "versions" | "wrappers" | "log"> &
  Pick<DeploymentsOptions, "artefacts" | "administration" | "catalogue" | "askSignature">;

/** The deployments of a server, with what they are made of. */
export function newDeployments(given: Given): Deployments {
  const { clock, config, root, database, versions, wrappers, log } = given;
  const { artefacts, administration, catalogue, askSignature } = given;
  const { dataDir, python, keptVersions } = config;
  let frameworks: ReadonlyMap<string, PythonFramework> | undefined;
  return new Deployments({
    ...{ artefacts, administration, catalogue, askSignature, versions, wrappers, dataDir },
    root,
    frameworks: () => (frameworks ??= readPythonFrameworks(join(root, "wrappers", "python", "pyproject.toml"))),
    environments: new PythonEnvironments({ dataDir, python, clock }),
    makesEnvironments: python === undefined,
    keptVersions,
    folder: new DeployingFolder(dataDir),
    store: new PostgresDeploymentStore(database),
    info: (message) => log.info(message),
    warn: (message) => log.warn(message),
  });
}
