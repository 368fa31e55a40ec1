import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** The user that PostgreSQL runs as. */
export interface PostgresOwner {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root, so a server started by root runs it as `postgres` where that user exists, else as
 * `nobody`; both have an entry in /etc/passwd, which initdb insists on. Undefined: not root, PostgreSQL runs as we do.
 */
export function postgresOwner(): PostgresOwner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  return passwdEntry("postgres") ?? passwdEntry("nobody") ?? { name: "nobody", uid: 65534, gid: 65534 };
}

function passwdEntry(name: string): PostgresOwner | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  return uid === undefined || gid === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/** Whether the user may enter `folder` and every folder above it. Undefined: we ourselves, who just made it. */
export function canReach(folder: string, owner: PostgresOwner | undefined): boolean {
  if (owner === undefined) return true;
  for (let path = realpathSync(folder); ; path = dirname(path)) {
    const { mode, uid, gid } = statSync(path);
    const search = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001;
    if ((mode & search) === 0) return false;
    if (path === dirname(path)) return true;
  }
}
