import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";

export interface PostgresProxy {
  /** The given URL, through the proxy. */
  readonly url: string;
  /** Falls silent at the first message of that side that contains `text`; that message does not pass either. */
  freezeAt(side: "client" | "server", text: string): void;
  thaw(): void;
  /** Connections that clients have made so far. */
  connections(): number;
  close(): Promise<void>;
}

/** A TCP proxy that can fall silent without closing anything: a frozen server, or a network that swallows packets. */
export async function startPostgresProxy(url: string): Promise<PostgresProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let trigger: { readonly side: string; readonly text: string } | undefined;
  let frozen = false;
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    const upstream = connect(Number(target.port === "" ? 5432 : target.port), target.hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
    const pass = (side: "client" | "server", bytes: Buffer, to: Socket): void => {
      if (trigger?.side === side && bytes.includes(trigger.text)) frozen = true;
      if (!frozen) to.write(bytes);
    };
    upstream.on("data", (bytes: Buffer) => pass("server", bytes, client));
    client.on("data", (bytes: Buffer) => pass("client", bytes, upstream));
  });
  const port = await listening(server);
  return {
    url: Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(port) }).href,
    freezeAt: (side, text) => (trigger = { side, text }),
    thaw: () => {
      trigger = undefined;
      frozen = false;
    },
    connections: () => count,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}
