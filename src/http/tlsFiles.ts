import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { failure, FailureError } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import { followFiles } from "../lib/followFiles.js";

const LOOK_EVERY_MS = 2_000;

export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

export interface TlsPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Throws FailureError where one cannot be read, or they do not belong together. */
export function readTlsFiles({ certificate, key }: TlsFiles): TlsPair {
  const pair = { cert: read("--tls-certificate", certificate), key: read("--tls-key", key) };
  try {
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw refusal(`--tls-certificate ${certificate} with --tls-key ${key}: ${messageOf(error)}`);
  }
}

/** Calls `changed` with each new pair that fits; of others it tells, and the pair before stays. Gives the way to end it. */
export function followTlsFiles(
  files: TlsFiles,
  changed: (pair: TlsPair) => void,
  warn: (message: string) => void,
): () => void {
  return followFiles({
    paths: [files.certificate, files.key],
    lookEveryMs: LOOK_EVERY_MS,
    read: () => readTlsFiles(files),
    changed,
    failed: (error) => warn(`the certificate before stays in use: ${messageOf(error)}`),
  });
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw refusal(`${option} ${path}: ${messageOf(error)}`);
  }
}

function refusal(message: string): FailureError {
  return new FailureError(failure("BAD_INPUT", message));
}
