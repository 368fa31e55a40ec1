import { packElements } from "../../../src/domain/stringTensor.js";
import type { TensorSpec } from "../../../src/domain/tensor.js";
import type { OutputTensor, Outputs } from "./model.js";
import { refusal, type Refusal } from "./refusal.js";
import { wrongLength } from "./request.js";
import { isArrayOf } from "./typedArrays.js";

/** The packed bytes of the outputs at `wanted`, or a refusal when they are not what the signature promises. */
export function packOutputs(
  specs: readonly TensorSpec[],
  outputs: Outputs,
  rows: number,
  wanted: readonly number[],
): readonly Uint8Array[] | Refusal {
  if (outputs.length !== specs.length) {
    return refusal("INTERNAL", `the model gave ${outputs.length} outputs instead of ${specs.length}`);
  }
  const contents: Uint8Array[] = [];
  for (const i of wanted) {
    const packed = packOutput(specs[i] as TensorSpec, outputs[i], rows);
    if (typeof packed === "string") return refusal("INTERNAL", `output ${specs[i]?.name}: ${packed}`);
    contents.push(packed);
  }
  return contents;
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
