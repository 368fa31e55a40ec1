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

/** A cluster that exists keeps its user: PostgreSQL opens no other's, and a `postgres` user may have come meanwhile. */
export function ownerOfCluster(clusterDir: string, owner: PostgresOwner | undefined): PostgresOwner | undefined {
  const found = statSync(clusterDir, { throwIfNoEntry: false });
  if (owner === undefined || found === undefined || found.uid === owner.uid) return owner;
  return { name: `with uid ${found.uid}`, uid: found.uid, gid: found.gid };
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
