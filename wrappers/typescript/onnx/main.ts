import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Logger } from "pino";
import { messageOf } from "../../../src/domain/messageOf.js";
import type { InputTensor } from "../sdk/batch.js";
import { defineModel, type Model } from "../sdk/model.js";
import { oneOf, positiveInteger } from "../sdk/options.js";
import { runWrapper, type WrapperOptions } from "../sdk/runWrapper.js";
import { requireCudaProvider } from "./cuda.js";
import { createSessionRunner, type InputData, type Runner, type SessionOptions } from "./runner.js";
import { readSignatureFile } from "./signature.js";
import { createThreadRunner } from "./threads.js";
import { warmUp } from "./warmUp.js";

interface OnnxOptions extends WrapperOptions {
  readonly file: string;
  readonly device: "cpu" | "cuda";
  readonly threads: number;
  readonly workers: number;
  readonly execution: "auto" | "inline" | "worker";
  readonly signature?: string;
}

/** The time of 64 rows up to which a batch may block the event loop. */
const INLINE_LIMIT_MS = 1;

function addOptions(command: Command): void {
  command
    .requiredOption("--file <path>", "the model, .onnx")
    .option("--device <device>", "cpu or cuda", oneOf("cpu", "cuda"), "cpu")
    .option("--threads <count>", "threads within one operator", positiveInteger, 1)
    .option("--workers <count>", "batches at once, each in a thread with a session of its own", positiveInteger, 1)
    .option(
      "--execution <where>",
      "inline, worker, or auto: by the time of 64 rows",
      oneOf("auto", "inline", "worker"),
      "auto",
    )
    .option("--signature <path>", "JSON, instead of what the file states");
}

async function createModel(options: OnnxOptions, logger: Logger): Promise<Model> {
  const { file, device, threads, workers } = options;
  if (options.execution === "inline" && workers > 1) {
    throw new Error(`--workers (${workers}) must be 1 with --execution inline`);
  }
  const artefactSha256 = createHash("sha256").update(readArtefact(file)).digest("hex");
  if (device === "cuda") requireCudaProvider();
  const signature = options.signature === undefined ? undefined : readSignatureFile(options.signature);
  const runner = await startRunner({ file, device, threads, signature }, options, logger);
  return defineModel({
    name: options.name,
    version: options.modelVersion,
    platform: "onnxruntime",
    signature: runner.signature,
    concurrency: workers,
    artefactSha256,
    predict: ({ rows, inputs, wanted }) => runner.run(rows, inputs.map(dataOf), wanted),
    close: () => runner.close(),
  });
}

function readArtefact(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`--file ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * ONNX Runtime's `run` blocks its thread. A model that is done in some tens of microseconds is run in this one: the
 * way into another thread and back was measured at 120 us. Others get threads, so that pings are answered meanwhile.
 */
async function startRunner(session: SessionOptions, options: OnnxOptions, logger: Logger): Promise<Runner> {
  if (options.execution !== "worker" && options.workers === 1) {
    const inline = await createSessionRunner(session);
    await warmUp(inline, 1, 3);
    if (options.execution === "inline" || (await isFast(inline, logger))) return inline;
    await inline.close();
  }
  const threaded = await createThreadRunner(session, options.workers);
  await Promise.all(Array.from({ length: options.workers }, () => warmUp(threaded, 1, 1)));
  return threaded;
}

/** What a row of texts takes depends on the texts, and nothing bounds it: it counts as slow. */
async function isFast(runner: Runner, logger: Logger): Promise<boolean> {
  if (runner.signature.inputs.some(({ datatype }) => datatype === "BYTES")) return false;
  const fastestMs = await warmUp(runner, 64, 5);
  const fast = fastestMs <= INLINE_LIMIT_MS;
  logger.info({ fastestMs, execution: fast ? "inline" : "worker" }, "timed 64 rows");
  return fast;
}

function dataOf(input: InputTensor): InputData {
  const { datatype } = input.spec;
  return datatype === "BYTES" ? input.strings() : input.values(datatype);
}

/** Serves an ONNX file with ONNX Runtime. */
await runWrapper<OnnxOptions>({
  description: "Serves a model saved as ONNX, with ONNX Runtime.",
  defaultName: "onnx",
  addOptions,
  createModel,
});
