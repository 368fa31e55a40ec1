import { credentials, Metadata, status } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Signature } from "../domain/tensor.js";
import { EXTENSION_NAME, METADATA_PROPERTIES } from "../protocol/extension.js";
import { GRPCInferenceServiceClient, GRPCInferenceServiceService } from "../protocol/generated/inference.js";
import type {
  ModelInferRequest,
  ModelMetadataResponse,
  ModelReadyResponse,
  ModelStreamInferResponse,
  ServerMetadataResponse,
} from "../protocol/generated/inference.js";
import { channelOptions } from "../protocol/grpcOptions.js";
import { parseSignature } from "../protocol/modelMetadata.js";
import { decodeReply } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";

export interface WrapperDescription {
  readonly signature: Signature;
  readonly concurrency: number;
  /** SHA-256 of the model's file, where the wrapper states it. */
  readonly artefactDigest: string | undefined;
  /** Whether the server lists Skysail's extension of the protocol. */
  readonly extended: boolean;
}

export type InferStream = ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse | MalformedReply>;

/**
 * A client with a channel of its own: gRPC would otherwise share connections, and their reconnect backoff, between
 * the links of a process, so that a wrapper just restarted would wait for the backoff of the one that died.
 */
export function openWrapperClient(endpoint: string, maxMessageBytes: number): GRPCInferenceServiceClient {
  return new GRPCInferenceServiceClient(endpoint, credentials.createInsecure(), {
    ...channelOptions(maxMessageBytes),
    "grpc.use_local_subchannel_pool": 1,
  });
}

/** Opens ModelStreamInfer. A reply that cannot be decoded arrives as such, and the stream goes on. */
export function openInferStream(client: GRPCInferenceServiceClient): InferStream {
  const { path, requestSerialize } = GRPCInferenceServiceService.modelStreamInfer;
  return client.makeBidiStreamRequest(path, requestSerialize, decodeReply);
}

export interface DescribeOptions {
  /** Milliseconds since 1970 until which an answer is waited for. */
  readonly deadlineWallMs: number;
  /** Whether a wrapper that cannot be reached yet is waited for as well. */
  readonly waitForReady: boolean;
}

/** What the wrapper says it serves. Rejects with one line when it cannot be asked or serves something unusable. */
export async function describeWrapper(
  client: GRPCInferenceServiceClient,
  model: string,
  version: number,
  options: DescribeOptions,
): Promise<WrapperDescription> {
  const [metadata, extensions] = await Promise.all([
    askMetadata(client, model, version, options),
    askExtensions(client, options),
  ]);
  const { properties } = metadata;
  const concurrency = Number(properties[METADATA_PROPERTIES.concurrency] ?? 1);
  return {
    signature: parseSignature(metadata),
    concurrency: Number.isInteger(concurrency) && concurrency > 0 ? concurrency : 1,
    artefactDigest: properties[METADATA_PROPERTIES.artefactSha256],
    extended: extensions.includes(EXTENSION_NAME),
  };
}

function askMetadata(
  client: GRPCInferenceServiceClient,
  model: string,
  version: number,
  { waitForReady, deadlineWallMs }: DescribeOptions,
): Promise<ModelMetadataResponse> {
  return new Promise((resolve, reject) => {
    client.modelMetadata(
      { name: model, version: String(version) },
      new Metadata({ waitForReady }),
      { deadline: deadlineWallMs },
      (error: ServiceError | null, response: ModelMetadataResponse) => {
        if (error === null) resolve(response);
        else reject(new Error(plainReason(error)));
      },
    );
  });
}

/** Of a server that has no such question, none. */
function askExtensions(
  client: GRPCInferenceServiceClient,
  { waitForReady, deadlineWallMs }: DescribeOptions,
): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    client.serverMetadata(
      {},
      new Metadata({ waitForReady }),
      { deadline: deadlineWallMs },
      (error: ServiceError | null, response: ServerMetadataResponse) => {
        if (error === null) resolve(response.extensions);
        else if (error.code === status.UNIMPLEMENTED) resolve([]);
        else reject(new Error(plainReason(error)));
      },
    );
  });
}

/** Whether the server has loaded the model and is not stopping. Rejects like `describeWrapper`. */
export function askReady(
  client: GRPCInferenceServiceClient,
  model: string,
  version: number,
  deadlineWallMs: number,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    client.modelReady(
      { name: model, version: String(version) },
      new Metadata(),
      { deadline: deadlineWallMs },
      (error: ServiceError | null, response: ModelReadyResponse) => {
        if (error === null) resolve(response.ready);
        else reject(new Error(plainReason(error)));
      },
    );
  });
}

/** gRPC's words without its notes on name resolution. */
export function plainReason({ details, message }: ServiceError): string {
  return (details || message).replace(/\.?\s*Resolution note:.*$/s, "").slice(0, 300);
}

export interface SignatureQuestion {
  readonly model: string;
  readonly version: number;
  readonly endpoints: readonly string[];
  readonly maxMessageBytes: number;
  /** Milliseconds since 1970. */
  readonly deadlineWallMs: number;
}

/** The signature that the first endpoint states, for a version that is registered without one. */
export async function askSignature(question: SignatureQuestion): Promise<Signature | Failure> {
  const { model, version, endpoints, maxMessageBytes, deadlineWallMs } = question;
  const endpoint = endpoints[0];
  if (endpoint === undefined) {
    const remedy = "give inputs and outputs, or the endpoint of a wrapper that serves it";
    return failure("BAD_INPUT", `the signature of ${model}@${version} is not known: ${remedy}`, { path: ["inputs"] });
  }
  const client = openWrapperClient(endpoint, maxMessageBytes);
  try {
    return (await describeWrapper(client, model, version, { deadlineWallMs, waitForReady: true })).signature;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failure("MODEL_UNAVAILABLE", `the wrapper at ${endpoint} did not describe ${model}@${version}: ${why}`);
  } finally {
    client.close();
  }
}
