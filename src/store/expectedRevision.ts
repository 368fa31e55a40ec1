import type { Application } from "../domain/application.js";
import { FailureError, failure, noApplication } from "../domain/failure.js";
import { applicationRevision } from "../lib/revision.js";
import type { SqlRunner } from "./database.js";
import { parseApplication } from "./registryRows.js";
import { lockApplication, selectApplication } from "./registryStatements.js";

/** Compare and set: under the lock of what is to be changed nobody else changes it between the one and the other. */
export async function lockedApplication(tx: SqlRunner, name: string, expected?: string): Promise<Application> {
  await lockApplication(tx, name);
  const application = await requireApplication(tx, name);
  requireRevision(`application ${name}`, applicationRevision(application), expected);
  return application;
}

export async function requireApplication(tx: SqlRunner, name: string): Promise<Application> {
  const row = await selectApplication(tx, name);
  if (row === undefined) throw new FailureError(noApplication(name));
  return parseApplication(row);
}

/** Throws CONFLICT where somebody expected another one than the present one. */
export function requireRevision(what: string, current: string, expected: string | undefined): void {
  if (expected === undefined || expected === current) return;
  const message = `${what} was changed: its revision is ${current}, not ${expected.slice(0, 80)}. Read it again, then decide`;
  throw new FailureError(failure("CONFLICT", message, { current }));
}
