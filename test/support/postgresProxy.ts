import { FaultProxy } from "../../bench/faultProxy.js";
import type { Side } from "../../bench/faultProxy.js";
import type { FakeClock } from "./fakeClock.js";
import { eventually } from "./postgres.js";

export interface PostgresProxy {
  /** The given URL, through the proxy. */
  readonly url: string;
  /** Falls silent at the first message of that side that contains `text`; that message does not pass either. */
  freezeAt(side: Side, text: string): void;
  thaw(): void;
  /**
   * What comes of it when the database is waited for, from the moment that the proxy has fallen silent, for as long as may
   * be on that clock: until then it may take its time.
   */
  whenSilent<T>(outcome: Promise<T>, clock: FakeClock): Promise<T>;
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
    whenSilent: async (outcome, clock) => {
      let settled = false;
      const settle = (): void => void (settled = true);
      outcome.then(settle, settle);
      await eventually(() => {
        if (proxy.isSilent) clock.advance(1000);
        return settled;
      });
      return outcome;
    },
    connections: () => proxy.connections,
    close: () => proxy.down(),
  };
}
