import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { sendUnaryData, ServerDuplexStream, ServerUnaryCall, UntypedServiceImplementation } from "@grpc/grpc-js";
import { once } from "node:events";
import type { Cancel, Clock } from "../../src/domain/ports.js";
import type { Signature } from "../../src/domain/tensor.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../../src/protocol/grpcOptions.js";
import { GRPCInferenceServiceService, ModelStreamInferResponse } from "../../src/protocol/generated/inference.js";
import type { ModelInferRequest } from "../../src/protocol/generated/inference.js";
import { toModelMetadata } from "../../src/protocol/modelMetadata.js";
import { ReplicaLink } from "../../src/replicas/replicaLink.js";

const signature: Signature = {
  inputs: [{ name: "x", datatype: "UINT8", shape: [] }],
  outputs: [{ name: "y", datatype: "UINT8", shape: [] }],
};
type Call = ServerDuplexStream<ModelInferRequest, ModelStreamInferResponse>;

/** A server as scripted: what is asked of it is answered by the test, through the calls that it collects. */
class ScriptedServer {
  ready = true;
  readonly #server = new Server();
  readonly #received: ModelInferRequest[] = [];
  readonly #changed = new EventTarget();
  call: Call | undefined;
  streams = 0;
  endpoint = "";

  async start({ withStream }: { readonly withStream: boolean }): Promise<void> {
    const { modelStreamInfer, ...unary } = GRPCInferenceServiceService;
    const answers: UntypedServiceImplementation = {
      modelMetadata: (_call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) =>
        callback(null, toModelMetadata({ name: "m", version: "1", platform: "test", signature, properties: {} })),
      modelReady: (_call: ServerUnaryCall<unknown, unknown>, callback: sendUnaryData<unknown>) =>
        callback(null, { ready: this.ready }),
      modelStreamInfer: (call: Call) => this.#open(call),
    };
    const { modelMetadata, modelReady } = unary;
    const service = { modelMetadata, modelReady, ...(withStream && { modelStreamInfer }) };
    this.#server.addService(service, answers);
    const port = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    this.endpoint = `127.0.0.1:${port}`;
  }

