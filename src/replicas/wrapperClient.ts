import { Metadata, status } from "@grpc/grpc-js";
import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { failure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
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
import { channelOptions, PINGS } from "../protocol/grpcOptions.js";
import { parseClasses, parseSignature } from "../protocol/modelMetadata.js";
import type { Connection, DialFor } from "./dial.js";
import { decodeReply } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";
import { whySilent } from "./whySilent.js";

export interface WrapperDescription {
  readonly model: string;
  /** As the server is asked for it: "" where it serves the model without a version. */
  readonly servedVersion: string;
  readonly signature: Signature;
  readonly concurrency: number;
  /** SHA-256 of the model's file, where the wrapper states it. */
  readonly artefactDigest: string | undefined;
  /** Whether the server lists Skysail's extension of the protocol. */
  readonly extended: boolean;
}

export type InferStream = ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse | MalformedReply>;

export interface ClientOptions {
  readonly connection: Connection;
  readonly maxMessageBytes: number;
  /** Pings of HTTP/2, which servers on gRPC's C core take for an attack unless they are told otherwise. */
  readonly pings: boolean;
}

/**
 * A client with a channel of its own: gRPC would otherwise share connections, and their reconnect backoff, between
 * the links of a process, so that a wrapper just restarted would wait for the backoff of the one that died.
 */
export function openWrapperClient({ connection, maxMessageBytes, pings }: ClientOptions): GRPCInferenceServiceClient {
  return new GRPCInferenceServiceClient(connection.target, connection.credentials, {
    ...channelOptions(maxMessageBytes),
    ...(pings ? PINGS : {}),
    ...connection.options,
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

export interface WrapperQuestion {
  readonly model: string;
  readonly version: number;
  /** For servers that state no signature at all. */
  readonly registered: Signature | undefined;
}

/** What the wrapper says it serves. Rejects with one line when it cannot be asked or serves something unusable. */
export async function describeWrapper(
  client: GRPCInferenceServiceClient,
  { model, version, registered }: WrapperQuestion,
  options: DescribeOptions,
): Promise<WrapperDescription> {
  const [{ metadata, servedVersion }, extensions] = await Promise.all([
    askMetadata(client, model, String(version), options),
    askExtensions(client, options),
  ]);
  const { properties } = metadata;
  const extended = extensions.includes(EXTENSION_NAME);
  const concurrency = Number(properties[METADATA_PROPERTIES.concurrency] ?? 1);
  const statesNone = !extended && metadata.inputs.length === 0 && metadata.outputs.length === 0;
  return {
    model,
    servedVersion,
    signature:
      statesNone && registered !== undefined
        ? registered
        : { ...parseSignature(metadata), classes: extended ? parseClasses(metadata) : undefined },
    concurrency: Number.isInteger(concurrency) && concurrency > 0 ? concurrency : 1,
    artefactDigest: properties[METADATA_PROPERTIES.artefactSha256],
    extended,
  };
}

interface FoundMetadata {
  readonly metadata: ModelMetadataResponse;
  readonly servedVersion: string;
}

/** Some servers have models without versions: asked for one, they know none. Their answers must not have one either. */
function askMetadata(
  client: GRPCInferenceServiceClient,
  model: string,
  servedVersion: string,
  options: DescribeOptions,
): Promise<FoundMetadata> {
  return new Promise((resolve, reject) => {
    client.modelMetadata(
      { name: model, version: servedVersion },
      new Metadata({ waitForReady: options.waitForReady }),
      { deadline: options.deadlineWallMs },
      (error: ServiceError | null, metadata: ModelMetadataResponse) => {
        if (error === null) return resolve({ metadata, servedVersion });
        const asked = problemOf(error);
        if (error.code !== status.NOT_FOUND || servedVersion === "") return reject(asked);
        askMetadata(client, model, "", options).then(
          (found) => (found.metadata.versions.length === 0 ? resolve(found) : reject(asked)),
          () => reject(asked),
        );
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
        else reject(problemOf(error));
      },
    );
  });
}

/** Whether the server has loaded the model and is not stopping. Rejects like `describeWrapper`. */
export function askReady(
  client: GRPCInferenceServiceClient,
  { model, servedVersion }: WrapperDescription,
  deadlineWallMs: number,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    client.modelReady(
      { name: model, version: servedVersion },
      new Metadata(),
      { deadline: deadlineWallMs },
      (error: ServiceError | null, response: ModelReadyResponse) => {
        if (error === null) resolve(response.ready);
        else reject(problemOf(error));
      },
    );
  });
}

/** So long it may take to find out why nothing came. */
const WHY_WITHIN_MS = 1000;

/** Nothing came before the deadline. */
class NoAnswer extends Error {}

function problemOf(error: ServiceError): Error {
  const why = plainReason(error);
  return error.code === status.DEADLINE_EXCEEDED ? new NoAnswer(why) : new Error(why);
}

/** gRPC's words without its notes on name resolution and on where the time went. */
export function plainReason({ details, message }: ServiceError): string {
  const plain = (details || message)
    .replace(/\.?\s*Resolution note:.*$/s, "")
    .replace(/,\s*(?:name resolution: |wait_for_ready).*$/s, "");
  return plain.slice(0, 300);
}

export interface SignatureQuestion {
  readonly model: string;
  readonly version: number;
  readonly endpoints: readonly string[];
  readonly dial: DialFor;
  readonly maxMessageBytes: number;
  /** Milliseconds since 1970. */
  readonly deadlineWallMs: number;
}

/** The signature that the first endpoint states, for a version that is registered without one. */
export async function askSignature(question: SignatureQuestion): Promise<Signature | Failure> {
  const { model, version, endpoints, dial, maxMessageBytes, deadlineWallMs } = question;
  const endpoint = endpoints[0];
  if (endpoint === undefined) {
    const remedy = "give a signature, or the endpoint of a wrapper that serves it";
    return failure("BAD_INPUT", `the signature of ${model}@${version} is not known: ${remedy}`, {
      path: ["signature"],
    });
  }
  const asked = { model, version, registered: undefined };
  let connection: Connection | undefined;
  const ask = async (to: Connection, options: DescribeOptions): Promise<Signature> => {
    const client = openWrapperClient({ connection: to, maxMessageBytes, pings: false });
    return describeWrapper(client, asked, options)
      .then(({ signature }) => signature)
      .finally(() => client.close());
  };
  const undescribed = (why: string): Failure =>
    failure("MODEL_UNAVAILABLE", `the wrapper at ${endpoint} did not describe ${model}@${version}: ${why}`);
  try {
    connection = await dial(model, version)(endpoint, 0);
    return await ask(connection, { deadlineWallMs, waitForReady: true });
  } catch (error) {
    if (!(error instanceof NoAnswer) || connection === undefined) return undescribed(messageOf(error));
    const withoutWaiting = { deadlineWallMs: deadlineWallMs + WHY_WITHIN_MS, waitForReady: false };
    return undescribed(await whySilent(connection.target, refusalOf(ask(connection, withoutWaiting))));
  }
}

/** Why a call fails; undefined where it does not, or nothing comes. */
function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  return call.then(
    () => undefined,
    (error: unknown) => (error instanceof NoAnswer ? undefined : messageOf(error)),
  );
}
