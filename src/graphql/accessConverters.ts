import type { ChainCheck } from "../lib/auditChain.js";
import type { RequestedKey } from "../access/accessControl.js";
import type { ApiKey, StoredAuditEntry } from "../domain/access.js";
import type { ApiKeyType, AuditEntryType, AuditVerificationType, CreateApiKeyInput } from "./accessTypes.js";

export function toRequestedKey(input: CreateApiKeyInput): RequestedKey {
  const { name, scopes, applications, rowsPerSecond, expiresAt } = input;
  return {
    name,
    scopes: [...new Set(scopes)],
    applications: applications == null ? undefined : [...new Set(applications)].sort(),
    rowsPerSecond: rowsPerSecond ?? undefined,
    expiresAtMs: expiresAt?.getTime(),
  };
}

export function fromApiKey(key: ApiKey): ApiKeyType & { readonly __typename: "ApiKey" } {
  const { id, name, scopes, applications, rowsPerSecond, createdAtMs, expiresAtMs, revokedAtMs, lastUsedAtMs } = key;
  return {
    __typename: "ApiKey",
    id,
    name,
    scopes,
    applications,
    rowsPerSecond,
    createdAt: new Date(createdAtMs),
    expiresAt: dateOf(expiresAtMs),
    revokedAt: dateOf(revokedAtMs),
    lastUsedAt: dateOf(lastUsedAtMs),
  };
}

export function fromAuditEntry(entry: StoredAuditEntry): AuditEntryType {
  const { seq, atMs, keyId, address, action, target, outcome, hash } = entry;
  return {
    seq,
    at: new Date(atMs),
    keyId: keyId === "" ? undefined : keyId,
    address,
    action,
    target: target === "" ? undefined : target,
    outcome,
    hash: Buffer.from(hash).toString("hex"),
  };
}

export function fromChainCheck(check: ChainCheck): AuditVerificationType {
  if (check.kind === "broken") return { intact: false, firstTampered: check.seq, problem: check.problem };
  const { seq, hash } = check.head;
  return { intact: true, entries: seq, hash: Buffer.from(hash).toString("hex") };
}

function dateOf(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
