import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import { elementCount, rowBytes, type Signature, type TensorSpec } from "../../src/domain/tensor.js";
import type {
  GRPCInferenceServiceClient,
  InferParameter,
  ModelInferRequest,
  ModelInferResponse,
  ModelStreamInferResponse,
} from "../../src/protocol/generated/inference.js";

export type Random = () => number;

/** Numerical Recipes' linear congruential generator: reproducible, and good enough for test data. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** One row's packed bytes per input. Floats are small multiples of 1/8, exact also in 16 bits. */
export function randomRow(signature: Signature, random: Random): Buffer[] {
  return signature.inputs.map((spec) => randomTensor(spec, random));
}

function randomTensor(spec: TensorSpec, random: Random): Buffer {
  const count = elementCount(spec.shape);
  const eighth = (): number => Math.floor(random() * 128) / 8;
  if (spec.datatype === "FP32") return Buffer.from(Float32Array.from({ length: count }, eighth).buffer);
  if (spec.datatype === "FP64") return Buffer.from(Float64Array.from({ length: count }, eighth).buffer);
  if (spec.datatype === "BOOL") return Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 2)));
  if (spec.datatype === "BYTES") return packText(Array.from({ length: count }, () => randomText(random)));
  return Buffer.from(Array.from({ length: rowBytes(spec) ?? 0 }, () => Math.floor(random() * 100)));
}

function randomText(random: Random): string {
  return "skýsail⛵ ".repeat(Math.floor(random() * 3));
}

export function packText(elements: readonly string[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(element));
      return [length, Buffer.from(element)];
    }),
  );
}

export interface RequestParts {
  readonly model: string;
  readonly version: string;
  readonly signature: Signature;
}

/** A correct request; tests spoil what they are about. */
export function requestOf(
  { model, version, signature }: RequestParts,
  rows: readonly Buffer[][],
  id: string,
  parameters: Record<string, InferParameter> = {},
): ModelInferRequest {
  return {
    modelName: model,
    modelVersion: version,
    id,
    parameters,
    inputs: signature.inputs.map((spec) => ({
      name: spec.name,
      datatype: spec.datatype,
      shape: [rows.length, ...spec.shape],
      parameters: {},
      contents: undefined,
    })),
    outputs: [],
    rawInputContents: signature.inputs.map((_, i) => Buffer.concat(rows.map((row) => row[i] as Buffer))),
  };
}

export function inferUnary(
  client: GRPCInferenceServiceClient,
  request: ModelInferRequest,
): Promise<ModelInferResponse> {
  return new Promise((resolve, reject) => {
    client.modelInfer(request, (error: ServiceError | null, response) =>
      error === null ? resolve(response) : reject(error),
    );
  });
}

/** The code of the status that a unary call fails with. */
export async function statusOf(call: Promise<unknown>): Promise<number | "OK"> {
  return call.then(
    () => "OK" as const,
    (error: ServiceError) => error.code,
  );
}

/** A stream whose answers are told apart by id. */
export class StreamClient {
  readonly #call: ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse>;
  readonly #waiting = new Map<string, (response: ModelStreamInferResponse) => void>();
  /** Settles with the code of the status that the stream ended with; 0 is OK. */
  readonly ended: Promise<number>;

  constructor(client: GRPCInferenceServiceClient) {
    this.#call = client.modelStreamInfer();
    this.#call.on("data", (response: ModelStreamInferResponse) => {
      this.#waiting.get(response.inferResponse?.id ?? "")?.(response);
    });
    this.#call.on("error", () => undefined);
    this.ended = new Promise((resolve) => this.#call.on("status", ({ code }) => resolve(code)));
  }

  /** The answer, error or not. Rejects when the stream ends without it. */
  ask(request: ModelInferRequest): Promise<ModelStreamInferResponse> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, resolve);
      void this.ended.then((code) => reject(new Error(`the stream ended with status ${code}`)));
      this.#call.write(request);
    });
  }

  /** The outputs. Rejects with the wrapper's message. */
  async infer(request: ModelInferRequest): Promise<ModelInferResponse> {
    const { errorMessage, inferResponse } = await this.ask(request);
    if (errorMessage !== "" || inferResponse === undefined) throw new Error(errorMessage);
    return inferResponse;
  }

  cancel(): Promise<number> {
    this.#call.cancel();
    return this.ended;
  }

  end(): Promise<number> {
    this.#call.end();
    return this.ended;
  }
}
