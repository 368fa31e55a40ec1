import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "../bench.js";
import { runningCluster } from "../durability/embeddedCluster.js";
import { startSkysail, temporaryFolder } from "../skysailServer.js";
import type { SkysailServer } from "../skysailServer.js";
import { createApplications, ensembleApplication, linearApplication, startMembers } from "./feedbackApplications.js";
import { OBSERVE, OBSERVE_MANY } from "./operations.js";
import { realDatabase } from "./realDatabase.js";
import { writeReceipts } from "./receipts.js";

export const DATABASES = ["embedded", "real"] as const;
/** Embedded: npm's, started by the server. Real: the machine's own, or the one of TEST_DATABASE_URL. */
export type DatabaseKind = (typeof DATABASES)[number];

export const ENSEMBLE = ensembleApplication("ensemble");
export const LINEAR = linearApplication("linear", 64);
export const ENSEMBLE_ENTITIES = 10_000;
/** Fewer: each has 17 kB, and the server's memory for them is 64 MiB. */
export const LINEAR_ENTITIES = 1_000;

export interface ObserveRig {
  readonly server: SkysailServer;
  readonly databaseUrl: string;
  /** File of receipts of an application, for observe.lua. */
  readonly receipts: Readonly<Record<"ensemble" | "linear", string>>;
  /** Files of requests. */
  readonly one: string;
  readonly many: string;
}

/** A server on one of the databases, with applications that learn, and receipts for all their entities. */
export async function startObserveRig(bench: Bench, kind: DatabaseKind, inspect = false): Promise<ObserveRig> {
  const folder = await temporaryFolder(bench);
  bench.progress(`  ${kind}: starting the server, asking for receipts`);
  const url = kind === "real" ? await realDatabase(bench) : undefined;
  const settings = url === undefined ? ["--postgres", "bundled"] : ["--database-url", url];
  const server = await startSkysail(bench, folder, inspect, settings);
  await startMembers(bench, folder);
  await createApplications(server.graphqlUrl, folder, [ENSEMBLE, LINEAR]);
  const receipts = { ensemble: join(folder, "ensemble"), linear: join(folder, "linear") };
  await writeReceipts(server.graphqlUrl, ENSEMBLE, ENSEMBLE_ENTITIES, receipts.ensemble);
  await writeReceipts(server.graphqlUrl, LINEAR, LINEAR_ENTITIES, receipts.linear);
  return {
    ...{ server, receipts },
    databaseUrl: url ?? (await runningCluster(join(folder, "data"))).url,
    one: await writeObserveTemplate(folder),
    many: await template(folder, "observeMany", {
      query: OBSERVE_MANY.toString(),
      variables: { inputs: ["@inputs@"] },
    }),
  };
}

/** Of a request of one observation, for observe.lua. */
export function writeObserveTemplate(folder: string): Promise<string> {
  return template(folder, "observe", { query: OBSERVE.toString(), variables: { input: "@inputs@" } });
}

async function template(folder: string, name: string, body: object): Promise<string> {
  const path = join(folder, `${name}.json`);
  await writeFile(path, JSON.stringify(body).replace('"@inputs@"', "@inputs@"));
  return path;
}
