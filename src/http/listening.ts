import { once } from "node:events";
import { createServer } from "node:net";
import { failure, FailureError } from "../domain/failure.js";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Listens for a moment where a server will: what stands in its way is known before anything else is started. */
export async function refuseTakenPort({ host, port }: ListenAddress): Promise<void> {
  const probe = createServer((socket) => socket.destroy()).listen({ host, port });
  try {
    await once(probe, "listening");
  } catch (error) {
    throw listenFailure(error, { host, port });
  }
  probe.close();
  await once(probe, "close");
}

/** Of a listener's error, what is to be done about it. */
export function listenFailure(error: unknown, { host, port }: ListenAddress): Error {
  const code = (error as { code?: unknown }).code;
  if (code === "EADDRINUSE") {
    return new FailureError(
      failure("INTERNAL", `port ${port} on ${host} is taken: give another with --port or SKYSAIL_PORT`),
    );
  }
  if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES") {
    return new FailureError(
      failure("INTERNAL", `cannot listen on ${host}:${port} (${code}): give another --host or --port`),
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
