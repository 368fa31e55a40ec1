import { elementCount, rowBytes, type Signature, type TensorSpec } from "../../../src/domain/tensor.js";
import { viewOf } from "../sdk/typedArrays.js";
import type { InputData, Runner } from "./runner.js";

/** Rows of zeros, which every model must be able to answer. */
function zeros(spec: TensorSpec, rows: number): InputData {
  if (spec.datatype === "BYTES") return new Array<string>(rows * elementCount(spec.shape)).fill("");
  return viewOf(spec.datatype, new Uint8Array(rows * (rowBytes(spec) ?? 0)));
}

/**
 * Runs batches of zeros before the first query comes: the first runs allocate and choose kernels. Checks on the way
 * that the outputs are of the promised size. Returns the milliseconds of the fastest run with `rows` rows.
 */
export async function warmUp(runner: Runner, rows: number, runs: number): Promise<number> {
  const names = runner.signature.outputs.map((spec) => spec.name);
  const inputs = runner.signature.inputs.map((spec) => zeros(spec, rows));
  let fastestMs = Infinity;
  for (let i = 0; i < runs; i++) {
    const startedMs = performance.now();
    const outputs = await runner.run(rows, inputs, names);
    fastestMs = Math.min(fastestMs, performance.now() - startedMs);
    if (i === 0) checkSizes(runner.signature, outputs, rows);
  }
  return fastestMs;
}

function checkSizes(
  signature: Signature,
  outputs: readonly ({ readonly length: number } | undefined)[],
  rows: number,
): void {
  for (const [i, spec] of signature.outputs.entries()) {
    const expected = rows * elementCount(spec.shape);
    const got = outputs[i]?.length;
    if (got !== expected)
      throw new Error(`output ${spec.name}: ${got} elements for ${rows} rows instead of ${expected}`);
  }
}
