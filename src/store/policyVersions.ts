import { FailureError, noApplication, noPolicyVersion } from "../domain/failure.js";
import type { PolicyVersionRecord } from "../domain/learningPorts.js";
import type { Application } from "../domain/application.js";
import type { SqlRunner } from "./database.js";
import { appendEvent } from "./headStatements.js";
import { lossJson, policyJson } from "./policyRows.js";
import * as statements from "./policyVersionStatements.js";
import type { PolicyVersionRow } from "./policyVersionStatements.js";

/** Steps of transactions that hold the application's head: each leaves a POLICY event in the log. */

export interface NewPolicyVersion {
  readonly policyJson: string;
  readonly lossJson: string;
  readonly origin: PolicyVersionRecord["origin"];
}

/** The first version of an application, before there is anything in its log that an event could be seen by. */
export async function beginPolicyVersion(
  tx: SqlRunner,
  application: Pick<Application, "name" | "policy" | "loss">,
  version: number,
  headSeq: number,
): Promise<void> {
  await statements.insertPolicyVersion(tx, application.name, {
    version,
    policyJson: policyJson(application.policy),
    lossJson: lossJson(application.loss),
    origin: "CREATED",
    originFrom: null,
    sinceSeq: headSeq,
  });
}

export async function addPolicyVersion(
  tx: SqlRunner,
  application: string,
  { policyJson: policy, lossJson: loss, origin }: NewPolicyVersion,
): Promise<PolicyVersionRecord> {
  const version = await statements.nextPolicyVersion(tx, application);
  const originFrom = origin.kind === "CREATED" ? null : origin.from;
  if (originFrom !== null) await requirePolicyVersion(tx, application, originFrom);
  const { seq } = await policyEvent(tx, application, { version, change: origin.kind });
  const row = { version, policyJson: policy, lossJson: loss, origin: origin.kind, originFrom, sinceSeq: seq };
  await statements.insertPolicyVersion(tx, application, row);
  if (origin.kind === "FORKED") await statements.copyStates(tx, application, origin.from, version);
  return requirePolicyVersion(tx, application, version);
}

export async function makePolicyVersionCurrent(tx: SqlRunner, application: string, version: number): Promise<void> {
  if (!(await statements.updateCurrentPolicyVersion(tx, application, version))) {
    throw new FailureError(noApplication(application));
  }
  await policyEvent(tx, application, { version, change: "CURRENT" });
}

export async function freezePolicyVersion(
  tx: SqlRunner,
  application: string,
  version: number,
  frozen: boolean,
): Promise<void> {
  await statements.updateFrozen(tx, application, version, frozen);
  await policyEvent(tx, application, { version, change: frozen ? "FROZEN" : "THAWED" });
}

export async function requirePolicyVersion(
  tx: SqlRunner,
  application: string,
  version: number,
): Promise<PolicyVersionRecord> {
  const rows = await statements.selectPolicyVersions(tx, application);
  const row = rows.find((candidate) => candidate.version === version);
  if (row === undefined) throw new FailureError(noPolicyVersion(application, version));
  return policyVersionRecord(row);
}

export function policyVersionRecord(row: PolicyVersionRow): PolicyVersionRecord {
  const { version, policy, loss, origin, originFrom, sinceSeq, replayed, frozen, createdAtMs } = row;
  const from = originFrom ?? 0;
  return {
    version,
    policy,
    loss,
    origin: origin === "CREATED" ? { kind: origin } : { kind: origin, from },
    sinceSeq,
    ...(replayed === null ? {} : { replayed }),
    frozen,
    createdAtMs,
  };
}

export function policyEvent(
  tx: SqlRunner,
  application: string,
  content: { readonly version: number; readonly change: string },
): Promise<{ readonly seq: number }> {
  return appendEvent(tx, application, "POLICY", JSON.stringify(content));
}
