import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { setUpOnModel } from "./application.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { artefactOf, measureDirect, modelOf, trainedCases } from "./directCalls.js";
import type { FrameworkModel } from "./directCalls.js";
import { gpuOf } from "./gpuUse.js";
import type { Gpu, GpuUse } from "./gpuUse.js";
import { ask } from "./graphqlClient.js";
import { PREDICT_SCORES } from "./operations.js";
import { projectPath } from "./projectPath.js";
import { compareSides, figuresOf, outputOf, SETTINGS, SIDE_COLUMNS, sideCells, SIDES } from "./sides.js";
import type { Side, SideFigures } from "./sides.js";
import { watchSize } from "./sizeWatch.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";
import { testPython } from "./pythonWrapper.js";

const PYTORCH = { framework: "pytorch", environment: "pytorch" } as const;
/** In the order in which the script makes them. */
const NAMES = ["exported", "torchscript"] as const;
const NO_DEVICE = "cuda:99";
/** A CPU takes its time for the same network. */
const CHECK_SLO_MS = 20_000;
const CHECKED_ROWS = 32;
/** Convolutions in TF32, the default of PyTorch, differ that much between sizes of batches. */
const MOST_DIFFERENCE = 0.01;

export const GPU: Scenario = {
  name: "gpu",
  summary:
    "a network that skysail deploy brings to --device: its answers, its batches and the GPU, beside direct calls",
  repetition: { runs: 3, seconds: 5 },
  byNameOnly: true,
  measure,
};

interface Target {
  readonly url: string;
  readonly device: string;
  readonly gpu: Gpu | undefined;
}

async function measure(bench: Bench): Promise<Outcome> {
  const { only = NAMES, device } = bench.settings;
  const unknown = only.find((name) => !NAMES.some((known) => known === name));
  if (unknown !== undefined) throw new BenchError(`--only ${unknown}: known are ${NAMES.join(", ")}`);
  const gpu = await gpuOf(bench, device);
  const folder = await temporaryFolder(bench);
  bench.progress("  training the network");
  const lines = await trainedCases(bench, PYTORCH, "bench/python/wide_network.py", [join(folder, "network"), device]);
  const models = lines.map(modelOf);
  const python = await testPython(bench, PYTORCH.environment);
  const { graphqlUrl: url } = await startSkysail(bench, folder, false, ["--python", python]);
  const target = { url, device, gpu };
  const refusal = await refused(target, models[0]);
  bench.progress(`  ${NO_DEVICE}: ${refusal}`);
  const rows: Row[] = [];
  for (const [i, model] of models.entries()) {
    const name = NAMES[i] ?? "";
    if (only.includes(name)) rows.push(await measureModel(bench, target, name, model));
  }
  return outcomeOf(target, refusal, rows);
}

interface Row {
  readonly model: FrameworkModel;
  readonly figures: SideFigures;
  /** Largest difference of a probability from what the framework itself answers on the device. */
  readonly differences: { readonly device: number; readonly cpu: number };
  readonly uses: Readonly<Record<Side, readonly GpuUse[]>>;
  /** Of the batched side: what the controller allows. */
  readonly batchRows: Spread;
  readonly processes: Awaited<ReturnType<Gpu["processes"]>>;
}

async function measureModel(bench: Bench, target: Target, name: string, model: FrameworkModel): Promise<Row> {
  const { url, device, gpu } = target;
  const onCpu = { ...target, device: "cpu" };
  const differences = {
    cpu: await difference(onCpu, `${name}-cpu`, model),
    device: await difference(target, `${name}-check`, model),
  };
  bench.progress(`  ${name}: probabilities differ by ${differences.device}, on the CPU by ${differences.cpu}`);
  const direct = await measureDirect(bench, PYTORCH, model, device);
  const serve = async (side: Side, sloMs: number): Promise<void> => {
    const served = `${name}-${side}`;
    await deploy(target, served, model);
    const { input } = model;
    await setUpOnModel(url, { name: served, sloMs, input, output: outputOf(model), settings: SETTINGS[side] });
  };
  const uses: Record<Side, GpuUse[]> = { batched: [], single: [] };
  const sizes: number[] = [];
  const watch = async <T>(side: Side, run: () => Promise<T>): Promise<T> => {
    const looking = watchSize(url, `${name}-batched`);
    const { result, use } = gpu === undefined ? { result: await run(), use: undefined } : await gpu.watch(run);
    looking.stop();
    if (side === "batched") sizes.push(...looking.seen());
    if (use !== undefined) uses[side].push(use);
    return result;
  };
  const figures = figuresOf(await compareSides(bench, { url, name, model, direct, serve, watch }));
  const processes = (await gpu?.processes()) ?? [];
  return { model, figures, differences, uses, batchRows: spreadOf(sizes), processes };
}