  #open(call: Call): void {
    this.call = call;
    this.streams++;
    call.on("error", () => undefined);
    call.on("data", (request: ModelInferRequest) => {
      this.#received.push(request);
      this.#changed.dispatchEvent(new Event("received"));
    });
  }

  async received(count: number): Promise<void> {
    while (this.#received.length < count) await once(this.#changed, "received");
  }

  answer(id: number, bytes: readonly number[]): void {
    const outputs = [{ name: "y", datatype: "UINT8", shape: [bytes.length] }];
    this.#write({ inferResponse: { id: String(id), outputs, rawOutputContents: [Buffer.from(bytes)] } });
  }

  refuse(id: number, code: string, errorMessage: string): void {
    this.#write({ errorMessage, inferResponse: { id: String(id), parameters: { error_code: { stringParam: code } } } });
  }

  #write(message: Parameters<typeof ModelStreamInferResponse.fromPartial>[0]): void {
    this.call?.write(ModelStreamInferResponse.fromPartial(message));
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

const BATCH_TIMEOUT_MS = 60_000;

/** Notes how long a link waits before it tries again, and does not wait: a try follows when the test asks for it. */
class NotedClock implements Clock {
  readonly delaysMs: number[] = [];
  #due: (() => void)[] = [];

  nowMs(): number {
    return 0;
  }

  wallMs(): number {
    return Date.now();
  }

  at(atMs: number, callback: () => void): Cancel {
    if (atMs === BATCH_TIMEOUT_MS) return () => undefined;
    this.delaysMs.push(atMs);
    this.#due.push(callback);
    return () => void (this.#due = this.#due.filter((due) => due !== callback));
  }

  turnEnd(callback: () => void): void {
    setImmediate(callback);
  }

  fire(): void {
    for (const callback of this.#due.splice(0)) callback();
  }
}

/** What happens to a link, in order, and a way to wait for the next thing. */
class EventLog {
  readonly events: string[] = [];
  readonly #changed = new EventTarget();

  add(event: string): void {
    this.events.push(event);
    this.#changed.dispatchEvent(new Event("added"));
  }

  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await once(this.#changed, "added");
  }
}

let server: ScriptedServer;
let clock: NotedClock;
let log: EventLog;
let link: ReplicaLink;

beforeEach(() => {
  server = new ScriptedServer();
  clock = new NotedClock();
  log = new EventLog();
});
afterEach(() => {
  link.stop();
  server.stop();
});

async function connect({ withStream = true } = {}): Promise<void> {
  await server.start({ withStream });
  const at = clock.at.bind(clock);
  clock.at = (atMs, callback) => {
    const cancel = at(atMs, callback);
    if (atMs !== BATCH_TIMEOUT_MS) log.add(`waits`);
    return cancel;
  };
  link = new ReplicaLink({
    id: "r",
    model: "m",
    version: 1,
    endpoint: server.endpoint,
    clock,
    random: () => 0.5,
    maxMessageBytes: DEFAULT_MAX_MESSAGE_BYTES,
    batchTimeoutMs: BATCH_TIMEOUT_MS,
    expectedSignature: () => signature,
    onReady: () => log.add("ready"),
    onLost: (_, why) => log.add(`lost: ${why}`),
  });
  link.start();
  await happened(withStream && server.ready ? "ready" : "waits");
}

const happened = (event: string, count = 1): Promise<void> =>
  log.until(() => log.events.filter((one) => one === event).length >= count);

function send(id: number, ...values: number[]): void {
  link.send({ id, rows: values.map((value) => [Uint8Array.of(value)]) }, (reply) => {
    const what = reply.kind === "rows" ? `${reply.rows.length} rows` : reply.message;
    log.add(`${id} ${reply.kind}: ${what}`);
  });
}

describe("a link whose wrapper stops", () => {
  const DRAINING = "the wrapper is stopping";

  test("gives back a refused batch after it is out of use, and waits for the batches that were accepted", async () => {
    await connect();
    send(1, 1, 2);
    send(2, 3);
    await server.received(2);
    server.refuse(2, "UNAVAILABLE", DRAINING);
    const refused = `2 lost: model m@1: replica r refused it: ${DRAINING}`;
    await happened(refused);
    expect(log.events).toEqual(["ready", `lost: ${DRAINING}`, refused]);
    expect({ phase: link.phase, problem: link.problem }).toEqual({ phase: "BACKOFF", problem: DRAINING });
    send(3, 4);
    await happened("3 lost: replica r is not connected");
    server.answer(1, [1, 2]);
    await happened("waits");
    expect(log.events.slice(4)).toEqual(["1 rows: 2 rows", "waits"]);
    clock.fire();
    await happened("ready", 2);
    expect(server.streams).toBe(2);
  });

  test("gives back what it waits for when the stream breaks, and is lost once", async () => {
    await connect();
    send(1, 1);
    send(2, 2);
    await server.received(2);
    server.refuse(2, "UNAVAILABLE", DRAINING);
    await log.until(() => log.events.length === 3);
    server.call?.end();
    await log.until(() => log.events.length === 5);
    expect(log.events.slice(3)).toEqual(["waits", "1 lost: model m@1: lost replica r: the wrapper closed the stream"]);
  });

  test("gives back what it waits for when it is stopped itself", async () => {
    await connect();
    send(1, 1);
    send(2, 2);
    await server.received(2);
    server.refuse(2, "UNAVAILABLE", DRAINING);
    await log.until(() => log.events.length === 3);
    link.stop();
    expect(log.events.slice(3)).toEqual(["1 lost: model m@1: lost replica r: the link was closed"]);
    expect(link.phase).toBe("STOPPED");
  });
});

describe("a link", () => {
  test("says which error a wrapper gave, and goes on", async () => {
    await connect();
    send(1, 1);
    await server.received(1);
    server.refuse(1, "RESOURCE_EXHAUSTED", "1024 requests wait already");
    const failed = "1 failed: model m@1: RESOURCE_EXHAUSTED: 1024 requests wait already";
    await happened(failed);
    expect(log.events).toEqual(["ready", failed]);
    expect(link.phase).toBe("READY");
  });

  test("to a server without the stream is never ready, says why, and tries less and less often", async () => {
    await connect({ withStream: false });
    for (let tries = 1; tries < 6; tries++) {
      await happened("waits", tries);
      clock.fire();
    }
    await happened("waits", 6);
    expect(log.events).toEqual(Array.from({ length: 6 }, () => "waits"));
    expect(clock.delaysMs).toEqual([50, 100, 200, 400, 500, 500]);
    expect(link.problem).toMatch(/^the server has no ModelStreamInfer: /);
  });

  test("to a server whose stream breaks with every batch tries less and less often, until a batch is answered", async () => {
    await connect();
    for (let round = 1; round <= 3; round++) {
      await happened("ready", round);
      send(round, 1);
      await server.received(round);
      server.call?.emit("error", { code: status.INTERNAL, details: "it broke" });
      await happened("waits", round);
      clock.fire();
    }
    expect(clock.delaysMs).toEqual([50, 100, 200]);
    await happened("ready", 4);
    send(4, 1);
    await server.received(4);
    server.answer(4, [1]);
    await happened("4 rows: 1 rows");
    server.call?.end();
    await happened("waits", 4);
    expect(clock.delaysMs).toEqual([50, 100, 200, 50]);
  });

  test("waits until the server says that the model is ready", async () => {
    server.ready = false;
    await connect();
    expect(link.problem).toBe("the server says that the model is not ready");
    server.ready = true;
    clock.fire();
    await happened("ready");
    expect(log.events).toEqual(["waits", "ready"]);
  });
});
