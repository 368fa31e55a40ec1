import type { Batch, BatchReply, Clock } from "../domain/ports.js";
import type { AskedOutputs } from "../lib/askedOutputs.js";
import type { GRPCInferenceServiceClient } from "../protocol/generated/inference.js";
import type { LinkCounters } from "./linkCounters.js";
import type { ReadReply } from "./streamReply.js";
import type { WrapperDescription } from "./wrapperClient.js";

export interface BatchChannelOptions {
  readonly client: GRPCInferenceServiceClient;
  readonly wrapper: WrapperDescription;
  readonly model: string;
  readonly version: number;
  /** For messages. */
  readonly replica: string;
  readonly clock: Clock;
  /** A batch without a reply for so long ends the channel's use. */
  readonly batchTimeoutMs: number;
  /** Whether raw contents carry a CRC-32, if the wrapper has the extension. */
  readonly checksums: boolean;
  readonly askedOutputs: Pick<AskedOutputs, "places">;
  readonly counters: LinkCounters;
  /** Before the rows that the reply is for are given back. */
  readonly onReply: (read: ReadReply) => void;
  /** After each reply, when no batch is in flight any more. */
  readonly onEmpty: () => void;
  /** The channel is of no more use: to be closed. */
  readonly onEnded: (why: string) => void;
}

/**
 * How batches travel on a link's connection: messages on one stream, or a call each. Every batch is called back exactly
 * once: by its reply, or by `close`.
 */
export interface BatchChannel {
  readonly inFlight: number;
  send(batch: Batch, done: (reply: BatchReply) => void): void;
  /** The connection went, or hung, with what is in flight: calls `onEnded`. */
  broke(why: string): void;
  /** Gives back what is in flight. Once; later calls do nothing. */
  close(why: string): void;
}

/** What gRPC says of a message above its limit, plain or unpacked. */
export const OVERSIZED = /^Received message (larger than max|that decompresses to a size larger than)/;
