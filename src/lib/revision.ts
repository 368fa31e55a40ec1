import { createHash } from "node:crypto";
import type { Application, Model } from "../domain/application.js";
import type { DeploymentRecord } from "../domain/deploymentPorts.js";

const HEX_DIGITS = 16;

/** Stands for what an application is now: whoever changes it can say which one they had read. As the registry gives it. */
export function applicationRevision(application: Application): string {
  return digest(application);
}

/** The same of a model's settings and current version. That its cache was emptied is no change of it. */
export function modelRevision({ name, currentVersion, settings }: Model): string {
  return digest({ name, currentVersion, settings });
}

/** The same of a deployment: which one it is, whether it serves, and with how many processes. */
export function deploymentRevision({ seq, status, spec }: Pick<DeploymentRecord, "seq" | "status" | "spec">): string {
  return digest({ seq, status, replicas: spec.replicas });
}

/** The registry's rows are parsed by one schema each, so equal values have their keys in one order. */
function digest(value: object): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, HEX_DIGITS);
}
