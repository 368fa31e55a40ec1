import { expect } from "@jest/globals";
import { elementCount, rowBytes, type Datatype, type Signature, type TensorSpec } from "../../src/domain/tensor.js";
import type { ModelInferResponse } from "../../src/protocol/generated/inference.js";

/** The packed bytes of each row and output of a response. */
export function rowsOf(response: ModelInferResponse, rows: number): Buffer[][] {
  const split = response.outputs.map((output, i) => {
    const spec = { name: output.name, datatype: output.datatype as Datatype, shape: output.shape.slice(1) };
    return splitTensor(spec, response.rawOutputContents[i] as Buffer, rows);
  });
  return Array.from({ length: rows }, (_, row) => split.map((tensor) => tensor[row] as Buffer));
}

function splitTensor(spec: TensorSpec, bytes: Buffer, rows: number): Buffer[] {
  const perRow = rowBytes(spec);
  if (perRow !== undefined) return Array.from({ length: rows }, (_, i) => bytes.subarray(i * perRow, (i + 1) * perRow));
  let at = 0;
  return Array.from({ length: rows }, () => {
    const start = at;
    for (let i = 0; i < elementCount(spec.shape); i++) at += 4 + bytes.readUInt32LE(at);
    return bytes.subarray(start, at);
  });
}

/** Equal bytes, but for floats: a kernel may add up in another order for another batch size. */
export function expectSameOutputs(
  got: Buffer[] | undefined,
  expected: Buffer[] | undefined,
  signature: Signature,
): void {
  for (const [i, spec] of signature.outputs.entries()) {
    const [a, b] = [got?.[i] as Buffer, expected?.[i] as Buffer];
    const read = FLOATS[spec.datatype];
    if (read === undefined) expect(a).toEqual(b);
    else for (let at = 0; at < b.length; at += read.width) expect(read.at(a, at)).toBeCloseTo(read.at(b, at), 4);
  }
}

const FLOATS: Partial<Record<Datatype, { readonly width: number; at(bytes: Buffer, at: number): number }>> = {
  FP32: { width: 4, at: (bytes, at) => bytes.readFloatLE(at) },
  FP64: { width: 8, at: (bytes, at) => bytes.readDoubleLE(at) },
};
