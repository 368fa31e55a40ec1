import type { AuditEntry, AuditStore, StoredAuditEntry } from "../domain/access.js";
import { failure, isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { AUDIT_START, checkEnd, followChain } from "../lib/auditChain.js";
import type { ChainCheck } from "../lib/auditChain.js";

const PAGE = 1000;

/** What administrators did, one entry a change, in the order in which this server did them. */
export class AuditLog {
  readonly #store: AuditStore;
  readonly #error: (message: string) => void;
  #written: Promise<unknown> = Promise.resolve();

  constructor(store: AuditStore, error: (message: string) => void) {
    this.#store = store;
    this.#error = error;
  }

  /** Settles when it is durable. What cannot be written is told in the process's log, whole. */
  record(entry: AuditEntry): Promise<Failure | undefined> {
    const writing = this.#written.then(async () => {
      const problem = await this.#store.append(entry).catch((error: unknown) => failure("INTERNAL", String(error)));
      if (problem !== undefined) {
        this.#error(`the audit log lacks ${JSON.stringify(entry)}: ${problem.message}`);
      }
      return problem;
    });
    this.#written = writing;
    return writing;
  }

  /** All that was recorded before is written, or told. */
  async settled(): Promise<void> {
    await this.#written;
  }

  /** Newest first, before that place. */
  async before(seq: number, count: number): Promise<readonly StoredAuditEntry[] | Failure> {
    await this.settled();
    return this.#store.before(seq, count);
  }

  /** Reads the whole chain, page by page. */
  async verify(): Promise<ChainCheck | Failure> {
    await this.settled();
    // First, so that what is written meanwhile is not taken for what nobody wrote.
    const written = await this.#store.head();
    if (isFailure(written)) return written;
    let head = AUDIT_START;
    for (;;) {
      const page = await this.#store.after(head.seq, PAGE);
      if (isFailure(page)) return page;
      const entries = page.filter(({ seq }) => seq <= written.seq);
      const checked = followChain(head, entries);
      if (checked.kind === "broken") return checked;
      head = checked.head;
      if (entries.length < PAGE) return checkEnd(head, written);
    }
  }
}
