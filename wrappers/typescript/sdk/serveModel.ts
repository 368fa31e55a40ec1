import { existsSync, unlinkSync } from "node:fs";
import { connect } from "node:net";
import * as grpc from "@grpc/grpc-js";
import { HealthImplementation } from "grpc-health-check";
import type { Logger } from "pino";
import { DEFAULT_MAX_MESSAGE_BYTES, serverOptions } from "../../../src/protocol/grpcOptions.js";
import type { PeerFiles } from "../../../src/protocol/peerFiles.js";
import { Executor } from "./executor.js";
import { Inference } from "./inference.js";
import type { Model } from "./model.js";
import { peersOf } from "./peers.js";
import type { RequestLimits } from "./request.js";
import { InferenceService } from "./service.js";

export interface ServeOptions extends Partial<RequestLimits> {
  /** `unix:/path`, or host:port; port 0 takes a free one. */
  readonly listen: string;
  readonly maxMessageBytes?: number;
  /** Without, whoever reaches the wrapper is answered. */
  readonly tls?: PeerFiles | undefined;
  /** Requests that may wait; one more is refused. Default 1024. */
  readonly maxQueued?: number;
  readonly logger: Logger;
}

export interface WrapperServer {
  /** Where it listens, with the port that was taken. */
  readonly address: string;
  /** Refuses new requests, finishes those in flight within `limitMs` (default 4 s), closes. Idempotent. */
  stop(limitMs?: number): Promise<void>;
}

const HEALTH_SERVICES = ["", "inference.GRPCInferenceService"];
const CLOSE_LIMIT_MS = 500;

/** Loads the model, then serves it: when the promise settles the wrapper is ready. */
export async function serveModel(model: Model, options: ServeOptions): Promise<WrapperServer> {
  const { logger, maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES, maxRows = 65_536, nonFinite = "pass" } = options;
  await model.load?.();
  const nowMs = (): number => performance.now();
  const executor = new Executor(model, { nowMs, maxQueued: options.maxQueued ?? 1024 });
  const inference = new Inference(model, executor, { maxRows, nonFinite, maxMessageBytes, logger, nowMs });
  const service = new InferenceService(inference);
  const health = new HealthImplementation();
  const peers = peersOf(options.tls, logger);
  const server = new grpc.Server({ ...serverOptions(maxMessageBytes), interceptors: peers.interceptors });
  service.addTo(server);
  health.addToServer(server);
  const address = await bind(server, options.listen, peers.credentials);
  for (const name of HEALTH_SERVICES) health.setStatus(name, "SERVING");

  let stopping: Promise<void> | undefined;
  const stop = async (limitMs: number): Promise<void> => {
    for (const name of HEALTH_SERVICES) health.setStatus(name, "NOT_SERVING");
    const drained = await within(limitMs, inference.drain());
    if (!drained) logger.warn({ limitMs }, "stopped with requests still in flight");
    service.endStreams();
    await close(server);
    peers.stop();
    await model.close?.();
  };
  return { address, stop: (limitMs = 4000) => (stopping ??= stop(limitMs)) };
}

function whyNot({ message }: Error): string {
  return message.includes("EADDRINUSE") ? "the port is taken: give another with --listen" : message;
}

async function bind(server: grpc.Server, listen: string, credentials: grpc.ServerCredentials): Promise<string> {
  if (listen.startsWith("unix:")) await removeStaleSocket(listen.slice("unix:".length));
  // A socket is its owner's alone.
  const umask = process.umask(0o177);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new Error(`cannot listen on ${listen}: ${whyNot(error)}`));
    });
  }).finally(() => process.umask(umask));
  return listen.startsWith("unix:") ? listen : listen.replace(/:\d+$/, `:${port}`);
}

/** A wrapper that was killed leaves its socket's file behind, and no one can listen on an existing file. */
async function removeStaleSocket(path: string): Promise<void> {
  if (!existsSync(path)) return;
  const code = await new Promise<string>((resolve) => {
    const socket = connect(path, () => resolve("CONNECTED"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
    socket.on("close", () => socket.destroy());
    socket.on("connect", () => socket.end());
  });
  if (code === "ECONNREFUSED") unlinkSync(path);
}

/** Lets the last answers out, then cuts what stays open: callers that watch health never leave by themselves. */
async function close(server: grpc.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  if (!(await within(CLOSE_LIMIT_MS, closed))) server.forceShutdown();
}

async function within(limitMs: number, work: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs);
  });
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    clearTimeout(timer);
  }
}
