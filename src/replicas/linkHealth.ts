import { credentials, Metadata, status } from "@grpc/grpc-js";
import type { Client, ServiceError } from "@grpc/grpc-js";
import type { Cancel } from "../domain/ports.js";
import { HealthCheckResponse_ServingStatus, HealthClient } from "../protocol/generated/health.js";
import type { HealthCheckResponse } from "../protocol/generated/health.js";

const WHOLE_SERVER = { service: "" };

/** gRPC's health service of the server that `client` is connected to, asked on the same connection. */
export function healthClientOf(client: Client, endpoint: string): HealthClient {
  return new HealthClient(endpoint, credentials.createInsecure(), { channelOverride: client.getChannel() });
}

/**
 * False only if the server says that it is not serving: one without the health service, or with one that does not
 * know, may serve all the same. Rejects when it cannot be reached by `deadlineWallMs` (since 1970).
 */
export function askServing(health: HealthClient, deadlineWallMs: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    health.check(
      WHOLE_SERVER,
      new Metadata(),
      { deadline: deadlineWallMs },
      (error: ServiceError | null, response: HealthCheckResponse) => {
        if (error === null) resolve(!isNotServing(response));
        else if (error.code === status.UNIMPLEMENTED || error.code === status.NOT_FOUND) resolve(true);
        else reject(error);
      },
    );
  });
}

/**
 * Calls back as often as the server says that it does not serve any more, until called off. A watch that ends says
 * nothing: either the connection ended with it, or the server has none.
 */
export function watchServing(health: HealthClient, onNotServing: () => void): Cancel {
  const watch = health.watch(WHOLE_SERVER);
  watch.on("error", () => undefined);
  watch.on("data", (response: HealthCheckResponse) => {
    if (isNotServing(response)) onNotServing();
  });
  return () => watch.cancel();
}

function isNotServing({ status: serving }: HealthCheckResponse): boolean {
  return serving === HealthCheckResponse_ServingStatus.NOT_SERVING;
}
