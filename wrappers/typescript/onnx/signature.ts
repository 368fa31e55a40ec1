import { readFileSync } from "node:fs";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { DATATYPES, isDatatype, type Datatype, type Signature, type TensorSpec } from "../../../src/domain/tensor.js";

type OnnxType = Tensor.Type;

const DATATYPE_OF: Partial<Record<OnnxType, Datatype>> = {
  bool: "BOOL",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  string: "BYTES",
};

export function onnxTypeOf(datatype: Datatype): OnnxType {
  const found = Object.entries(DATATYPE_OF).find(([, candidate]) => candidate === datatype);
  return (found as [OnnxType, Datatype])[0];
}

/** The signature that the model's file states. Throws, naming the tensor, where rows cannot be batched by it. */
export function signatureOfSession(session: InferenceSession): Signature {
  return {
    inputs: session.inputMetadata.map((metadata) => specOf("input", metadata)),
    outputs: session.outputMetadata.map((metadata) => specOf("output", metadata)),
  };
}

function specOf(kind: string, metadata: InferenceSession.ValueMetadata): TensorSpec {
  const where = `${kind} ${metadata.name}`;
  if (!metadata.isTensor) {
    throw new Error(`${where} is no tensor (export with zipmap off, or leave it out with --signature)`);
  }
  const datatype = DATATYPE_OF[metadata.type];
  if (datatype === undefined) throw new Error(`${where}: the protocol has no datatype for ${metadata.type}`);
  const inWords = `[${metadata.shape.join(",")}]`;
  const [batch, ...rowShape] = metadata.shape;
  if (batch === undefined || typeof batch === "number") {
    throw new Error(
      `${where}: the first dimension must be variable, the batch, in shape ${inWords} (or use --signature)`,
    );
  }
  const shape = rowShape.map((dimension) => {
    if (typeof dimension === "number" && dimension > 0) return dimension;
    throw new Error(`${where}: dimensions after the batch must be fixed in shape ${inWords} (or use --signature)`);
  });
  return { name: metadata.name, datatype, shape };
}

/** `{"inputs": [{"name", "datatype", "shape"}], "outputs": [...]}`, shapes those of one row. */
export function readSignatureFile(path: string): Signature {
  const value: unknown = JSON.parse(readFileSync(path, "utf8"));
  const { inputs, outputs } = (value ?? {}) as { inputs?: unknown; outputs?: unknown };
  return { inputs: parseSpecs(`${path}: inputs`, inputs), outputs: parseSpecs(`${path}: outputs`, outputs) };
}

function parseSpecs(where: string, value: unknown): readonly TensorSpec[] {
  if (!Array.isArray(value)) throw new Error(`${where} must be a list`);
  return value.map((entry: unknown, i) => {
    const { name, datatype, shape } = (entry ?? {}) as Record<keyof TensorSpec, unknown>;
    if (typeof name !== "string") throw new Error(`${where}[${i}]: name must be text`);
    if (!isDatatype(datatype)) throw new Error(`${where}[${i}]: datatype must be one of ${DATATYPES.join(", ")}`);
    if (!Array.isArray(shape) || !shape.every((dimension): dimension is number => typeof dimension === "number")) {
      throw new Error(`${where}[${i}]: shape must be a list of numbers`);
    }
    return { name, datatype, shape };
  });
}
