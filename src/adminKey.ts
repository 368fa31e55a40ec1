import { randomBytes } from "node:crypto";
import { AccessControl, ADMINISTRATOR } from "./access/accessControl.js";
import { AuditLog } from "./access/auditLog.js";
import { FailureError, isFailure } from "./domain/failure.js";
import type { Clock } from "./domain/ports.js";
import { PostgresApiKeyStore } from "./store/apiKeyStore.js";
import { PostgresAuditStore } from "./store/auditStore.js";
import type { Database } from "./store/database.js";
import type { Log } from "./telemetry/log.js";

/**
 * Makes an API key that may do everything, for whoever has the database anyway: the first one, or a new one when all are
 * lost. Gives its text, which is shown nowhere else. Servers on the database take it within a moment.
 */
export async function createAdminKey(database: Database, clock: Clock, log: Log): Promise<string> {
  const warn = (message: string): void => log.warn(message);
  const store = new PostgresApiKeyStore(database);
  const control = new AccessControl({ clock, store, tokens: undefined, randomBytes, warn });
  const atMs = clock.wallMs();
  const name = `command line ${new Date(atMs).toISOString()}`;
  const created = await control.createKey({ ...ADMINISTRATOR, name });
  const outcome = isFailure(created) ? created.code : "OK";
  const audit = new AuditLog(new PostgresAuditStore(database), (message) => log.error(message));
  await audit.record({ atMs, keyId: "", address: "command line", action: "createApiKey", target: name, outcome });
  if (isFailure(created)) throw new FailureError(created);
  return created.text;
}
