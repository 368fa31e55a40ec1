import { createHash, randomBytes } from "node:crypto";
import { chmod, link, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { badInput, failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import { isRunning } from "../lib/isRunning.js";
import { makeFolder } from "../lib/makeFolder.js";
import { namesIn } from "../lib/namesIn.js";
import { markUsed, pruned } from "./unused.js";

export interface ArtefactStoreOptions {
  readonly dataDir: string;
  /** Of one artefact. */
  readonly maxBytes: number;
  readonly clock: Pick<Clock, "wallMs">;
}

export interface StoredArtefact {
  readonly kind: "stored";
  /** False: it was there already. */
  readonly created: boolean;
  readonly bytes: number;
}

const SHA256 = /^[0-9a-f]{64}$/;
/** Uploads at once: each holds a file and a socket. */
const MAX_INCOMING = 8;
const UNWRITABLE: ReadonlySet<string> = new Set([
  "ENOSPC",
  "EDQUOT",
  "EFBIG",
  "EROFS",
  "EACCES",
  "EPERM",
  "ENOTDIR",
  "ENOENT",
]);

/**
 * Saved models in the data folder, each under the SHA-256 of its bytes. One that has the name is whole: bytes are counted
 * and hashed as they come, into a file of another name that is renamed in the end and removed when anything goes wrong.
 * Those of servers that were killed are removed at the next start.
 */
export class ArtefactStore {
  readonly #clock: Pick<Clock, "wallMs">;
  readonly #maxBytes: number;
  readonly #dataDir: string;
  readonly #folder: string;
  readonly #incoming: string;
  #incomingCount = 0;

  constructor({ dataDir, maxBytes, clock }: ArtefactStoreOptions) {
    this.#clock = clock;
    this.#maxBytes = maxBytes;
    this.#dataDir = dataDir;
    this.#folder = join(dataDir, "artefacts");
    this.#incoming = join(this.#folder, "incoming");
  }

  async start(): Promise<void> {
    for (const name of await namesIn(this.#incoming)) {
      const owner = Number(name.split("-")[0]);
      // The first process of the next container has the number that the last one's had.
      if (owner === process.pid || !isRunning(owner)) await rm(join(this.#incoming, name), { force: true });
    }
  }

  /** Its size in bytes; undefined where it is not here. */
  async sizeOf(sha256: string): Promise<number | undefined> {
    if (!SHA256.test(sha256)) return undefined;
    try {
      return (await stat(join(this.#folder, sha256))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Takes an artefact in. BAD_INPUT: the name is no SHA-256, or not that of the bytes. PAYLOAD_TOO_LARGE: beyond the
   * limit; `announcedBytes` is refused before anything is read. STORE_UNAVAILABLE: the disk does not take it. Rejects
   * as `body` does. After every failure the folder is as before.
   */
  async put(
    sha256: string,
    body: AsyncIterable<Uint8Array>,
    announcedBytes: number | undefined,
  ): Promise<StoredArtefact | Failure> {
    if (!SHA256.test(sha256)) return badInput(["sha256"], "64 hexadecimal digits in lower case", sha256.slice(0, 80));
    const known = await this.sizeOf(sha256);
    if (known !== undefined) {
      await this.used(sha256);
      return { kind: "stored", created: false, bytes: known };
    }
    if (announcedBytes !== undefined && announcedBytes > this.#maxBytes) return this.#tooLarge(announcedBytes);
    if (this.#incomingCount >= MAX_INCOMING) {
      return failure("OVERLOADED", `${MAX_INCOMING} artefacts are being uploaded: try again`, { retryAfterMs: 5000 });
    }
    this.#incomingCount++;
    try {
      return await this.#receive(sha256, body);
    } finally {
      this.#incomingCount--;
    }
  }

  /** Removes those that are not to be kept and have not been used for so long. Their names. */
  async prune(keep: ReadonlySet<string>, unusedForMs: number): Promise<readonly string[]> {
    const names = (await namesIn(this.#folder)).filter((name) => SHA256.test(name) && !keep.has(name));
    return pruned(this.#folder, names, this.#clock.wallMs() - unusedForMs);
  }

  /** It was brought, or run from, until now. */
  async used(sha256: string): Promise<void> {
    await markUsed(this.pathOf(sha256), this.#clock.wallMs());
  }

  /** Gives an artefact one more name; what has it keeps it, whatever becomes of the first. */
  async linkTo(sha256: string, path: string): Promise<void> {
    await link(this.pathOf(sha256), path);
  }

  pathOf(sha256: string): string {
    if (!SHA256.test(sha256)) throw new Error(`no artefact has the name ${sha256}`);
    return join(this.#folder, sha256);
  }

  async #receive(sha256: string, body: AsyncIterable<Uint8Array>): Promise<StoredArtefact | Failure> {
    const path = join(this.#incoming, `${process.pid}-${randomBytes(8).toString("hex")}`);
    try {
      makeFolder(this.#incoming, 0o700);
      const received = await this.#write(path, body);
      if ("kind" in received) return received;
      if (received.sha256 !== sha256) {
        return badInput(["sha256"], `the SHA-256 of the ${received.bytes} bytes, ${received.sha256}`, sha256);
      }
      await chmod(path, 0o444);
      await rename(path, this.pathOf(sha256));
      return { kind: "stored", created: true, bytes: received.bytes };
    } catch (error) {
      const { code } = error as { code?: unknown };
      if (typeof code !== "string" || !UNWRITABLE.has(code)) throw error;
      return failure(
        "STORE_UNAVAILABLE",
        `the data folder ${this.#dataDir} does not take the artefact (${code}): see to its disk and permissions`,
      );
    } finally {
      await rm(path, { force: true });
    }
  }

  async #write(
    path: string,
    body: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly sha256: string; readonly bytes: number } | Failure> {
    const hash = createHash("sha256");
    let bytes = 0;
    const file = await open(path, "wx", 0o600);
    try {
      for await (const chunk of body) {
        bytes += chunk.length;
        if (bytes > this.#maxBytes) return this.#tooLarge(bytes);
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    return { sha256: hash.digest("hex"), bytes };
  }

  #tooLarge(bytes: number): Failure {
    const message = `the artefact has ${bytes} bytes or more, maxArtefactBytes is ${this.#maxBytes}: start the server with a larger --max-artefact-bytes`;
    return failure("PAYLOAD_TOO_LARGE", message);
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown }).code === "ENOENT";
}
