import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bench } from "../bench.js";
import { pythonEnvironment } from "../pythonEnvironment.js";
import type { LearningData } from "./learningData.js";
import type { TasteLog } from "./tastes.js";

/** What scikit-learn makes of the log up to a step: bench/python/retrain.py says how. */
export interface Retrained {
  readonly step: number;
  readonly error: number;
  readonly hindsightError: number;
  readonly weightsOnlyError: number;
  readonly featuresMs: number;
  readonly weightsMs: number;
}

/** Trains feature model and weights anew after each of these steps. */
export async function retrain(
  bench: Bench,
  data: LearningData,
  name: string,
  log: TasteLog,
  steps: readonly number[],
): Promise<readonly Retrained[]> {
  const python = await pythonEnvironment(bench);
  const folder = await mkdtemp(join(tmpdir(), "skysail-retrain-"));
  await bench.cleanup.add(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "log");
  const rows = [...log.before, ...log.after].flatMap(({ user, item, likes, step }) => [
    user,
    item,
    likes ? 1 : 0,
    step,
  ]);
  await writeFile(path, Int32Array.from(rows));
  await writeFile(`${path}.tastes`, Int32Array.from(log.tastes.flatMap((taste) => [...taste])));
  return JSON.parse(
    await python.run("bench/python/retrain.py", [data.folder, name, path, steps.join()]),
  ) as Retrained[];
}
