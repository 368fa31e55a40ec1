import postgres from "postgres";
import { z } from "zod";
import { setUpApplication } from "../application.js";
import type { Bench } from "../bench.js";
import { BenchError } from "../bench.js";
import { FaultProxy } from "../faultProxy.js";
import { startCluster } from "../feedback/realDatabase.js";
import { HttpSender } from "../httpSender.js";
import { startNoopWrapper, WIDTH } from "../noopWrapper.js";
import { PREDICT_WITH_RECEIPT } from "../operations.js";
import { startSkysail, temporaryFolder } from "../skysailServer.js";
import { SLO_MS, STUB } from "../stubRig.js";

export const APPLICATION = "lines";
/** Whose state the server holds from the start. */
export const KNOWN_ENTITIES = 200;

const MOST_ATTEMPTS = 10;

const PREDICTED = z.object({ data: z.object({ predict: z.object({ receipt: z.string() }) }) });

/** A server that reaches its PostgreSQL through a proxy, and an application that learns for each entity. */
export interface StoreRig {
  readonly graphqlUrl: string;
  readonly proxy: FaultProxy;
  /** One for each known entity, in their order. */
  readonly receipts: readonly string[];
  /** As an operator does; then nothing listens where it was. */
  readonly stopPostgres: () => Promise<void>;
  readonly startPostgres: () => Promise<void>;
  /** Keys of the feedback log, read past the proxy. */
  readonly storedKeys: () => Promise<readonly string[]>;
}

export async function startStoreRig(bench: Bench): Promise<StoreRig> {
  const folder = await temporaryFolder(bench);
  let cluster = await startCluster(bench, folder, "auto");
  const proxy = await FaultProxy.start({ host: "127.0.0.1", port: portOf(cluster.url) });
  await bench.cleanup.add(() => proxy.down());
  const url = Object.assign(new URL(cluster.url), { port: String(proxy.port) }).href;
  const { graphqlUrl } = await startSkysail(bench, folder, false, ["--database-url", url]);
  const { endpoint } = await startNoopWrapper(bench, folder, STUB, APPLICATION);
  const learning = { policy: { linear: {} }, loss: { squared: { range: 100 } } };
  await setUpApplication(graphqlUrl, { name: APPLICATION, endpoint, sloMs: SLO_MS, learning });
  return {
    graphqlUrl,
    proxy,
    receipts: await receiptsOf(graphqlUrl),
    stopPostgres: async () => {
      await cluster.stop();
      await proxy.down();
    },
    startPostgres: async () => {
      cluster = await startCluster(bench, folder, "auto");
      proxy.leadTo(portOf(cluster.url));
      await proxy.up();
    },
    storedKeys: () => storedKeys(cluster.url),
  };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** The first is a number that no other input begins with. */
export function inputOf(count: number): { readonly values: readonly number[] } {
  return { values: Array.from({ length: WIDTH }, (_, i) => (i === 0 ? count : i)) };
}

async function receiptsOf(url: string): Promise<readonly string[]> {
  const sender = new HttpSender(url);
  const one = async (i: number, attempt = 1): Promise<string> => {
    const input = { application: APPLICATION, input: inputOf(-1 - i), entity: `known-${i}` };
    const text = await sender.post(JSON.stringify({ query: PREDICT_WITH_RECEIPT.toString(), variables: { input } }));
    const { data } = PREDICTED.safeParse(JSON.parse(text));
    if (data !== undefined) return data.data.predict.receipt;
    // On a machine that stalls one may be late.
    if (attempt === MOST_ATTEMPTS) throw new BenchError(`no receipt: ${text.slice(0, 300)}`);
    return one(i, attempt + 1);
  };
  const receipts: string[] = [];
  for (let i = 0; i < KNOWN_ENTITIES; i++) receipts.push(await one(i));
  sender.close();
  return receipts;
}

async function storedKeys(url: string): Promise<readonly string[]> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  const rows = await sql<{ key: string }[]>`select key from observation`.finally(() => sql.end());
  return rows.map(({ key }) => key);
}
