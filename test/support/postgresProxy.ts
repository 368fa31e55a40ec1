import { FaultProxy } from "../../bench/faultProxy.js";
import type { Side } from "../../bench/faultProxy.js";

export interface PostgresProxy {
  /** The given URL, through the proxy. */
  readonly url: string;
  /** Falls silent at the first message of that side that contains `text`; that message does not pass either. */
  freezeAt(side: Side, text: string): void;
  thaw(): void;
  /** Connections that clients have made so far. */
  connections(): number;
  close(): Promise<void>;
}

/** A proxy in front of a PostgreSQL. */
export async function startPostgresProxy(url: string): Promise<PostgresProxy> {
  const { hostname, port } = new URL(url);
  const proxy = await FaultProxy.start({ host: hostname, port: Number(port === "" ? 5432 : port) });
  return {
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(proxy.port) }).href,
    freezeAt: (side, text) => (proxy.toxics = { silentAt: { side, text } }),
    thaw: () => (proxy.toxics = {}),
    connections: () => proxy.connections,
    close: () => proxy.down(),
  };
}
