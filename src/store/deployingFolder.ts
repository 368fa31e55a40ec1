import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { failure, FailureError } from "../domain/failure.js";
import type { DeploymentFolder } from "../domain/deploymentPorts.js";
import type { Failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import { makeFolder } from "../lib/makeFolder.js";
import { lockDataFolder } from "./dataFolderLock.js";
import type { DataFolderLock } from "./dataFolderLock.js";

/**
 * A data folder as the place of deployments: one server at a time runs those that are in it, and finds them again by the id
 * that is kept there. Nothing is written before something is deployed.
 */
export class DeployingFolder implements DeploymentFolder {
  readonly #dataDir: string;
  readonly #idPath: string;
  #taken: { readonly server: string; readonly lock: DataFolderLock } | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.#idPath = join(dataDir, "server-id");
  }

  /** Something has been deployed from it, now or before. */
  get isUsed(): boolean {
    return existsSync(this.#idPath);
  }

  /** The id of the server whose folder it is; or why it cannot be this one: another has it, or it cannot be written to. */
  take(): string | Failure {
    try {
      this.#taken ??= this.#take();
      return this.#taken.server;
    } catch (error) {
      if (error instanceof FailureError) return error.failure;
      const why = messageOf(error);
      return failure("STORE_UNAVAILABLE", `the data folder ${this.#dataDir} cannot be used: ${why}`);
    }
  }

  release(): void {
    this.#taken?.lock.release();
    this.#taken = undefined;
  }

  #take(): { readonly server: string; readonly lock: DataFolderLock } {
    makeFolder(this.#dataDir, 0o700);
    const lock = lockDataFolder(this.#dataDir, "deploying.lock");
    return { lock, server: this.#id() };
  }

  #id(): string {
    if (this.isUsed) {
      const known = readFileSync(this.#idPath, "utf8").trim();
      if (/^[0-9a-f-]{36}$/.test(known)) return known;
    }
    const made = randomUUID();
    writeFileSync(this.#idPath, `${made}\n`, { mode: 0o600 });
    return made;
  }
}
