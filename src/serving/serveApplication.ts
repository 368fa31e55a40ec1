import { newLosses } from "../correction/losses.js";
import { newPolicy } from "../correction/newPolicy.js";
import { newFolding } from "../correction/learnedState.js";
import type { Application, ApplicationLink, PolicyVersion, RegistrySnapshot } from "../domain/application.js";
import { featuresLearned, featuresName } from "../domain/policySpec.js";
import { tensorsDifference } from "../domain/tensor.js";
import type { StateFolding } from "../learning/heldState.js";
import type { LearningApplication } from "../learning/followedApplication.js";
import type { FeatureSource, Member, ServedApplication } from "./catalogue.js";
import { outputReader } from "./memberOutput.js";
import { replayUse } from "./replayUse.js";
import type { ModelVersions } from "./modelVersions.js";

export interface ServeDependencies {
  readonly versions: ModelVersions;
  readonly warn: (message: string) => void;
}

/** An application as the registry has it, with everything that a prediction needs. What does not fit is left out and told. */
export function serveApplication(
  deps: ServeDependencies,
  application: Application,
  snapshot: RegistrySnapshot,
): ServedApplication {
  const policy = newPolicy(application);
  const versions = versionsOf(application, snapshot);
  const isFeatureModel = ({ model }: ApplicationLink): boolean => model === policy.featureModel;
  const voters = application.links.filter((link) => !isFeatureModel(link));
  const member = (link: ApplicationLink) => memberOf(deps, application, link, snapshot);
  const members = voters.map(member).filter((found) => found !== undefined);
  const links = voters.filter(({ model }) => members.some((found) => found.model === model));
  return {
    application: { ...application, links },
    policy,
    members,
    policyMembers: members.map(({ model, weight }) => ({ model, weight })),
    features: featuresOf(deps, application, snapshot, application.links.find(isFeatureModel)),
    losses: newLosses(application.loss, application.output),
    learningVersions: new Set(versions.filter(({ frozen }) => !frozen).map(({ version }) => version)),
    featuresLearned: featuresByVersion(versions),
  };
}

function featuresByVersion(versions: readonly PolicyVersion[]): ReadonlyMap<number, string> {
  const byVersion = new Map<number, string>();
  for (const { version, policy } of versions) {
    const learned = featuresLearned(policy);
    if (learned !== undefined) byVersion.set(version, learned);
  }
  return byVersion;
}

/** How what is observed of an application is learned, by all of its policy versions. */
export function learningApplication(application: Application, snapshot: RegistrySnapshot): LearningApplication {
  const foldings = new Map<number, StateFolding>();
  const versions = versionsOf(application, snapshot);
  for (const { version, policy, loss, replayed } of versions) {
    const replay = replayed && replayUse(application, { policy, version }, versions, replayed);
    foldings.set(version, newFolding({ ...application, policy, loss, replay }));
  }
  return { name: application.name, policyVersion: application.policyVersion, foldings };
}

/** A version that is to be current later is warmed up with what applications will ask it for. */
export function foreseeOutputs({ versions }: Pick<ServeDependencies, "versions">, snapshot: RegistrySnapshot): void {
  for (const served of versions.all()) {
    const { model, version } = served;
    if (versions.serving.of(model) === version || served.replicas.links.length === 0) continue;
    const registered = snapshot.versions.find((one) => one.model === model && one.version === version);
    if (registered === undefined) continue;
    for (const application of snapshot.applications) {
      if (!application.links.some((link) => link.model === model)) continue;
      const reader = outputReader(application, registered);
      if (typeof reader !== "string") served.useOutput(reader.output);
    }
  }
}

export function versionsOf({ name }: Application, { policyVersions }: RegistrySnapshot): readonly PolicyVersion[] {
  return policyVersions.filter(({ application }) => application === name);
}

function featuresOf(
  deps: ServeDependencies,
  application: Application,
  snapshot: RegistrySnapshot,
  link: ApplicationLink | undefined,
): FeatureSource | undefined {
  const { policy, input } = application;
  const tensor = "contextTensor" in policy ? policy.contextTensor : undefined;
  if (tensor !== undefined) {
    const index = input.findIndex(({ name }) => name === tensor);
    const spec = input[index];
    return spec && { kind: "TENSOR", index, datatype: spec.datatype };
  }
  const member = link && memberOf(deps, application, link, snapshot);
  if (member === undefined) return undefined;
  const learned = featuresLearned(policy);
  const isLearned = learned === undefined || learned === featuresName(member.model, member.version);
  if (!isLearned) {
    const { model, version } = member;
    deps.warn(
      `application ${application.name} does not use the features of ${model}@${version}: it learns on ${learned}`,
    );
  }
  return { kind: "MODEL", member, isLearned };
}

function memberOf(
  { versions, warn }: ServeDependencies,
  application: Application,
  link: ApplicationLink,
  snapshot: RegistrySnapshot,
): Member | undefined {
  // Not the current one: while that has no ready replica yet, the one before it goes on.
  const serving = versions.serving.of(link.model);
  const version = snapshot.versions.find(({ model, version: of }) => model === link.model && of === serving);
  if (version === undefined) return undefined;
  const reader = tensorsDifference(application.input, version.signature.inputs) ?? outputReader(application, version);
  if (typeof reader === "string") {
    warn(`application ${application.name} leaves out model ${link.model}@${version.version}: ${reader}`);
    return undefined;
  }
  const served = versions.get(version.model, version.version);
  served.useOutput(reader.output);
  const evaluator = served.evaluatorFor(application.name);
  const { model, version: number } = version;
  return { model, version: number, weight: link.weight, evaluator, read: reader.read, usual: served.usual };
}
