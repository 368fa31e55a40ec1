import { policyProblem } from "../correction/policyProblem.js";
import type { Application, PolicyVersion } from "../domain/application.js";
import { caught, failure, isFailure, noApplication, noPolicyVersion } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { POPULATION } from "../domain/learningPorts.js";
import type {
  ChangedPolicyVersion,
  DeletedEntity,
  FeedbackLog,
  FeedbackPages,
  LearnedStateAdministration,
  LoggedObservation,
  StateStore,
  StoredEvent,
} from "../domain/learningPorts.js";
import type { FeatureModel, PolicySpec } from "../domain/policySpec.js";
import type { PredictionLog } from "../domain/predictionLogPorts.js";
import type { EventFeed } from "../learning/eventFeed.js";
import type { Learning } from "../learning/learning.js";
import type { Catalogue } from "./catalogue.js";
import { exportEntity } from "./entityExport.js";
import type { EntityExport, ExportRequest } from "./entityExport.js";
import { learnedReport } from "./learnedReport.js";
import type { LearnedReport } from "./learnedReport.js";
import { learningProblem } from "./learningProblems.js";
import { seqProblem } from "./logPlace.js";
import { linksMisfit } from "./modelMisfit.js";
import { entityProblem } from "./predict.js";

export interface LearnedAdministrationDependencies {
  readonly administration: LearnedStateAdministration;
  readonly states: Pick<StateStore, "read">;
  readonly log: FeedbackLog & FeedbackPages;
  readonly predictions: Pick<PredictionLog, "ofEntity">;
  readonly feed: Pick<EventFeed, "follow">;
  readonly learning: Pick<Learning, "inspect" | "refresh">;
  readonly catalogue: Catalogue;
  /** Reads the registry again, so that the caller's next query sees its own change. */
  readonly refresh: () => Promise<void>;
  /** States wait for a rebuild. */
  readonly rebuildSoon: () => void;
}

/** Operators' story: to look at what was learned, and to freeze, reset, fork, roll back, export and forget it. */
export class LearnedAdministration {
  readonly #deps: LearnedAdministrationDependencies;

  constructor(deps: LearnedAdministrationDependencies) {
    this.#deps = deps;
  }

  /** Without entity of all, without version of the current one. */
  async learnedState(
    name: string,
    entity: string | undefined,
    policyVersion: number | undefined,
  ): Promise<LearnedReport | Failure> {
    const application = this.#application(name);
    if (application === undefined) return noApplication(name);
    const version = this.#version(application, policyVersion ?? application.policyVersion);
    if (isFailure(version)) return version;
    const problem = entityProblem(entity);
    if (problem !== undefined) return problem;
    return caught(() => this.#report(application, version, entity));
  }

  async #report(
    application: Application,
    version: PolicyVersion,
    entity: string | undefined,
  ): Promise<LearnedReport | Failure> {
    const { learning } = this.#deps;
    const ref = { policyVersion: version.version, entity: entity ?? POPULATION };
    const own = await learning.inspect(application.name, ref);
    const held = own ?? (await learning.inspect(application.name, { ...ref, entity: POPULATION }));
    if (held === undefined) return noApplication(application.name);
    return learnedReport({ application, version, entity, held, personalised: entity !== undefined && own === held });
  }

  /** What happened in an application's log beside observations before that place, newest first. */
  events(application: string, seq: number, count: number): Promise<readonly StoredEvent[] | Failure> {
    return this.#logged(application, () => this.#deps.administration.eventsBefore(application, seq, count));
  }

  /** The feedback log before that place, newest first, corrected observations too; of one entity if it is given. */
  async observations(
    application: string,
    entity: string | undefined,
    seq: number,
    count: number,
  ): Promise<readonly LoggedObservation[] | Failure> {
    const problem = entityProblem(entity);
    return problem ?? this.#logged(application, () => this.#deps.log.before(application, entity, seq, count));
  }

  /** A deleted application's log is still there: only where nothing is found the application need not have been. */
  #logged<T>(application: string, read: () => Promise<readonly T[]>): Promise<readonly T[] | Failure> {
    return caught(async () => {
      const found = await read();
      if (found.length === 0 && this.#application(application) === undefined) return noApplication(application);
      return found;
    });
  }

  freezePolicy(
    application: string,
    version: number,
    frozen: boolean,
    expected?: string,
  ): Promise<ChangedPolicyVersion | Failure> {
    const { administration } = this.#deps;
    return this.#changed(application, () => administration.setFrozen(application, version, frozen, expected));
  }

