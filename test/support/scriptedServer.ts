import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type {
  handleUnaryCall,
  sendUnaryData,
  ServerDuplexStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { EventLog } from "./eventLog.js";
import type { Signature } from "../../src/domain/tensor.js";
import { HealthCheckResponse_ServingStatus, HealthService } from "../../src/protocol/generated/health.js";
import type { HealthCheckRequest, HealthCheckResponse } from "../../src/protocol/generated/health.js";
import {
  GRPCInferenceServiceService,
  ModelInferResponse,
  ModelStreamInferResponse,
} from "../../src/protocol/generated/inference.js";
import type { ModelInferRequest } from "../../src/protocol/generated/inference.js";
import { toModelMetadata } from "../../src/protocol/modelMetadata.js";

export type StreamedReply = Parameters<typeof ModelStreamInferResponse.fromPartial>[0];
export type AnsweredReply = Parameters<typeof ModelInferResponse.fromPartial>[0];
type Answer = sendUnaryData<AnsweredReply | Buffer>;
type Call = ServerDuplexStream<ModelInferRequest, StreamedReply | Buffer>;
type HealthCall = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

export interface ServerScript {
  readonly signature: Signature;
  /** Default true. */
  readonly withStream?: boolean;
  /** Default false: gRPC answers UNIMPLEMENTED. */
  readonly withHealth?: boolean;
  readonly maxMessageBytes?: number;
}

/** A wrapper in this process as scripted: what is asked of it is answered by the test, through the calls it collects. */
export class ScriptedServer {
  ready = true;
  serving = true;
  extensions: readonly string[] = [];
  /** It knows these: with "", a model without versions. */
  versions: readonly string[] = ["1"];
  /** Its stream answers as MLServer's does. */
  bareReplies = false;
  /** Answers unary calls, each in its own time. */
  onCall: (request: ModelInferRequest, answer: Answer) => void = () => undefined;
  /** ServerLive; undefined, and it stays without an answer. */
  live: boolean | undefined = true;
  properties: Readonly<Record<string, string>> = {};
  signature: Signature;
  /** Answers requests as they come, where the test does not do it by hand. */
  onRequest: ((request: ModelInferRequest) => void) | undefined;
  onReadyAsked: (() => void) | undefined;
  readonly requests: ModelInferRequest[] = [];
  call: Call | undefined;
  /** How often the metadata was asked for, a stream opened. */
  described = 0;
  streams = 0;
  endpoint = "";
  readonly #server: Server;
  readonly #script: ServerScript;
  readonly #log = new EventLog();
  readonly #watchers = new Set<HealthCall>();

  constructor(script: ServerScript) {
    this.#script = script;
    this.signature = script.signature;
    this.#server = new Server({ "grpc.max_send_message_length": -1 });
  }

  /** Port 0 takes a free one. */
  async start(port = 0): Promise<void> {
    const { modelInfer, modelStreamInfer, ...questions } = GRPCInferenceServiceService;
    const stream = { ...modelStreamInfer, responseSerialize: serialize };
    const answers: UntypedServiceImplementation = {
      serverReady: unary(() => ({ ready: this.ready })),
      modelMetadata: (call: ServerUnaryCall<{ version: string }, unknown>, callback: sendUnaryData<unknown>) => {
        const known = this.versions.includes(call.request.version);
        if (known) callback(null, this.#describe());
        else callback({ code: status.NOT_FOUND, details: `no version ${call.request.version}` });
      },
      serverLive: (_: unknown, callback: sendUnaryData<unknown>) => {
        if (this.live !== undefined) callback(null, { live: this.live });
      },
      modelInfer: ({ request }: ServerUnaryCall<ModelInferRequest, unknown>, callback: Answer) => {
        this.requests.push(request);
        this.onCall(request, callback);
        this.#log.add("received");
      },
      serverMetadata: unary(() => ({ name: "scripted", version: "1", extensions: this.extensions })),
      modelReady: unary(() => {
        this.onReadyAsked?.();
        return { ready: this.ready };
      }),
      modelStreamInfer: (call: Call) => this.#open(call),
    };
    const service = { ...questions, modelInfer: { ...modelInfer, responseSerialize: serializeAnswer } };
    this.#server.addService(
      this.#script.withStream === false ? service : { ...service, modelStreamInfer: stream },
      answers,
    );
    if (this.#script.withHealth === true) this.#addHealth();
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, taken) =>
        error === null ? resolve(taken) : reject(error),
      );
    });
    this.endpoint = `127.0.0.1:${bound}`;
  }

  #describe() {
    this.described += 1;
    const { signature, properties } = this;
    const metadata = toModelMetadata({ name: "m", version: "1", platform: "test", signature, properties });
    return { ...metadata, versions: this.versions.filter((version) => version !== "") };
  }

  #addHealth(): void {
    const serving = () => ({
      status: this.serving ? HealthCheckResponse_ServingStatus.SERVING : HealthCheckResponse_ServingStatus.NOT_SERVING,
    });
    this.#server.addService(HealthService, {
      check: unary(serving),
      watch: (call: HealthCall) => {
        this.#watchers.add(call);
        call.on("cancelled", () => this.#watchers.delete(call));
        call.on("error", () => undefined);
        call.write(serving());
      },
    });
  }

  setServing(serving: boolean): void {
    this.serving = serving;
    const { SERVING, NOT_SERVING } = HealthCheckResponse_ServingStatus;
    for (const call of this.#watchers) call.write({ status: serving ? SERVING : NOT_SERVING });
  }

  #open(call: Call): void {
    this.call = call;
    this.streams += 1;
    call.on("error", () => undefined);
    call.on("data", (request: ModelInferRequest) => {
      if (request.inputs.length === 0) return this.#answerProbe(call, request);
      this.requests.push(request);
      this.onRequest?.(request);
      this.#log.add("received");
    });
  }

  /** A link's first question to a server without the extension. */
  #answerProbe(call: Call, { id, modelName }: ModelInferRequest): void {
    this.streams -= 1;
    const bare = ModelInferResponse.encode(ModelInferResponse.fromPartial({ modelName, id })).finish();
    if (this.bareReplies) call.write(Buffer.from(bare));
    else call.write({ errorMessage: "expected 1 input, got 0", inferResponse: { id } });
  }

  received(count: number): Promise<void> {
    return this.#log.until(() => this.requests.length >= count);
  }

  /** A reply to a request with its id and one UINT8 output `y`. */
  answer(id: number, bytes: readonly number[], parameters: Readonly<Record<string, object>> = {}): void {
    const outputs = [{ name: "y", datatype: "UINT8", shape: [bytes.length] }];
    this.write({ inferResponse: { id: String(id), parameters, outputs, rawOutputContents: [Buffer.from(bytes)] } });
  }

  refuse(id: number, code: string, errorMessage: string): void {
    this.write({ errorMessage, inferResponse: { id: String(id), parameters: { error_code: { stringParam: code } } } });
  }

  /** Bytes go as they are. */
  write(message: StreamedReply | Buffer): void {
    this.call?.write(message);
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

function unary(answer: () => unknown): handleUnaryCall<unknown, unknown> {
  return (_call, callback) => callback(null, answer());
}

function serializeAnswer(message: AnsweredReply | Buffer): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Buffer.from(ModelInferResponse.encode(ModelInferResponse.fromPartial(message)).finish());
}

function serialize(message: StreamedReply | Buffer): Buffer {
  if (Buffer.isBuffer(message)) return message;
  return Buffer.from(ModelStreamInferResponse.encode(ModelStreamInferResponse.fromPartial(message)).finish());
}
