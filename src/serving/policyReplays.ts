import { newFolding } from "../correction/learnedState.js";
import { chooses, policyProblem } from "../correction/policyProblem.js";
import type { Application } from "../domain/application.js";
import { badInput, caught, failure, isFailure, noApplication } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { StateStore } from "../domain/learningPorts.js";
import { requestName } from "../domain/requestNames.js";
import { onFeaturesOf, statedPolicy } from "../domain/policySpec.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";
import type { ReplayRecord, ReplayStore } from "../domain/replayPorts.js";
import type { Replays } from "../learning/replays.js";
import type { Catalogue } from "./catalogue.js";
import { learningProblem } from "./learningProblems.js";
import { replayUse } from "./replayUse.js";
import { versionsOf } from "./serveApplication.js";
import { timeRange } from "./timeRange.js";
import type { TimeRange } from "./timeRange.js";

export interface PolicyReplayDependencies {
  readonly catalogue: Catalogue;
  readonly store: Pick<ReplayStore, "seqBefore" | "read">;
  readonly states: Pick<StateStore, "heads">;
  readonly replays: Pick<Replays, "start">;
  /** Reads the registry and what is learned again, so that who is told of a version can ask it. */
  readonly refresh: () => Promise<void>;
}

export interface ReplayRequest {
  readonly application: string;
  readonly policy: PolicySpec;
  /** Absent: the application's. */
  readonly loss: LossSpec | undefined;
  /** A date or time, from which on observations count; absent: all. */
  readonly from: string | undefined;
  /** Before which; a time to come is the moment in which the replay begins. Absent: also what is observed while it runs. */
  readonly until: string | undefined;
  readonly activate: boolean;
  /** Of the application as the caller had read it; absent: whatever it is. */
  readonly expectedRevision?: string | undefined;
}

export interface PolicyReplay extends ReplayRecord {
  readonly application: string;
}

/** Operators' story: what the log would have taught another policy becomes a version of it. */
export class PolicyReplays {
  readonly #deps: PolicyReplayDependencies;

  constructor(deps: PolicyReplayDependencies) {
    this.#deps = deps;
  }

  /** Begins it: how far it has come is asked for with its version. */
  async start(asked: ReplayRequest): Promise<PolicyReplay | Failure> {
    const policy = onFeaturesOf(statedPolicy(asked.policy), this.#deps.catalogue.snapshot.models);
    const request = { ...asked, policy };
    const application = this.#application(request.application);
    if (application === undefined) return noApplication(request.application);
    const loss = request.loss ?? application.loss;
    const problem = replayProblem(application, { ...request, loss });
    if (problem !== undefined) return problem;
    const times = timeRange(request.from, request.until);
    if (isFailure(times)) return times;
    return caught(() => this.#start(application, { ...request, loss }, times));
  }

  async replay(application: string, version: number): Promise<PolicyReplay | Failure> {
    return caught(async () => {
      const record = await this.#deps.store.read(application, version);
      if (record?.status === "COMPLETE") await this.#deps.refresh();
      if (record !== undefined) return { ...record, application };
      return failure("NOT_FOUND", `application "${application.slice(0, 80)}" has no replay with version ${version}`);
    });
  }

  async #start(
    application: Application,
    { policy, loss, from, until, activate, expectedRevision }: ReplayRequest & { readonly loss: LossSpec },
    { sinceMs, untilMs }: TimeRange,
  ): Promise<PolicyReplay | Failure> {
    const { store, states, replays, catalogue } = this.#deps;
    const { name } = application;
    const beganSeq = (await states.heads([name])).get(name) ?? 0;
    const afterSeq = sinceMs === undefined ? 0 : await store.seqBefore(name, sinceMs);
    const untilSeq = untilMs === undefined ? Infinity : await store.seqBefore(name, untilMs);
    if (afterSeq >= beganSeq) return nothingSince(name, from);
    if (afterSeq >= untilSeq) return nothingUntil(name, from, until);
    const versions = versionsOf(application, catalogue.snapshot);
    const newOne = (version: number) =>
      newFolding({
        ...application,
        policy,
        loss,
        replay: replayUse(application, { policy, version }, versions, { afterSeq, untilSeq }),
      });
    const replay = {
      application: name,
      policy,
      loss,
      from: application.policyVersion,
      afterSeq,
      untilSeq,
      beganSeq,
      makeCurrent: activate,
      newFolding: newOne,
      whyNothing: (skipped: Readonly<Record<string, number>>, rows: number) =>
        whyNothing({ ...application, policy, loss }, skipped, rows),
    };
    const started = await replays.start(replay, expectedRevision);
    return isFailure(started) ? started : { ...started, application: name };
  }

  #application(name: string): Application | undefined {
    return this.#deps.catalogue.snapshot.applications.find((candidate) => candidate.name === name);
  }
}

/** Why no policy like this can be judged or made for the application; undefined if it can. */
export function replayProblem(
  application: Application,
  { policy, loss, activate }: { readonly policy: PolicySpec; readonly loss: LossSpec; readonly activate: boolean },
): Failure | undefined {
  const problem = policyProblem(policy, loss, application.output, application.links);
  return problem ?? (activate ? learningProblem({ ...application, loss }) : undefined);
}

function nothingSince(name: string, from: string | undefined): Failure {
  if (from !== undefined) return badInput(["from"], `a time before the last observation of "${name}"`, from);
  return badInput(["application"], "an application with observations to replay", `"${name}", which has none yet`);
}

function nothingUntil(name: string, from: string | undefined, until: string | undefined): Failure {
  const begin = from === undefined ? "" : ` from ${from} on`;
  return badInput(["until"], `a time after the first observation of "${name}"${begin}`, String(until));
}

/** By the reason that left out most. `entity`: whose observations alone are looked for. */
export function whyNothing(
  { policy, loss }: Pick<Application, "policy" | "loss">,
  skipped: Readonly<Record<string, number>>,
  rows: number,
  entity?: string,
): string {
  const [reason] = Object.entries(skipped).sort(([, a], [, b]) => b - a)[0] ?? ["NO_ROWS"];
  const nothing = `nothing can be learned by ${requestName(policy.kind)} from the ${rows} observations`;
  switch (reason) {
    case "NO_CONTEXT": {
      const source = (policy as { featureModel?: string }).featureModel ?? "its context";
      return `${nothing}: they were predicted without the features of ${source}, which the policy needs; let a policy with the same features answer first`;
    }
    case "MEMBERS_MISSING": {
      const remedy = chooses(policy)
        ? "their evidence names no model that was chosen"
        : "it needs the answers of all models, and the log has only those that were chosen; take a policy that chooses, such as exp3Ix";
      return `${nothing}: ${remedy}`;
    }
    case "NO_LOSS":
      return `${nothing}: what was observed tells no loss ${requestName(loss.kind)}; give the loss that fits what was observed`;
    case "DEFAULT_SHOWN":
      return `${nothing}: they are rewards of the default output, which say nothing of the models; answer with the models' own (no apprentice, a lower confidenceThreshold)`;
    case "NO_EVIDENCE":
      return `${nothing}: their predictions left no evidence that fits the application`;
    default:
      if (entity !== undefined && rows > 0) {
        return `none of the ${rows} observations in this part of the log is of entity ${JSON.stringify(entity)}; give another entity, or none`;
      }
      return `${nothing} in this part of the log; observe first, or give an earlier time`;
  }
}
