import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BenchError } from "../bench.js";
import { readClusterRecord } from "../../src/store/clusterRecord.js";
import { CLUSTER_DATABASE, CLUSTER_USER } from "../../src/store/cluster.js";

/** The PostgreSQL that a server on this data folder runs now. */
export interface RunningCluster {
  readonly pid: number;
  readonly url: string;
}

/** As its own files say. */
export async function runningCluster(dataDir: string): Promise<RunningCluster> {
  const record = await readClusterRecord(dataDir);
  if (record === undefined) throw new BenchError(`${dataDir} has no cluster`);
  // postmaster.pid: process id, data folder, start time, port, ...
  const lines = readFileSync(join(record.clusterDir, "postmaster.pid"), "utf8").split("\n");
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return { pid, url: `postgres://${CLUSTER_USER}:${record.password}@127.0.0.1:${port}/${CLUSTER_DATABASE}` };
}
