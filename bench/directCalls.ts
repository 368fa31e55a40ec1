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
  outputs: z.array(z.array(z.string())),
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
  /** Of each row as the framework itself gave them to the script, packed; empty without classes. */
  readonly probabilities: readonly Buffer[];
}

export interface DirectFigures {
  readonly oneRowP99Ms: number;
  readonly bySize: ReadonlyMap<number, { readonly perSecond: number; readonly p99Ms: number }>;
  /** The size of batches that gives the most rows a second among those whose calls take at most `sloMs`. */
  readonly bestWithin: (sloMs: number) => { readonly rows: number; readonly perSecond: number };
}

export async function trainModel(bench: Bench, folder: string, of: Framework): Promise<FrameworkModel> {
  const script = `test/frameworks/${of.framework}_cases.py`;
  const line = (await trainedCases(bench, of, script, [join(folder, `${of.framework}-model`)]))[of.model];
  if (line === undefined) throw new BenchError(`${script} made no model ${of.model}`);
  return modelOf(line);
}

/** A line of JSON for each model that a script of the project makes, as those of `test/frameworks` write it. */
export async function trainedCases(
  bench: Bench,
  { environment }: Pick<Framework, "environment">,
  script: string,
  args: readonly string[],
): Promise<readonly string[]> {
  const python = await testPython(bench, environment);
  const options = { signal: bench.signal, maxBuffer: MOST_OUTPUT_BYTES };
  const { stdout } = await promisify(execFile)(python, [projectPath(script), ...args], options);
  return stdout.trim().split("\n");
}

/** Of such a line. */
export function modelOf(line: string): FrameworkModel {
  const { name, version, args, signature, inputs, outputs } = CASE.parse(JSON.parse(line));
  const at = signature.outputs.findIndex(({ datatype, shape }) => datatype.startsWith("FP") && shape.length === 1);
  return {
    name,
    version,
    args,
    input: signature.inputs[0],
    rows: inputs[0].map((row) => numbered(Buffer.from(row, "base64"), signature.inputs[0].datatype)),
    classes: signature.outputs[at]?.shape[0] ?? 0,
    probabilities: (outputs[at] ?? []).map((row) => Buffer.from(row, "base64")),
  };
}

/** The path of what was saved. */
export function artefactOf({ args }: FrameworkModel): string {
  return args[args.indexOf("--model") + 1] ?? "";
}

/** In FP64 the three bytes that number a row are digits far behind the point. */
function numbered(row: Buffer, datatype: string): Uint8Array {
  if (datatype === "FP32" && row.readUInt32LE(0) === 0) row[3] = TINY_EXPONENT;
  return row;
}

/** On one thread of one Python process that does nothing else, and on `device` where that is given. */
export async function measureDirect(
  bench: Bench,
  of: Pick<Framework, "framework" | "environment">,
  model: FrameworkModel,
  device?: string,
): Promise<DirectFigures> {
  const python = await testPython(bench, of.environment);
  const script = projectPath("bench/python/direct.py");
  const args = [script, of.framework, artefactOf(model), ...(device === undefined ? [] : [device])];
  const child = spawn(python, args, {
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
