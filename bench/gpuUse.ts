import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

const LOOK_EVERY_MS = 200;
const FORMAT = "--format=csv,noheader,nounits";

export interface GpuUse {
  /** Of the time in which the GPU ran any kernel, as the driver counts it: percent. */
  readonly busyPercent: Spread;
  /** Of all processes on it. */
  readonly memoryMiB: Spread;
}

export interface Gpu {
  readonly name: string;
  readonly driver: string;
  /** Looks at the GPU while `run` goes on. */
  readonly watch: <T>(run: () => Promise<T>) => Promise<{ readonly result: T; readonly use: GpuUse }>;
  /** Memory of each process on it; none where the driver cannot see processes. */
  readonly processes: () => Promise<readonly { readonly pid: number; readonly memoryMiB: number }[]>;
}

/** What nvidia-smi says of a device; undefined of the CPU. Its numbers are those of CUDA with CUDA_DEVICE_ORDER=PCI_BUS_ID. */
export async function gpuOf(bench: Bench, device: string): Promise<Gpu | undefined> {
  if (device === "cpu") return undefined;
  const one = [`--id=${/:(\d+)$/.exec(device)?.[1] ?? "0"}`, FORMAT];
  const [name = "", driver = ""] = (await ask(bench, ["--query-gpu=name,driver_version", ...one]))[0] ?? [];
  return {
    name,
    driver,
    watch: (run) => watch(bench, one, run),
    processes: async () =>
      (await ask(bench, ["--query-compute-apps=pid,used_memory", ...one])).map(([pid, memory]) => ({
        pid: Number(pid),
        memoryMiB: Number(memory),
      })),
  };
}

async function ask({ signal }: Bench, args: readonly string[]): Promise<readonly (readonly string[])[]> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", args, { signal });
    return cells(stdout);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message.trim() : String(error);
    throw new BenchError(`--device: nvidia-smi, which comes with NVIDIA's driver, cannot say what is here: ${why}`);
  }
}

function cells(csv: string): readonly (readonly string[])[] {
  const lines = csv.split("\n").filter((line) => line.trim() !== "");
  return lines.map((line) => line.split(",").map((cell) => cell.trim()));
}

async function watch<T>(
  { signal }: Bench,
  one: readonly string[],
  run: () => Promise<T>,
): Promise<{ readonly result: T; readonly use: GpuUse }> {
  const args = ["--query-gpu=utilization.gpu,memory.used", `--loop-ms=${LOOK_EVERY_MS}`, ...one];
  const child = spawn("nvidia-smi", args, { stdio: ["ignore", "pipe", "ignore"], signal });
  const exited = once(child, "exit");
  // Awaited below; this keeps an earlier failure from being nobody's.
  exited.catch(() => undefined);
  const said = text(child.stdout);
  const result = await run().finally(() => child.kill());
  await exited;
  const looks = cells(await said).map(([busy, memory]) => ({ busy: Number(busy), memory: Number(memory) }));
  const use = { busyPercent: spreadOf(looks.map(({ busy }) => busy)), memoryMiB: spreadOf(looks.map((l) => l.memory)) };
  return { result, use };
}
