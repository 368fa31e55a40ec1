import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { z } from "zod";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import type { Framework } from "./frameworksScenario.js";
import type { TensorSpecInput } from "./generated/graphql.js";
import { projectPath } from "./projectPath.js";
import { testPython } from "./pythonWrapper.js";

/** numpy's names of what a row's numbers are. */
const DTYPES: Readonly<Record<string, string>> = { FP32: "<f4", FP64: "<f8" };
const MOST_OUTPUT_BYTES = 2 ** 26;
/** A small exponent in place of zero's, so that the bytes below it number a row and mean next to nothing. */
const TINY_EXPONENT = 0x30;

const TENSOR = z.object({ name: z.string(), datatype: z.enum(["FP32", "FP64"]), shape: z.array(z.number()) });
const CASE = z.object({
  name: z.string(),
  version: z.string(),
  args: z.array(z.string()),
  signature: z.object({
    inputs: z.tuple([TENSOR]),
    outputs: z.array(z.object({ datatype: z.string(), shape: z.array(z.number()) })),
  }),
  inputs: z.tuple([z.array(z.string())]),
});
const DIRECT = z.object({
  oneRowP99Ms: z.number(),
  sizes: z.record(z.string(), z.object({ perSecond: z.number(), p99Ms: z.number() })),
});

/** As a script of test/frameworks trained and saved it. */
export interface FrameworkModel {
  readonly name: string;
  readonly version: string;
  /** For `skysail-wrapper FRAMEWORK`. */
  readonly args: readonly string[];
  readonly input: TensorSpecInput;
  readonly rows: readonly Uint8Array[];
  /** 0: it predicts a number. */
  readonly classes: number;
}

export interface DirectFigures {
  readonly oneRowP99Ms: number;
  readonly bySize: ReadonlyMap<number, { readonly perSecond: number; readonly p99Ms: number }>;
  /** The size of batches that gives the most rows a second among those whose calls take at most `sloMs`. */
  readonly bestWithin: (sloMs: number) => { readonly rows: number; readonly perSecond: number };
}

export async function trainModel(bench: Bench, folder: string, of: Framework): Promise<FrameworkModel> {
  const python = await testPython(bench, of.environment);
  const script = projectPath(`test/frameworks/${of.framework}_cases.py`);
  const options = { signal: bench.signal, maxBuffer: MOST_OUTPUT_BYTES };
  const { stdout } = await promisify(execFile)(python, [script, join(folder, `${of.framework}-model`)], options);
  const line = stdout.trim().split("\n")[of.model];
  if (line === undefined) throw new BenchError(`${script} made no model ${of.model}`);
  const { name, version, args, signature, inputs } = CASE.parse(JSON.parse(line));
  const classes = signature.outputs.find(({ datatype, shape }) => datatype.startsWith("FP") && shape.length === 1);
  return {
    name,
    version,
    args,
    input: signature.inputs[0],
    rows: inputs[0].map((row) => numbered(Buffer.from(row, "base64"), signature.inputs[0].datatype)),
    classes: classes?.shape[0] ?? 0,
  };
}

/** In FP64 the three bytes that number a row are digits far behind the point. */
function numbered(row: Buffer, datatype: string): Uint8Array {
  if (datatype === "FP32" && row.readUInt32LE(0) === 0) row[3] = TINY_EXPONENT;
  return row;
}

/** On one thread of one Python process that does nothing else. */
export async function measureDirect(bench: Bench, of: Framework, model: FrameworkModel): Promise<DirectFigures> {
  const python = await testPython(bench, of.environment);
  const path = model.args[model.args.indexOf("--model") + 1] ?? "";
  const child = spawn(python, [projectPath("bench/python/direct.py"), of.framework, path], {
    stdio: ["pipe", "pipe", "pipe"],
    signal: bench.signal,
  });
  const exited = new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
  const { shape = [], datatype } = model.input;
  child.stdin.write(`${JSON.stringify({ dtype: DTYPES[datatype], shape })}\n`);
  child.stdin.end(Buffer.concat(model.rows));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  if (code !== 0) throw new BenchError(`direct.py ${of.framework}: ${stderr.trim().split("\n").slice(-10).join("\n")}`);
  const { oneRowP99Ms, sizes } = DIRECT.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  const bySize = new Map(Object.entries(sizes).map(([size, figures]) => [Number(size), figures]));
  return { oneRowP99Ms, bySize, bestWithin: (sloMs) => best(bySize, sloMs) };
}

function best(bySize: DirectFigures["bySize"], sloMs: number): { readonly rows: number; readonly perSecond: number } {
  let found = { rows: 1, perSecond: bySize.get(1)?.perSecond ?? NaN };
  for (const [rows, { perSecond, p99Ms }] of bySize) {
    if (p99Ms <= sloMs && perSecond > found.perSecond) found = { rows, perSecond };
  }
  return found;
}
