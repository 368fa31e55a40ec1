import type { Application } from "../domain/application.js";
import type { LossSpec, PolicySpec } from "../domain/policySpec.js";
import { featureModelOf, learningOn } from "../domain/policySpec.js";
import type { SqlRunner } from "./database.js";
import { requireApplication } from "./expectedRevision.js";
import { ensureHead, lockHead } from "./headStatements.js";
import { lossJson, policyJson } from "./policyRows.js";
import { addPolicyVersion, makePolicyVersionCurrent } from "./policyVersions.js";
import { selectPolicyVersions } from "./policyVersionStatements.js";
import { lockApplicationsOver, selectFeatureModel, shareCurrentVersion } from "./registryStatements.js";

/**
 * A policy version learns on the features of one version of its feature model: of another one they are other numbers, and
 * what was learned would be no better than chance on them. So each change of that version is another policy version. Steps of
 * transactions, which lock models before applications.
 */

/** A policy that begins now, on the features of the version that is current. As it is where there is no such model yet. */
export async function onCurrentFeatures<Policy extends PolicySpec>(tx: SqlRunner, policy: Policy): Promise<PolicySpec> {
  const model = featureModelOf(policy);
  return model === undefined ? policy : learningOn(policy, await shareCurrentVersion(tx, model));
}

/** Before the application is locked whose policy or loss changes: which features are current stays until the end. */
export async function holdFeatures(tx: SqlRunner, name: string, policy: PolicySpec | undefined): Promise<void> {
  const model = policy === undefined ? await selectFeatureModel(tx, name) : featureModelOf(policy);
  if (model !== undefined) await shareCurrentVersion(tx, model);
}

/** After the model's current version changed: what uses it as a feature model has the policy version for that. */
export async function followFeatures(tx: SqlRunner, model: string): Promise<void> {
  for (const name of await lockApplicationsOver(tx, model)) await followOwn(tx, await requireApplication(tx, name));
}

/** The latest policy version that had learned on them, or a new one. Nothing where it is the current one. */
export async function followOwn(tx: SqlRunner, { name, policy, loss }: Application): Promise<void> {
  const wanted = policyJson(await onCurrentFeatures(tx, policy));
  if (wanted === policyJson(policy)) return;
  await ensureHead(tx, name);
  await lockHead(tx, name);
  const versions = await selectPolicyVersions(tx, name);
  const learned = versions.findLast((one) => isSame(one, wanted, lossJson(loss)));
  const origin = { kind: "CREATED" } as const;
  const { version } =
    learned ?? (await addPolicyVersion(tx, name, { policyJson: wanted, lossJson: lossJson(loss), origin }));
  await makePolicyVersionCurrent(tx, name, version);
}

function isSame(one: { readonly policy: unknown; readonly loss: unknown }, policy: string, loss: string): boolean {
  return policyJson(one.policy as PolicySpec) === policy && lossJson(one.loss as LossSpec) === loss;
}
