import type { Application, RegistrySnapshot } from "../domain/application.js";
import type { RowEvaluator } from "../domain/ports.js";
import type { MemberRef } from "../domain/prediction.js";
import type { Losses } from "../correction/losses.js";
import type { Datatype } from "../domain/tensor.js";
import type { PolicyMember } from "../correction/correctionPolicy.js";
import type { LearnedPolicy } from "../correction/erasedPolicy.js";
import type { ReadMemberOutput } from "./memberOutput.js";
import type { UsualLatency } from "./usualLatency.js";

/** A linked model at its current version, ready to be asked. */
export interface Member extends MemberRef {
  readonly weight: number;
  readonly evaluator: RowEvaluator;
  readonly read: ReadMemberOutput;
  /** Of the model version, whichever application asks. */
  readonly usual: UsualLatency;
}

/** An application with everything that a prediction needs, resolved once per registry change. */
export interface ServedApplication {
  readonly application: Application;
  readonly policy: LearnedPolicy;
  readonly members: readonly Member[];
  /** The members as the policy sees them, in the same order. */
  readonly policyMembers: readonly PolicyMember[];
  readonly features: FeatureSource | undefined;
  readonly losses: Losses;
  /** Policy versions that observations may be folded into. */
  readonly learningVersions: ReadonlySet<number>;
  /** Of policy versions that learn on the features of one version of a model alone: which. */
  readonly featuresLearned: ReadonlyMap<number, string>;
}

/** Where a contextual policy's features come from: a model asked before the others, or one of the input's tensors. */
export type FeatureSource =
  | {
      readonly kind: "MODEL";
      readonly member: Member;
      /** False for a version other than the one that the policy has learned on: it answers, and its features are not used. */
      readonly isLearned: boolean;
    }
  | { readonly kind: "TENSOR"; readonly index: number; readonly datatype: Datatype };

/** What the registry says, as the serving functions see it. Replaced as a whole on every change. */
export class Catalogue {
  #snapshot: RegistrySnapshot = { applications: [], policyVersions: [], models: [], versions: [] };
  #served = new Map<string, ServedApplication>();

  get snapshot(): RegistrySnapshot {
    return this.#snapshot;
  }

  get(application: string): ServedApplication | undefined {
    return this.#served.get(application);
  }

  all(): ServedApplication[] {
    return [...this.#served.values()];
  }

  names(): string[] {
    return [...this.#served.keys()];
  }

  replace(snapshot: RegistrySnapshot, serve: (application: Application) => ServedApplication): void {
    this.#snapshot = snapshot;
    this.#served = new Map(snapshot.applications.map((application) => [application.name, serve(application)]));
  }
}

/**
 * The strictest objective among the applications that each model serves, by model: of all of its versions, since one
 * that is to be current soon is warmed up for it.
 */
export function strictestSlo(snapshot: RegistrySnapshot): Map<string, number> {
  const strictest = new Map<string, number>();
  for (const { links, sloMs } of snapshot.applications) {
    for (const { model } of links) strictest.set(model, Math.min(sloMs, strictest.get(model) ?? Infinity));
  }
  return strictest;
}
