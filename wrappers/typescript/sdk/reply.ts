import type { TensorSpec } from "../../../src/domain/tensor.js";
import { checksumOfContents } from "../../../src/protocol/checksum.js";
import { RESPONSE_PARAMETERS, type ErrorCode } from "../../../src/protocol/extension.js";
import {
  ModelInferResponse,
  ModelStreamInferResponse,
  type InferParameter,
} from "../../../src/protocol/generated/inference.js";
import { isRefusal, refusal, type Refusal } from "./refusal.js";
import type { InferRequest, ServedModel } from "./request.js";
import { packOutputs } from "./packOutput.js";
import type { AnsweredRows } from "./rows.js";

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
  { outputs, failed }: AnsweredRows,
  timing: Timing,
  maxMessageBytes: number,
): Outcome {
  const contents = packOutputs(model.signature.outputs, outputs, request.batch.rows, request.wanted);
  if (isRefusal(contents)) return refused(request.id, contents);
  const rowErrors = rowErrorsText(failed);
  const total = contents.reduce((sum, { length }) => sum + length, Buffer.byteLength(rowErrors));
  if (total > maxMessageBytes - REPLY_OVERHEAD_BYTES) {
    return refused(
      request.id,
      refusal("RESOURCE_EXHAUSTED", `the reply has ${total} bytes, the limit is ${maxMessageBytes}`),
    );
  }
  const response = responseOf(model, request, contents, timing);
  if (failed.size > 0) response.parameters[RESPONSE_PARAMETERS.rowErrors] = { stringParam: rowErrors };
  return { kind: "reply", response };
}

function rowErrorsText(failed: ReadonlyMap<number, Refusal>): string {
  const inOrder = [...failed].sort(([one], [other]) => one - other);
  return JSON.stringify(inOrder.map(([row, { code, message }]) => ({ row, error_code: code, message })));
}

/** Room for everything beside the contents, kept free so that gRPC never refuses (and breaks a stream over) a reply. */
const REPLY_OVERHEAD_BYTES = 4096;

function responseOf(
  model: ServedModel,
  request: InferRequest,
  contents: readonly Uint8Array[],
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
