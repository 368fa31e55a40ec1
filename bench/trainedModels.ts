import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Bench } from "./bench.js";
import { mnistFolder } from "./mnist.js";
import { projectPath } from "./projectPath.js";
import { pythonEnvironment } from "./pythonEnvironment.js";

export type ModelName = "linear" | "forest" | "kernel-svm" | "network";

/** Of an image, 28 x 28. */
export const PIXELS = 784;

const SCRIPT = "bench/python/trainModels.py";
const CACHE = "node_modules/.cache/skysail-models";
const IMAGES_HEADER_BYTES = 16;

export interface TrainedModels {
  /** As ONNX, or as scikit-learn's pipeline. */
  readonly fileOf: (model: ModelName, format: "onnx" | "joblib") => string;
  /** For scikit-learn's wrapper. */
  readonly signatureFile: string;
  /** What the script says of each: size, accuracy, support vectors. */
  readonly report: unknown;
  /** The 10,000 images that no model was trained with, 784 bytes each. */
  readonly testImages: Uint8Array;
}

/** Trained on first use, which takes a minute, and kept for as long as the script and Python's packages stay the same. */
export async function prepareTrainedModels(bench: Bench): Promise<TrainedModels> {
  const [mnist, python] = [await mnistFolder(bench), await pythonEnvironment(bench)];
  const digest = createHash("sha256")
    .update(python.digest)
    .update(await readFile(projectPath(SCRIPT)))
    .digest("hex")
    .slice(0, 16);
  const folder = projectPath(`${CACHE}/${digest}`);
  const report = async (): Promise<unknown> => JSON.parse(await readFile(join(folder, "models.json"), "utf8"));
  try {
    await report();
  } catch {
    await train(bench, { mnist, folder, run: python.run });
  }
  const images = await readFile(join(mnist, "t10k-images-idx3-ubyte"));
  return {
    fileOf: (model, format) => join(folder, `${model}.${format}`),
    signatureFile: join(folder, "signature.json"),
    report: await report(),
    testImages: images.subarray(IMAGES_HEADER_BYTES),
  };
}

interface Training {
  readonly mnist: string;
  readonly folder: string;
  readonly run: (script: string, args: readonly string[]) => Promise<string>;
}

/** Beside its place first, so that what was interrupted is never taken for whole. */
async function train(bench: Bench, { mnist, folder, run }: Training): Promise<void> {
  bench.progress("  training the models on MNIST (once, about a minute)");
  const partial = `${folder}.${process.pid}`;
  await mkdir(projectPath(CACHE), { recursive: true });
  await bench.cleanup.add(() => rm(partial, { recursive: true, force: true }));
  bench.progress((await run(SCRIPT, ["--mnist", mnist, "--out", partial])).replace(/^/gm, "  ").trimEnd());
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
}
