import type { DeploymentRecord } from "../domain/deploymentPorts.js";
import type { DeploymentRun } from "./deploymentRun.js";

/** A deployment as it is known here: those of other servers only as the database has them. */
export interface DeploymentView extends DeploymentRecord {
  /** This server runs it, or did. */
  readonly isHere: boolean;
  readonly progress: string;
  /** Processes are being started or let go. */
  readonly isChanging: boolean;
  /** Undefined of other servers'. */
  readonly readyReplicas: number | undefined;
}

/** Of one that runs here, or is to. */
export function viewOf(run: DeploymentRun): DeploymentView {
  const { record, progress, isChanging, readyReplicas } = run;
  return { ...record, isHere: true, progress, isChanging, readyReplicas };
}
