import { createHash } from "node:crypto";

/** SHA-256 over a list of byte strings, each behind its length so that boundaries count, in base64: stands for them. */
export function contentDigest(parts: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const bytes of parts) hash.update(`${bytes.length}:`).update(bytes);
  return hash.digest("base64");
}
