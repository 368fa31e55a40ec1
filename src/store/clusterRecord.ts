import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { FailureError, failure } from "../domain/failure.js";

const RECORD = z.object({
  clusterDir: z.string().min(1),
  password: z.string().min(1),
});

/** What a data folder remembers about its cluster, in `skysail.json`: where it lies and how to log in. */
export type ClusterRecord = Readonly<z.infer<typeof RECORD>>;

export async function readClusterRecord(dataDir: string): Promise<ClusterRecord | undefined> {
  const path = recordPath(dataDir);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parseClusterRecord(text, path);
}

function parseClusterRecord(text: string, path: string): ClusterRecord {
  try {
    return RECORD.parse(JSON.parse(text));
  } catch (error) {
    const message = `${path} is damaged: restore it from a backup, or use a fresh --data-dir`;
    throw new FailureError(failure("STORE_UNAVAILABLE", message), { cause: error });
  }
}

/** Whole or not at all, and for the owner's eyes only: it holds the database password. */
export async function writeClusterRecord(dataDir: string, record: ClusterRecord): Promise<void> {
  const path = recordPath(dataDir);
  await writeFile(`${path}.new`, JSON.stringify(record, undefined, 2) + "\n", { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

function recordPath(dataDir: string): string {
  return join(dataDir, "skysail.json");
}
