import { AccessControl } from "./access/accessControl.js";
import { AuditLog } from "./access/auditLog.js";
import { JsonWebTokens } from "./access/jsonWebTokens.js";
import { Refusals } from "./access/refusals.js";
import type { ServicesOptions } from "./services.js";
import { PostgresApiKeyStore } from "./store/apiKeyStore.js";
import { PostgresAuditStore } from "./store/auditStore.js";

/** Who may do what, and what is kept of it. */
export interface AccessServices {
  readonly access: AccessControl;
  readonly audit: AuditLog;
  readonly refusals: Refusals;
}

type Given = Pick<ServicesOptions, "clock" | "config" | "database" | "log" | "randomBytes">;

export function newAccessServices({ clock, config, database, log, randomBytes }: Given): AccessServices {
  const tokens = config.issuers.length === 0 ? undefined : new JsonWebTokens(clock, config.issuers);
  const warn = (message: string): void => log.warn(message);
  const audit = new AuditLog(new PostgresAuditStore(database), (message) => log.error(message));
  return {
    access: new AccessControl({ clock, store: new PostgresApiKeyStore(database), tokens, randomBytes, warn }),
    audit,
    refusals: new Refusals(audit, clock),
  };
}
