import * as grpc from "@grpc/grpc-js";
import { EXTENSION_NAME, METADATA_PROPERTIES, type ErrorCode } from "../../../src/protocol/extension.js";
import {
  GRPCInferenceServiceService,
  type ModelInferRequest,
  type ModelMetadataRequest,
  type ModelMetadataResponse,
  type ModelReadyRequest,
} from "../../../src/protocol/generated/inference.js";
import { classProperties, toModelMetadata } from "../../../src/protocol/modelMetadata.js";
import { decodeRequest, type Malformed } from "./incoming.js";
import type { Inference } from "./inference.js";
import { InferStream, type InferCall } from "./inferStream.js";
import type { Model } from "./model.js";
import { encodeUnary, type Outcome } from "./reply.js";
import { unknownModel } from "./request.js";

const passBuffer = (value: Buffer): Buffer => value;
const inferCodec = { requestDeserialize: decodeRequest, responseSerialize: passBuffer };

/** The generated service, but for requests that decode into a value also when malformed, and answers encoded by us. */
const SERVICE = {
  ...GRPCInferenceServiceService,
  modelInfer: { ...GRPCInferenceServiceService.modelInfer, ...inferCodec },
  modelStreamInfer: { ...GRPCInferenceServiceService.modelStreamInfer, ...inferCodec },
};

const WRAPPER_NAME = "skysail-wrapper";
const WRAPPER_VERSION = "1";

type Infer = grpc.ServerUnaryCall<ModelInferRequest | Malformed, Buffer>;

/** The streams that are open, so that a stopping wrapper can end them. */
export class InferenceService {
  readonly #inference: Inference;
  readonly #streams = new Set<InferStream>();

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  addTo(server: grpc.Server): void {
    server.addService(SERVICE, {
      serverLive: answer(() => ({ live: true })),
      serverReady: answer(() => ({ ready: this.#inference.isServing })),
      serverMetadata: answer(() => ({ name: WRAPPER_NAME, version: WRAPPER_VERSION, extensions: [EXTENSION_NAME] })),
      modelReady: answer((request: ModelReadyRequest) => ({ ready: this.#isReady(request) })),
      modelMetadata: answer((request: ModelMetadataRequest) => this.#metadata(request)),
      modelInfer: (call: Infer, callback: grpc.sendUnaryData<Buffer>) => this.#infer(call, callback),
      modelStreamInfer: (call: InferCall) => this.#openStream(call),
    });
  }

  endStreams(): void {
    for (const stream of this.#streams) stream.end();
  }

  #isReady({ name, version }: ModelReadyRequest): boolean {
    return this.#inference.isServing && unknownModel(name, version, this.#inference.model) === undefined;
  }

  #metadata({ name, version }: ModelMetadataRequest): ModelMetadataResponse {
    const { model } = this.#inference;
    const unknown = unknownModel(name, version, model);
    if (unknown !== undefined) throw statusError(unknown.code, unknown.message);
    return toModelMetadata({ ...model, properties: propertiesOf(model) });
  }

  #infer(call: Infer, callback: grpc.sendUnaryData<Buffer>): void {
    const settle = (outcome: Outcome): void => {
      if (outcome.kind === "reply") callback(null, encodeUnary(outcome.response));
      else callback(statusError(outcome.code, outcome.message));
    };
    this.#inference.infer(call.request, () => call.cancelled, settle);
  }

  #openStream(call: InferCall): void {
    const stream = new InferStream(call, this.#inference, (closed) => this.#streams.delete(closed));
    this.#streams.add(stream);
    stream.start();
    if (!this.#inference.isServing) stream.end();
  }
}

function propertiesOf(model: Model): Record<string, string> {
  const properties = {
    [METADATA_PROPERTIES.concurrency]: String(model.concurrency),
    ...classProperties(model.signature.classes),
  };
  if (model.artefactSha256 === undefined) return properties;
  return { ...properties, [METADATA_PROPERTIES.artefactSha256]: model.artefactSha256 };
}

/** A unary handler from a plain function; a status error that it throws is the answer. */
function answer<Request, Response>(handle: (request: Request) => Response): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    try {
      callback(null, handle(call.request));
    } catch (error) {
      callback(error as grpc.ServerErrorResponse);
    }
  };
}

function statusError(code: ErrorCode, message: string): grpc.ServerErrorResponse {
  return Object.assign(new Error(message), { code: grpc.status[code], details: message });
}
