import { connectivityState, Metadata, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import type { Cancel, Clock } from "../domain/ports.js";
import type { GRPCInferenceServiceClient, ServerLiveResponse } from "../protocol/generated/inference.js";
import { plainReason } from "./wrapperClient.js";

/** Between an answer and the next question, and until an answer counts as missing. */
export const LIVENESS_MS = 1000;

export interface LivenessOptions {
  readonly client: GRPCInferenceServiceClient;
  readonly clock: Clock;
  /** While it computes it may be too busy to answer, and the batch has a limit of its own. */
  readonly isComputing: () => boolean;
  readonly onDead: (why: string) => void;
}

/**
 * For servers that take pings for an attack: asks ServerLive each second, and watches the connection, which gRPC would
 * make again behind the link's back, to a process that may serve something else. Calls back once at most.
 */
export function watchLiveness({ client, clock, isComputing, onDead }: LivenessOptions): Cancel {
  let stopped = false;
  let cancelNext: Cancel = () => undefined;
  const stop = (): void => {
    stopped = true;
    cancelNext();
  };
  const dead = (why: string): void => {
    if (stopped) return;
    stop();
    onDead(why);
  };
  watchConnection(client, () => dead("the connection was closed"));
  const ask = (): void => {
    const answered = (error: ServiceError | null, response: ServerLiveResponse): void => {
      if (stopped || error?.code === status.UNIMPLEMENTED) return;
      if (error === null && !response.live) return dead("the server says that it is not live");
      if (error !== null && !isComputing()) return dead(`ServerLive: ${plainReason(error)}`);
      cancelNext = clock.at(clock.nowMs() + LIVENESS_MS, ask);
    };
    client.serverLive({}, new Metadata(), { deadline: clock.wallMs() + LIVENESS_MS }, answered);
  };
  cancelNext = clock.at(clock.nowMs() + LIVENESS_MS, ask);
  return stop;
}

function watchConnection(client: GRPCInferenceServiceClient, onLost: () => void): void {
  const channel = client.getChannel();
  if (channel.getConnectivityState(false) !== connectivityState.READY) return queueMicrotask(onLost);
  channel.watchConnectivityState(connectivityState.READY, Infinity, (error) => {
    // An error says that the client was closed.
    if (error === undefined) onLost();
  });
}
