import { createHash } from "node:crypto";
import type { AuditEntry, AuditHead, StoredAuditEntry } from "../domain/access.js";

/** SHA-256 over the entry before it and everything that stands in this one. */
export function auditHash(previousHash: Uint8Array, seq: number, entry: AuditEntry): Buffer {
  const { atMs, keyId, address, action, target, outcome } = entry;
  const content = JSON.stringify([seq, atMs, keyId, address, action, target, outcome]);
  return createHash("sha256").update(previousHash).update(content).digest();
}

export const AUDIT_START: AuditHead = { seq: 0, hash: new Uint8Array(32) };

/** What is wrong with the first entry that does not continue the chain, or the chain's end so far. */
export type ChainCheck =
  | { readonly kind: "intact"; readonly head: AuditHead }
  | { readonly kind: "broken"; readonly seq: number; readonly problem: string };

/** Follows the chain from `head` over the entries after it, which may be some of many. */
export function followChain(head: AuditHead, entries: readonly StoredAuditEntry[]): ChainCheck {
  let { seq, hash } = head;
  for (const entry of entries) {
    const expected = seq + 1;
    if (entry.seq !== expected) return broken(expected, "it is missing");
    if (!equal(entry.previousHash, hash)) return broken(expected, "it does not follow the entry before it");
    if (!equal(entry.hash, auditHash(hash, expected, entry))) return broken(expected, "its content was changed");
    seq = expected;
    hash = entry.hash;
  }
  return { kind: "intact", head: { seq, hash } };
}

/** At its end: whether that is where the log ended when it was last written. */
export function checkEnd(reached: AuditHead, written: AuditHead): ChainCheck {
  if (reached.seq < written.seq) return broken(reached.seq + 1, "it is missing");
  return equal(reached.hash, written.hash)
    ? { kind: "intact", head: reached }
    : broken(reached.seq, "its hash is not the one that was written");
}

function broken(seq: number, problem: string): ChainCheck {
  return { kind: "broken", seq, problem: `entry ${seq}: ${problem}` };
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
