import { credentials } from "@grpc/grpc-js";
import { BenchError } from "./bench.js";
import { WIDTH } from "./noopWrapper.js";
import type { Batch } from "../src/domain/ports.js";
import type { Signature } from "../src/domain/tensor.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../src/protocol/grpcOptions.js";
import type { ModelInferRequest, ModelInferResponse } from "../src/protocol/generated/inference.js";
import { toInferRequest } from "../src/replicas/batchMessage.js";
import type { Addressee } from "../src/replicas/batchMessage.js";
import { extendRequest, rowIdsProblem } from "../src/replicas/extendedRequest.js";
import { openWrapperClient } from "../src/replicas/wrapperClient.js";

/** Rows of a message: few, so that the message's own cost is what is measured. */
export const ROWS = 4;

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [WIDTH] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};

/** Sends one message and calls back with its answer. */
type Send = (request: ModelInferRequest, done: (response: ModelInferResponse) => void) => void;

export interface LinkClient {
  readonly stream: Send;
  readonly unary: Send;
  close(): void;
}

/** The server's own channel and messages, once over one long stream and once as a call for each message. */
export function openLink(endpoint: string, onError: (error: Error) => void): LinkClient {
  const connection = { target: endpoint, credentials: credentials.createInsecure(), options: {} };
  const client = openWrapperClient({ connection, maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES, pings: true });
  const waiting = new Map<string, (response: ModelInferResponse) => void>();
  let open = true;
  const fail = (error: Error): void => {
    if (open) onError(error);
  };
  const stream = client.modelStreamInfer();
  stream.on("error", fail);
  stream.on("data", ({ inferResponse, errorMessage }: { inferResponse?: ModelInferResponse; errorMessage: string }) => {
    const done = waiting.get(inferResponse?.id ?? "");
    if (inferResponse === undefined || done === undefined)
      return fail(new BenchError(`a stray answer: ${errorMessage}`));
    waiting.delete(inferResponse.id);
    done(inferResponse);
  });
  return {
    stream: (request, done) => {
      waiting.set(request.id, done);
      stream.write(request);
    },
    unary: (request, done) => {
      client.modelInfer(request, (error, response) => (error === null ? done(response) : fail(error)));
    },
    close: () => {
      open = false;
      stream.cancel();
      client.close();
    },
  };
}

export interface LinkRun {
  readonly messages: number;
  readonly seconds: number;
}

function addressee(model: string): Addressee {
  return { model, servedVersion: "1", signature: SIGNATURE, extended: true };
}

/** Keeps `inFlight` messages on their way for so long; each answer's rows are checked. */
export function runLink(send: Send, inFlight: number, seconds: number, firstId: number): Promise<LinkRun> {
  return new Promise((resolve, reject) => {
    const startMs = performance.now();
    let messages = 0;
    let open = inFlight;
    let id = firstId;
    const next = (): void => {
      const batch = batchOf(id++);
      const expected = new DataView(batch.rows[0]?.[0]?.buffer as ArrayBuffer).getFloat32(0, true);
      const request = toInferRequest(addressee("noop"), batch);
      const asked = extendRequest(request, batch, startMs, false);
      send(request, (response) => {
        const mixUp = rowIdsProblem(asked, response);
        if (mixUp !== undefined) return reject(new BenchError(`message ${response.id}: ${mixUp}`));
        const raw = response.rawOutputContents[0];
        if (raw?.length !== 4 * ROWS || new DataView(raw.buffer, raw.byteOffset).getFloat32(0, true) !== expected) {
          return reject(new BenchError(`message ${response.id} got somebody else's answer`));
        }
        messages++;
        if (performance.now() - startMs < seconds * 1000) next();
        else if (--open === 0) resolve({ messages, seconds: (performance.now() - startMs) / 1000 });
      });
    };
    for (let i = 0; i < inFlight; i++) next();
  });
}

/**
 * Sends single rows in batches of what has come together while the batch before was under way: one at a time, as a
 * program does that talks to the wrapper itself.
 */
export function directSender({ stream }: LinkClient, model: string, maxBatchRows: number): () => Promise<string> {
  const waiting: (() => void)[] = [];
  let busy = false;
  let id = 0;
  const next = (): void => {
    const answered = waiting.splice(0, maxBatchRows);
    busy = answered.length > 0;
    if (!busy) return;
    stream(toInferRequest(addressee(model), batchOf((id += 1), answered.length)), () => {
      for (const done of answered) done();
      next();
    });
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(() => resolve(""));
      // What arrives in the same turn goes together.
      if (!busy) setImmediate(next);
      busy = true;
    });
}

function batchOf(id: number, count = ROWS): Batch {
  const rows = Array.from({ length: count }, (_, row) => {
    const values = new Float32Array(WIDTH);
    for (let i = 0; i < WIDTH; i++) values[i] = (id % 100_000) + row / 4 + i / 64;
    return [new Uint8Array(values.buffer)];
  });
  return { id, rows, rowIds: rows.map((_, row) => id * ROWS + row), deadlineMs: performance.now() + 100 };
}