  /** The current policy once more, with nothing learned. What it had learned stays with the version before. */
  resetPolicy(name: string, expected?: string): Promise<ChangedPolicyVersion | Failure> {
    return this.#changed(name, ({ policy, loss }) =>
      this.#deps.administration.addPolicyVersion(name, { policy, loss, origin: { kind: "CREATED" } }, true, expected),
    );
  }

  /** A version that begins with a copy of another's states: to try something on, or to come back to. */
  forkPolicy(
    name: string,
    from: number,
    makeCurrent: boolean,
    expected?: string,
  ): Promise<ChangedPolicyVersion | Failure> {
    return this.#changed(name, async (application) => {
      const version = this.#version(application, from);
      if (isFailure(version)) return version;
      const { policy, loss } = version;
      const problem = makeCurrent ? this.#currentProblem(application, version) : undefined;
      const origin = { kind: "FORKED", from } as const;
      const { administration } = this.#deps;
      return problem ?? administration.addPolicyVersion(name, { policy, loss, origin }, makeCurrent, expected);
    });
  }

  /** Answers come from an earlier version again, with what it has learned. Forward as well as back. */
  rollbackPolicy(name: string, to: number, expected?: string): Promise<ChangedPolicyVersion | Failure> {
    return this.#changed(name, async (application) => {
      const version = this.#version(application, to);
      if (isFailure(version)) return version;
      const { administration } = this.#deps;
      return this.#currentProblem(application, version) ?? administration.setCurrentPolicyVersion(name, to, expected);
    });
  }

  async resetEntity(application: string, entity: string): Promise<{ readonly states: number } | Failure> {
    const problem = entityProblem(entity);
    return problem ?? this.#forgotten(await this.#deps.administration.resetEntity(application, entity));
  }

  /** Of a deleted application too: its log is still there, and somebody may have to be forgotten. */
  async deleteEntity(application: string, entity: string): Promise<DeletedEntity | Failure> {
    const problem = entityProblem(entity);
    if (problem !== undefined) return problem;
    const deleted = await this.#forgotten(await this.#deps.administration.deleteEntity(application, entity));
    if (!isFailure(deleted) && deleted.observations > 0) this.#deps.rebuildSoon();
    return deleted;
  }

  /** What happens in an application's log beside observations, after `afterSeq` or from now on, as long as it is read. */
  async follow(
    application: string,
    afterSeq: number | undefined,
  ): Promise<AsyncIterableIterator<StoredEvent> | Failure> {
    if (this.#application(application) === undefined) return noApplication(application);
    const problem = afterSeq === undefined ? undefined : seqProblem(afterSeq, "afterSeq");
    if (problem !== undefined) return problem;
    const tooMany = failure("OVERLOADED", "too many follow events on this server: try again, or on another one");
    return caught(async () => {
      const events = await this.#deps.feed.follow(application, afterSeq);
      // Deleted meanwhile: nobody would end it any more.
      if (this.#application(application) !== undefined) return events ?? tooMany;
      await events?.return?.();
      return noApplication(application);
    });
  }

  async exportEntity(request: ExportRequest): Promise<EntityExport | Failure> {
    const problem = entityProblem(request.entity) ?? seqProblem(request.afterSeq, "after");
    if (problem !== undefined) return problem;
    const { catalogue, log, states, predictions } = this.#deps;
    const versions = catalogue.snapshot.policyVersions.filter(({ application }) => application === request.application);
    const exported = await caught(() => exportEntity({ log, states, versions, predictions }, request));
    if (isFailure(exported) || this.#application(request.application) !== undefined) return exported;
    // Of a deleted application what is kept is still there; that nothing is would be no answer about a misspelt one.
    return exported.isEmpty ? noApplication(request.application) : exported;
  }

  #application(name: string): Application | undefined {
    return this.#deps.catalogue.snapshot.applications.find((candidate) => candidate.name === name);
  }

  #version(application: Application, version: number): PolicyVersion | Failure {
    const { policyVersions } = this.#deps.catalogue.snapshot;
    const found = policyVersions.find((one) => one.application === application.name && one.version === version);
    return found ?? noPolicyVersion(application.name, version);
  }

  /** Why an earlier version cannot answer any more: models, output or rules of the application have changed since. */
  #currentProblem(application: Application, { policy, loss }: PolicyVersion): Failure | undefined {
    return (
      policyProblem(policy, loss, application.output, application.links) ??
      this.#featuresProblem(policy) ??
      learningProblem({ ...application, loss }) ??
      linksMisfit(this.#deps.catalogue.snapshot, { ...application, policy })
    );
  }

  /** What it has learned is of the features of one version of a model. */
  #featuresProblem(policy: PolicySpec): Failure | undefined {
    const { featureModel: name, featureVersion: learned } = policy as FeatureModel;
    const model = this.#deps.catalogue.snapshot.models.find((one) => one.name === name);
    if (learned === undefined || model === undefined || model.currentVersion === learned) return undefined;
    const remedy = `make version ${learned} current (setCurrentVersion), and the application returns to it by itself`;
    const message = `it has learned on the features of ${model.name}@${learned}, and version ${model.currentVersion} is current: ${remedy}`;
    return failure("BAD_INPUT", message, { path: ["version"] });
  }

  async #changed(
    name: string,
    change: (application: Application) => Promise<ChangedPolicyVersion | Failure>,
  ): Promise<ChangedPolicyVersion | Failure> {
    const application = this.#application(name);
    if (application === undefined) return noApplication(name);
    const changed = await change(application);
    // Committed, whatever becomes of the reading: told that it failed, the caller would do it again.
    if (!isFailure(changed)) await this.#deps.refresh().catch(() => undefined);
    return changed;
  }

  /** This server forgets it before the caller is answered; the others follow the log. */
  async #forgotten<T>(changed: T | Failure): Promise<T | Failure> {
    if (!isFailure(changed)) await this.#deps.learning.refresh();
    return changed;
  }
}
