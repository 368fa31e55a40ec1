import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { credentials, status } from "@grpc/grpc-js";
import { readStrings } from "../../src/domain/stringTensor.js";
import type { Signature, TensorSpec } from "../../src/domain/tensor.js";
import { GRPCInferenceServiceClient } from "../../src/protocol/generated/inference.js";
import type {
  ModelInferRequest,
  ModelInferResponse,
  ModelMetadataResponse,
} from "../../src/protocol/generated/inference.js";
import { channelOptions } from "../../src/protocol/grpcOptions.js";
import { parseSignature } from "../../src/protocol/modelMetadata.js";
import { packContents } from "../../src/protocol/typedContents.js";
import { inferUnary, packText, requestOf, seeded, statusOf, StreamClient } from "../support/wrapperRequests.js";
import type { RequestParts } from "../support/wrapperRequests.js";

export interface OpenServer {
  readonly endpoint: string;
  /** Of the model `pairs`: its rows are [1] where each tensor of a row has to have a dimension, [] otherwise. */
  readonly signature: Signature;
  /** Whether its stream is Triton's. */
  readonly streams: boolean;
  /** What it computes although it breaks the signature that the server itself states. */
  readonly lets: readonly string[];
}

/** The rows of `wrapperContract` that a server without Skysail's extension has to keep, of its model `pairs`: text and numbers in and out. */
export function openContract(server: () => OpenServer): void {
  let client: GRPCInferenceServiceClient;
  let parts: RequestParts;
  const random = seeded(11);
  const text = (): string => ["", "a", "größer", "⛵ ahoy"][Math.floor(random() * 4)] as string;
  const row = (): Buffer[] => [
    packText([text()]),
    Buffer.from(Float32Array.of(random(), Math.floor(random() * 9)).buffer),
  ];
  const rows = (count: number): Buffer[][] => Array.from({ length: count }, row);

  beforeAll(() => {
    client = new GRPCInferenceServiceClient(server().endpoint, credentials.createInsecure(), channelOptions());
    parts = { model: "pairs", version: "1", signature: server().signature };
  });
  afterAll(() => client.close());

  const infer = (request: ModelInferRequest): Promise<ModelInferResponse> => inferUnary(client, request);

  test("states what it serves", async () => {
    const metadata = await new Promise<ModelMetadataResponse>((resolve, reject) =>
      client.modelMetadata({ name: "pairs", version: "1" }, (error, response) =>
        error === null ? resolve(response) : reject(error),
      ),
    );
    const stated = parseSignature(metadata);
    expect(stated).toEqual(parts.signature);
    const { outputs } = await infer(requestOf(parts, rows(3), "served"));
    expect(outputs.map(({ name, datatype, shape: [count, ...shape] }) => ({ count, name, datatype, shape }))).toEqual(
      stated.outputs.map((spec) => ({ count: 3, ...spec })),
    );
  });

  test("answers a batch as it answers its rows, in their order, and says whose answer it is", async () => {
    const batch = rows(33);
    const together = await infer(requestOf(parts, batch, "batch"));
    expect(together.id).toBe("batch");
    const expected = batch.map(([word, x]) => {
      const [spoken] = readStrings(word as Buffer) as [string];
      const numbers = new Float32Array(Uint8Array.from(x as Buffer).buffer);
      return {
        total: expect.closeTo([...spoken].length + (numbers[0] as number) + (numbers[1] as number), 4),
        loud: spoken.toUpperCase(),
      };
    });
    expect(valuesOf(together, parts.signature)).toEqual(expected);
    for (const [i, one] of batch.entries()) {
      const alone = await infer(requestOf(parts, [one], `row-${i}`));
      expect(alone.id).toBe(`row-${i}`);
      expect(valuesOf(alone, parts.signature)).toEqual([expected[i]]);
    }
  });

  test("answers requests that are in flight together, each under its id", async () => {
    const asked = Array.from({ length: 60 }, (_, i) => ({ id: `${i}`, count: 1 + (i % 7) }));
    const open = server().streams ? [new StreamClient(client), new StreamClient(client)] : [];
    const answers = await Promise.all(
      asked.map(({ id, count }, i) => {
        const request = requestOf(parts, rows(count), id);
        return open[i % 2]?.infer(request) ?? infer(request);
      }),
    );
    expect(answers.map(({ id, outputs }) => ({ id, count: outputs[0]?.shape[0] }))).toEqual(asked);
    expect(await Promise.all(open.map((stream) => stream.end()))).toEqual(open.map(() => status.OK));
  });

  test("answers with the outputs asked for only", async () => {
    for (const { name } of parts.signature.outputs) {
      const outputs = [{ name, parameters: {} }];
      const response = await infer({ ...requestOf(parts, rows(2), "one"), outputs });
      expect(response.outputs.map((output) => output.name)).toEqual([name]);
    }
  });

  test("refuses what breaks the signature, but for what is known, and goes on", async () => {
    const good = requestOf(parts, rows(2), "good");
    const [first, second] = good.inputs as [(typeof good.inputs)[number], (typeof good.inputs)[number]];
    const spoilt: Record<string, Partial<ModelInferRequest>> = {
      model: { modelName: "other" },
      version: { modelVersion: "4" },
      "no input": { inputs: [], rawInputContents: [] },
      "one input": { inputs: [first], rawInputContents: good.rawInputContents.slice(0, 1) },
      name: { inputs: [first, { ...second, name: "other" }] },
      datatype: { inputs: [first, { ...second, datatype: "INT64" }] },
      "unknown datatype": { inputs: [first, { ...second, datatype: "FP7" }] },
      "row shape": { inputs: [first, { ...second, shape: [2, 3] }] },
      "other row count": { inputs: [first, { ...second, shape: [1, 4] }] },
      length: { rawInputContents: [good.rawInputContents[0] as Buffer, Buffer.alloc(3)] },
      "unknown output": { outputs: [{ name: "other", parameters: {} }] },
    };
    const computed: string[] = [];
    for (const [what, change] of Object.entries(spoilt)) {
      if ((await statusOf(infer({ ...good, ...change, id: what }))) === "OK") computed.push(what);
      expect((await infer({ ...good, id: "alive" })).id).toBe("alive");
    }
    expect(computed).toEqual(server().lets);
  });
}

/** The rows of an answer of `pairs`, raw or typed. */
function valuesOf(response: ModelInferResponse, { outputs }: Signature): unknown[] {
  const bytes = (name: string): Buffer => {
    const at = response.outputs.findIndex((output) => output.name === name);
    const { datatype } = outputs.find((spec) => spec.name === name) as TensorSpec;
    const packed = response.rawOutputContents[at] ?? packContents(datatype, response.outputs[at]?.contents as never);
    return Buffer.from(packed as Uint8Array);
  };
  const loud = readStrings(bytes("loud"));
  return loud.map((word, i) => ({ total: bytes("total").readDoubleLE(8 * i), loud: word }));
}
