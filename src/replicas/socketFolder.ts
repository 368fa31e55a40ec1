import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunning } from "../lib/isRunning.js";

const PREFIX = "skysail-";

/**
 * A folder that only this user can enter, for the sockets of launched wrappers: in the temporary folder, since a
 * socket's path holds 107 bytes. This user's folders of servers that were killed go on the way, as far as they can.
 */
export function makeSocketFolder(pid: number): { readonly path: string; remove(): void } {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    removeOwn(join(tmpdir(), name));
  }
  const path = mkdtempSync(join(tmpdir(), `${PREFIX}${pid}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Everyone writes to the temporary folder: what lies there as somebody else's must not keep a server from starting. */
function removeOwn(path: string): void {
  try {
    const left = lstatSync(path);
    if (left.isDirectory() && left.uid === process.getuid?.()) rmSync(path, { recursive: true, force: true });
  } catch {
    // It stays, or another server that is starting has removed it.
  }
}
