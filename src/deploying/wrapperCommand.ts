import { join } from "node:path";
import type { DeploymentSpec } from "../domain/deploymentPorts.js";

export interface WrapperFiles {
  /** The project's root. */
  readonly root: string;
  readonly dataDir: string;
  /** The saved model, a file or a folder. */
  readonly model: string;
  /** The signature, where one was given. */
  readonly signature: string | undefined;
  /** Undefined: the wrapper needs none. */
  readonly python: string | undefined;
}

/** The framework whose wrapper is in TypeScript. */
export const TYPESCRIPT_FRAMEWORK = "onnx";
/** What the launcher itself says to a wrapper: nobody else may. */
export const RESERVED_OPTIONS: ReadonlySet<string> = new Set([
  ...["model", "file", "name", "version", "model-version", "listen", "port", "max-message-bytes"],
  ...["exit-with-stdin", "device", "signature", "help"],
]);

/** Program and arguments of one replica, within its limits. */
export function wrapperCommand(
  { model, version, spec }: { readonly model: string; readonly version: number; readonly spec: DeploymentSpec },
  files: WrapperFiles,
): readonly [string, ...string[]] {
  const { framework, device, signature, options } = spec;
  const common = [
    `--name=${model}`,
    `--model-version=${version}`,
    ...(signature !== undefined && files.signature !== undefined ? [`--signature=${files.signature}`] : []),
    // As one word each: a value can then be nothing else.
    ...options.map(({ name, value }) => (value === "" ? `--${name}` : `--${name}=${value}`)),
  ];
  const isCpu = device === "cpu";
  if (framework === TYPESCRIPT_FRAMEWORK) {
    const program = join(files.root, "dist", "wrappers", "typescript", "onnx", "main.js");
    const own = [`--file=${files.model}`, `--device=${isCpu ? "cpu" : "cuda"}`];
    return limited([process.execPath, program, ...own, ...common], spec);
  }
  // The one that was chosen is the only one that the process sees.
  const own = [`--model=${files.model}`, `--device=${isCpu ? "cpu" : "cuda:0"}`];
  return limited([files.python ?? "python3", "-m", "skysail_wrapper", framework, ...own, ...common], spec);
}

/** Beside the server's own environment. */
export function wrapperEnvironment(
  { device }: DeploymentSpec,
  { root, dataDir }: WrapperFiles,
): Record<string, string> {
  const gpu = /^cuda:(\d+)$/.exec(device)?.[1];
  return {
    // The package as it lies here goes with this server; its bytecode goes elsewhere, since it may not be ours to write to.
    PYTHONPATH: join(root, "wrappers", "python", "src"),
    PYTHONPYCACHEPREFIX: join(dataDir, "python", "bytecode"),
    ...(device === "cpu" && { CUDA_VISIBLE_DEVICES: "" }),
    ...(gpu !== undefined && { CUDA_VISIBLE_DEVICES: gpu }),
  };
}

/**
 * RLIMIT_DATA bounds what a process can write to (since Linux 4.7 private mappings too). RLIMIT_AS would not do: V8, CUDA and
 * the JVM reserve many times of what they use. When the machine itself is short of memory, wrappers go before the server.
 */
function limited(
  command: readonly [string, ...string[]],
  { memoryLimitBytes, niceness, cpus }: DeploymentSpec,
): readonly [string, ...string[]] {
  const inner = [
    ...(niceness > 0 ? ["nice", "-n", String(niceness)] : []),
    ...(cpus !== undefined ? ["taskset", "-c", cpus] : []),
    ...command,
  ];
  const limit = memoryLimitBytes === undefined ? "" : `ulimit -d ${Math.floor(memoryLimitBytes / 1024)} && `;
  return ["/bin/sh", "-c", `echo 500 2>/dev/null >/proc/self/oom_score_adj; ${limit}exec "$@"`, "sh", ...inner];
}