/** As an operator does it. */
async function deploy({ url, device }: Target, name: string, model: FrameworkModel): Promise<void> {
  const signature = model.args.indexOf("--signature");
  const args = [
    ...["deploy", name, "--framework", PYTORCH.framework, "--model", artefactOf(model), "--device", device],
    ...(signature < 0 ? [] : model.args.slice(signature, signature + 2)),
    ...["--url", new URL("/", url).href],
  ];
  await promisify(execFile)(process.execPath, [projectPath("dist/src/cli/skysail.js"), ...args]);
}

/** What `skysail deploy` says of a GPU that no machine has. */
async function refused(target: Target, model: FrameworkModel | undefined): Promise<string> {
  if (model === undefined) throw new BenchError("wide_network.py made no model");
  try {
    await deploy({ ...target, device: NO_DEVICE }, "nowhere", model);
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    const line = stderr.split("\n").find((each) => each.includes("CUDA devices"));
    if (line !== undefined) return line.trim();
    throw error;
  }
  throw new BenchError(`a model was deployed to ${NO_DEVICE}`);
}

/** Deploys a model, asks for rows at once, and compares every probability. */
async function difference(target: Target, name: string, model: FrameworkModel): Promise<number> {
  const { url } = target;
  await deploy(target, name, model);
  const { input } = model;
  await setUpOnModel(url, { name, sloMs: CHECK_SLO_MS, input, output: outputOf(model) });
  const rows = model.rows.slice(0, CHECKED_ROWS);
  const all = await Promise.all(rows.map(async (row, i) => rowDifference(model, i, await scores(url, name, row))));
  const most = Math.max(...all);
  if (most <= MOST_DIFFERENCE) return most;
  throw new BenchError(
    `${name}: a probability differs by ${most} from the framework's own, at most ${MOST_DIFFERENCE}`,
  );
}

async function scores(url: string, application: string, row: Uint8Array): Promise<ReadonlyMap<string, number>> {
  const input = { application, input: { base64: Buffer.from(row).toString("base64") } };
  const { predict } = (await ask(url, PREDICT_SCORES, { input })).data;
  if (!("output" in predict) || !("scores" in predict.output) || predict.source !== "MODEL") {
    throw new BenchError(`${application}: no answer of the model: ${JSON.stringify(predict)}`);
  }
  return new Map(predict.output.scores.map(({ label, score }) => [label, score]));
}

function rowDifference(model: FrameworkModel, row: number, got: ReadonlyMap<string, number>): number {
  const expected = model.probabilities[row] ?? Buffer.alloc(0);
  const of = (i: number): number => Math.abs((got.get(`${i}`) ?? NaN) - expected.readFloatLE(4 * i));
  return Math.max(...Array.from({ length: model.classes }, (_, i) => of(i)));
}

function outcomeOf({ device, gpu }: Target, refusal: string, rows: readonly Row[]): Outcome {
  const byModel = rows.map(({ model, figures, differences, uses, batchRows, processes }) => ({
    ...figures,
    model: model.name,
    version: model.version,
    differences,
    batchRows,
    busyPercent: bySide(uses, ({ busyPercent }) => busyPercent.median),
    memoryMiB: bySide(uses, ({ memoryMiB }) => memoryMiB.max),
    processes,
  }));
  return {
    result: {
      ...{ device, gpu: gpu?.name, driver: gpu?.driver, refusal },
      gain: Object.fromEntries(byModel.map(({ name, gain }) => [name, gain])),
      ofDirect: Object.fromEntries(byModel.map(({ name, ofDirect }) => [name, ofDirect])),
      byModel,
    },
    table: [
      ["model", ...SIDE_COLUMNS, "batch", "GPU busy %", "single %"],
      ...byModel.map((one) => [
        one.name,
        ...sideCells(one),
        ...[one.batchRows.median, one.busyPercent.batched.median, one.busyPercent.single.median].map(String),
      ]),
    ],
  };
}

function bySide(uses: Row["uses"], of: (use: GpuUse) => number): Readonly<Record<Side, Spread>> {
  const [batched, single] = SIDES.map((side) => spreadOf(uses[side].map(of)));
  return { batched, single } as Record<Side, Spread>;
}
