import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { SecureContext } from "node:tls";
import { messageOf } from "../domain/messageOf.js";
import { followFiles } from "../lib/followFiles.js";

const LOOK_EVERY_MS = 1000;

/** Paths of PEM files: who is trusted, and who this side is. */
export interface PeerFiles {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

export interface PeerSecrets {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Both sides are Skysail's own: nothing older is needed. */
export const TLS_VERSION = { minVersion: "TLSv1.3" } as const;

/** Throws an Error with one line where one cannot be read, or they do not belong together. */
export function readPeerFiles(files: PeerFiles): PeerSecrets & { readonly context: SecureContext } {
  const secrets = { ca: read(files.ca), cert: read(files.certificate), key: read(files.key) };
  try {
    return { ...secrets, context: createSecureContext({ ...secrets, ...TLS_VERSION }) };
  } catch (error) {
    throw new Error(`${files.certificate} with ${files.key} and ${files.ca}: ${messageOf(error)}`, { cause: error });
  }
}

/** Calls `changed` with each new set that fits; of others it tells, and the set before stays. Gives the way to end it. */
export function followPeerFiles(
  files: PeerFiles,
  changed: (secrets: ReturnType<typeof readPeerFiles>) => void,
  warn: (message: string) => void,
): () => void {
  return followFiles({
    paths: [files.ca, files.certificate, files.key],
    lookEveryMs: LOOK_EVERY_MS,
    read: () => readPeerFiles(files),
    changed,
    failed: (error) => warn(`the certificates before stay in use: ${messageOf(error)}`),
  });
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}
