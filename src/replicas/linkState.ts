import type { Cancel } from "../domain/ports.js";
import type { GRPCInferenceServiceClient } from "../protocol/generated/inference.js";
import type { BatchChannel } from "./batchChannel.js";
import type { WarmUpSample } from "./warmUp.js";
import type { WrapperDescription } from "./wrapperClient.js";

/** A connection on which batches can travel. */
export interface Opened {
  readonly client: GRPCInferenceServiceClient;
  readonly stream: BatchChannel;
  readonly stopWatching: Cancel;
  readonly wrapper: WrapperDescription;
}

export interface Connecting {
  readonly phase: "CONNECTING";
  client: GRPCInferenceServiceClient | undefined;
  readonly why: string | undefined;
}

/** The phases are told at ReplicaLink. `why`, where there is one, is what ended the last try. */
export type LinkState =
  | { readonly phase: "STOPPED" }
  | Connecting
  | (Opened & { readonly phase: "OPENING"; readonly why: string | undefined })
  | (Opened & { readonly phase: "WARMING"; readonly why: string | undefined; rows: number })
  | (Opened & { readonly phase: "READY"; readonly sinceMs: number; readonly samples: readonly WarmUpSample[] })
  /** `leaves`: for good, since the replica was removed. */
  | (Opened & { readonly phase: "DRAINING"; readonly why: string; readonly leaves: boolean })
  | {
      readonly phase: "BACKOFF";
      readonly cancelRetry: Cancel;
      readonly retryAtMs: number;
      readonly why: string | undefined;
    };

export type LinkPhase = Exclude<LinkState["phase"], "OPENING">;

export function openedOf({ client, stream, stopWatching, wrapper }: Opened): Opened {
  return { client, stream, stopWatching, wrapper };
}

export function release({ client, stream, stopWatching }: Opened, why: string): void {
  stopWatching();
  stream.close(why);
  client.close();
}
