import type { ChannelOptions } from "@grpc/grpc-js";

/** gRPC's own default is 4 MiB, received; 64 rows of 784 FP64 numbers are 0.4 MB. */
export const DEFAULT_MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** Of silence before a ping, and of waiting for its answer: together below the 2 s in which a hang is to be noticed. */
const PING_AFTER_MS = 800;
const PING_TIMEOUT_MS = 1000;
/** How often others may ping. */
const MIN_PING_INTERVAL_MS = 500;

function messageLimits(maxMessageBytes: number): ChannelOptions {
  return {
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
  };
}

/** For channels to wrappers with the extension: a stopped process is noticed within 1.8 s, also with no call open. */
export const PINGS: ChannelOptions = {
  "grpc.keepalive_time_ms": PING_AFTER_MS,
  "grpc.keepalive_timeout_ms": PING_TIMEOUT_MS,
  "grpc.keepalive_permit_without_calls": 1,
};

/**
 * For channels to wrappers. A channel that waits for a server tries again within 500 ms (the default backoff starts at
 * 1 s and grows to 120 s).
 */
export function channelOptions(maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES): ChannelOptions {
  return {
    ...messageLimits(maxMessageBytes),
    "grpc.initial_reconnect_backoff_ms": 50,
    "grpc.max_reconnect_backoff_ms": 500,
    // Rows are re-queued by the server, which knows their deadlines; gRPC's retries would buffer every message.
    "grpc.enable_retries": 0,
    "grpc.enable_channelz": 0,
  };
}

/**
 * For wrappers and fronts. @grpc/grpc-js answers any rate of pings; servers on the C core (Python) refuse pings
 * closer than 5 minutes unless told by the two http2 options, which other runtimes ignore.
 */
export function serverOptions(maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES): ChannelOptions {
  return {
    ...messageLimits(maxMessageBytes),
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.http2.min_recv_ping_interval_without_data_ms": MIN_PING_INTERVAL_MS,
    "grpc.http2.max_ping_strikes": 0,
    "grpc.enable_channelz": 0,
  };
}
