import "./noTelemetry.js";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Signature, TensorSpec } from "../../../src/domain/tensor.js";
import type { OutputTensor, Outputs } from "../sdk/model.js";
import type { TypedArray } from "../sdk/typedArrays.js";
import { onnxTypeOf, signatureOfSession } from "./signature.js";

export interface SessionOptions {
  readonly file: string;
  readonly device: "cpu" | "cuda";
  readonly threads: number;
  /** Instead of what the file states. */
  readonly signature: Signature | undefined;
}

/** One input for all rows: what ONNX Runtime takes as the data of a tensor. */
export type InputData = TypedArray | readonly string[];

/** Something that runs the model: in this thread, or in others. */
export interface Runner {
  readonly signature: Signature;
  /** `wanted`: of the outputs, by name. */
  run(rows: number, inputs: readonly InputData[], wanted: readonly string[]): Promise<Outputs>;
  close(): Promise<void>;
}

/** A session in this thread. `run` blocks the thread for as long as it computes, its promise notwithstanding. */
export async function createSessionRunner(options: SessionOptions): Promise<Runner> {
  const session = await InferenceSession.create(options.file, {
    executionProviders: [options.device],
    intraOpNumThreads: options.threads,
    interOpNumThreads: 1,
  });
  const signature = options.signature ?? signatureOfSession(session);
  const feedsOf = feedsBuilder(signature.inputs);
  return {
    signature,
    async run(rows, inputs, wanted) {
      const results = await session.run(feedsOf(rows, inputs), wanted);
      return signature.outputs.map((spec) =>
        wanted.includes(spec.name) ? outputOf(spec, results[spec.name]) : undefined,
      );
    },
    close: () => session.release(),
  };
}

type Feeds = Record<string, Tensor>;

function feedsBuilder(specs: readonly TensorSpec[]): (rows: number, inputs: readonly InputData[]) => Feeds {
  const types = specs.map((spec) => onnxTypeOf(spec.datatype));
  return (rows, inputs) => {
    const feeds: Feeds = {};
    for (const [i, spec] of specs.entries()) {
      feeds[spec.name] = new Tensor(types[i] as "float32", inputs[i] as Float32Array, [rows, ...spec.shape]);
    }
    return feeds;
  };
}

function outputOf(spec: TensorSpec, result: Tensor | undefined): OutputTensor {
  if (result === undefined) throw new Error(`the model gave no output ${spec.name}`);
  const expected = onnxTypeOf(spec.datatype);
  if (result.type !== expected) throw new Error(`output ${spec.name} is ${result.type}, not ${expected}`);
  return result.data;
}
