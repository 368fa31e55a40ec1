import type { AuditEntry } from "../domain/access.js";
import type { FailureCode } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import { RecentMap } from "../lib/recentMap.js";
import type { AuditLog } from "./auditLog.js";

const RECORD_AGAIN_MS = 60_000;
const KINDS = 10_000;

/**
 * Requests of known callers that were refused whole. All are counted. Of each kind (whose, of what, why) the first in a
 * minute is recorded, since the audit log is never cut: nobody may fill it with what they may not do.
 */
export class Refusals {
  readonly #audit: Pick<AuditLog, "record">;
  readonly #clock: Pick<Clock, "nowMs">;
  readonly #counts = new Map<FailureCode, number>();
  /** When one of the kind was recorded last, in monotonic milliseconds. */
  readonly #recordedMs = new RecentMap<string, number>(KINDS);

  constructor(audit: Pick<AuditLog, "record">, clock: Pick<Clock, "nowMs">) {
    this.#audit = audit;
    this.#clock = clock;
  }

  get counts(): ReadonlyMap<FailureCode, number> {
    return this.#counts;
  }

  count(code: FailureCode): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1);
  }

  /** Settles when it is written, where it is. */
  async record(entry: AuditEntry): Promise<void> {
    const { keyId, action, outcome } = entry;
    const kind = JSON.stringify([keyId, action, outcome]);
    const lastMs = this.#recordedMs.get(kind);
    const nowMs = this.#clock.nowMs();
    if (lastMs !== undefined && nowMs - lastMs < RECORD_AGAIN_MS) return;
    this.#recordedMs.set(kind, nowMs);
    await this.#audit.record(entry);
  }
}
