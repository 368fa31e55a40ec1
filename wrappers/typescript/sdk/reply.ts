import { packElements } from "../../../src/domain/stringTensor.js";
import type { TensorSpec } from "../../../src/domain/tensor.js";
import { checksumOfContents } from "../../../src/protocol/checksum.js";
import { RESPONSE_PARAMETERS, type ErrorCode } from "../../../src/protocol/extension.js";
import {
  ModelInferResponse,
  ModelStreamInferResponse,
  type InferParameter,
} from "../../../src/protocol/generated/inference.js";
import type { OutputTensor } from "./model.js";
import { refusal, type Refusal } from "./refusal.js";
import { wrongLength, type InferRequest, type ServedModel } from "./request.js";
import { isArrayOf } from "./typedArrays.js";

/** What a request came to: the message that answers it, or why there is none. */
export type Outcome =
  | { readonly kind: "reply"; readonly response: ModelInferResponse }
  | { readonly kind: "refused"; readonly id: string; readonly code: ErrorCode; readonly message: string };

export interface Timing {
  readonly queueUs: number;
  readonly computeUs: number;
  /** Streams open on this wrapper. */
  readonly streams: number;
}

export function refused(id: string, reason: Refusal): Outcome {
  return { kind: "refused", id, code: reason.code, message: reason.message };
}

/** The reply to a computed request, or a refusal when the model's outputs are not what its signature promises. */
export function buildReply(
  model: ServedModel,
  request: InferRequest,
  outputs: readonly OutputTensor[],
  timing: Timing,
  maxMessageBytes: number,
): Outcome {
  const specs = model.signature.outputs;
  if (outputs.length !== specs.length) {
    return refused(request.id, badOutput(`the model gave ${outputs.length} outputs instead of ${specs.length}`));
  }
  const contents: Uint8Array[] = [];
  let total = 0;
  for (const i of request.wanted) {
    const packed = packOutput(specs[i] as TensorSpec, outputs[i], request.batch.rows);
    if (typeof packed === "string") return refused(request.id, badOutput(`output ${specs[i]?.name}: ${packed}`));
    contents.push(packed);
    total += packed.length;
  }
  if (total > maxMessageBytes - REPLY_OVERHEAD_BYTES) {
    return refused(
      request.id,
      refusal("RESOURCE_EXHAUSTED", `the reply has ${total} bytes, the limit is ${maxMessageBytes}`),
    );
  }
  return { kind: "reply", response: responseOf(model, request, contents, timing) };
}

/** Room for everything beside the contents, kept free so that gRPC never refuses (and breaks a stream over) a reply. */
const REPLY_OVERHEAD_BYTES = 4096;

function badOutput(message: string): Refusal {
  return refusal("INTERNAL", message);
}

function responseOf(
  model: ServedModel,
  request: InferRequest,
  contents: Uint8Array[],
  timing: Timing,
): ModelInferResponse {
  const rows = request.batch.rows;
  return {
    modelName: model.name,
    modelVersion: model.version,
    id: request.id,
    parameters: responseParameters(request, contents, timing),
    outputs: request.wanted.map((i) => {
      const spec = model.signature.outputs[i] as TensorSpec;
      return {
        name: spec.name,
        datatype: spec.datatype,
        shape: [rows, ...spec.shape],
        parameters: {},
        contents: undefined,
      };
    }),
    rawOutputContents: contents as Buffer[],
  };
}

function responseParameters(request: InferRequest, contents: readonly Uint8Array[], timing: Timing) {
  const parameters: Record<string, InferParameter> = {
    [RESPONSE_PARAMETERS.computeUs]: { int64Param: timing.computeUs },
    [RESPONSE_PARAMETERS.queueUs]: { int64Param: timing.queueUs },
    [RESPONSE_PARAMETERS.streams]: { int64Param: timing.streams },
  };
  if (request.rowIds !== undefined) parameters[RESPONSE_PARAMETERS.rowIds] = { stringParam: request.rowIds };
  if (request.checksummed) parameters[RESPONSE_PARAMETERS.crc32] = { int64Param: checksumOfContents(contents) };
  return parameters;
}

/** The packed bytes of one output, or what is wrong with it. */
function packOutput(spec: TensorSpec, output: OutputTensor | undefined, rows: number): Uint8Array | string {
  const packed = packedBytes(spec, output);
  if (typeof packed === "string") return packed;
  return wrongLength(packed, spec, rows) ?? packed;
}

function packedBytes(spec: TensorSpec, output: OutputTensor | undefined): Uint8Array | string {
  if (output instanceof Uint8Array) return output;
  if (spec.datatype === "BYTES") return Array.isArray(output) ? packElements(output) : "expected text or packed bytes";
  if (!isArrayOf(spec.datatype, output)) return `expected an array for ${spec.datatype}, got ${nameOf(output)}`;
  return new Uint8Array(output.buffer, output.byteOffset, output.byteLength);
}

function nameOf(value: unknown): string {
  return typeof value === "object" && value !== null ? value.constructor.name : typeof value;
}

export function encodeUnary(response: ModelInferResponse): Buffer {
  return asBuffer(ModelInferResponse.encode(response).finish());
}

/** On a stream an error travels as a message, with the reply beside it empty but for the id and the code. */
export function encodeStreamed(outcome: Outcome, model: ServedModel): Buffer {
  const message: ModelStreamInferResponse =
    outcome.kind === "reply"
      ? { errorMessage: "", inferResponse: outcome.response }
      : { errorMessage: outcome.message, inferResponse: emptyResponse(model, outcome) };
  return asBuffer(ModelStreamInferResponse.encode(message).finish());
}

function emptyResponse(
  model: ServedModel,
  refusal: { readonly id: string; readonly code: ErrorCode },
): ModelInferResponse {
  return {
    modelName: model.name,
    modelVersion: model.version,
    id: refusal.id,
    parameters: { [RESPONSE_PARAMETERS.errorCode]: { stringParam: refusal.code } },
    outputs: [],
    rawOutputContents: [],
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
