import { createConnection, createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import type { Bench } from "../bench.js";

/** A way to a wrapper on another machine: what is sent to the returned endpoint arrives so much later, both ways. */
export async function delayWay(bench: Bench, endpoint: string, wayMs: number): Promise<string> {
  const path = endpoint.replace(/^unix:/, "");
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = createConnection(path);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on("data", (bytes: Buffer) => setTimeout(() => to.writable && to.write(bytes), wayMs));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await bench.cleanup.add(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
