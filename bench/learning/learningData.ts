import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { BenchError } from "../bench.js";
import type { Bench } from "../bench.js";
import { mnistFolder } from "../mnist.js";
import { projectPath } from "../projectPath.js";
import { pythonEnvironment } from "../pythonEnvironment.js";

const SCRIPTS = ["bench/python/learning_data.py", "bench/python/feature_model.py"] as const;
const CACHE = "node_modules/.cache/skysail-learning";

/** An array of the data; its numbers are row after row. */
export interface DataArray {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** Real data and what models say of them: bench/python/learning_data.py says what there is. */
export class LearningData {
  readonly folder: string;
  readonly #shapes: Readonly<Record<string, readonly number[]>>;

  constructor(folder: string, shapes: Readonly<Record<string, readonly number[]>>) {
    this.folder = folder;
    this.#shapes = shapes;
  }

  async floats(name: string): Promise<DataArray> {
    return { shape: this.#shapeOf(name), values: new Float32Array(await this.#read(`${name}.f32`)) };
  }

  async integers(name: string): Promise<Int32Array> {
    return new Int32Array(await this.#read(`${name}.i32`));
  }

  #shapeOf(name: string): readonly number[] {
    const shape = this.#shapes[name];
    if (shape === undefined) throw new BenchError(`no array ${name} in ${this.folder}`);
    return shape;
  }

  async #read(file: string): Promise<ArrayBuffer> {
    // A copy, so that it begins where a typed array may.
    return Uint8Array.from(await readFile(join(this.folder, file))).buffer;
  }
}

/** Made on first use, in about a minute, and kept for as long as the scripts and Python's packages stay the same. */
export async function prepareLearningData(bench: Bench): Promise<LearningData> {
  const python = await pythonEnvironment(bench);
  const hash = createHash("sha256").update(python.digest);
  for (const script of SCRIPTS) hash.update(await readFile(projectPath(script)));
  const folder = projectPath(`${CACHE}/${hash.digest("hex").slice(0, 16)}`);
  try {
    return await openLearningData(folder);
  } catch {
    bench.signal.throwIfAborted();
  }
  bench.progress("  training the models (once, about a minute)");
  // Beside its place first, so that what was interrupted is never taken for whole.
  const partial = `${folder}.${process.pid}`;
  await mkdir(projectPath(CACHE), { recursive: true });
  await bench.cleanup.add(() => rm(partial, { recursive: true, force: true }));
  await python.run(SCRIPTS[0], [await mnistFolder(bench), partial]);
  await rm(folder, { recursive: true, force: true });
  await rename(partial, folder);
  return openLearningData(folder);
}

/** As it was left there. */
export async function openLearningData(folder: string): Promise<LearningData> {
  const shapes = JSON.parse(await readFile(join(folder, "shapes.json"), "utf8")) as Record<string, number[]>;
  return new LearningData(folder, shapes);
}
