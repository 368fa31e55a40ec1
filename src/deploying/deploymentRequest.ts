import type { DeploymentSpec, WrapperOption } from "../domain/deploymentPorts.js";
import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { nameProblem, versionProblem } from "../domain/identifiers.js";
import type { Signature } from "../domain/tensor.js";
import { nearest } from "../lib/suggest.js";
import { RESERVED_OPTIONS, TYPESCRIPT_FRAMEWORK } from "./wrapperCommand.js";

/** What is asked for; absent things have their defaults. */
export interface DeploymentRequest {
  readonly artefact: string;
  readonly model: string;
  readonly version: number | undefined;
  readonly framework: string;
  readonly fileName: string | undefined;
  readonly unpack: boolean | undefined;
  readonly signature: Signature | undefined;
  readonly options: readonly WrapperOption[] | undefined;
  readonly requirements: readonly string[] | undefined;
  readonly replicas: number | undefined;
  readonly device: string | undefined;
  readonly memoryLimitBytes: number | undefined;
  readonly niceness: number | undefined;
  readonly cpus: string | undefined;
  readonly activate: boolean | undefined;
  readonly readyWithinMs: number | undefined;
}

export interface Known {
  readonly frameworks: readonly string[];
  /** Environments are made here, so that packages can be asked for. */
  readonly makesEnvironments: boolean;
  /** Of this machine. */
  readonly processors: number;
}

const MAX_REPLICAS = 64;
const MIB = 2 ** 20;
const MEMORY = { least: 64 * MIB, most: 2 ** 44 };
const READY = { least: 1000, most: 3_600_000, fallback: 300_000 };
const MAX_ITEMS = 50;
/** No folder, and nothing that a shell or an option's parser could take for something else. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
const DEVICE = /^(cpu|cuda|cuda:\d{1,2})$/;
const CPUS = /^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/;
const OPTION_NAME = /^[a-z][a-z0-9-]{0,40}$/;
/** A package with or without versions. Not a file, an address or an option of pip. */
const REQUIREMENT =
  /^[A-Za-z0-9][A-Za-z0-9._-]*(\[[A-Za-z0-9._,-]+\])?([<>=!~]=?[A-Za-z0-9.*+!_-]+(,[<>=!~]=?[A-Za-z0-9.*+!_-]+)*)?$/;

/** What is to run, or what is wrong with the request. */
export function deploymentSpec(asked: DeploymentRequest, known: Known): DeploymentSpec | Failure {
  const spec: DeploymentSpec = {
    artefact: asked.artefact,
    fileName: asked.fileName ?? "model",
    unpack: asked.unpack ?? false,
    framework: asked.framework,
    signature: asked.signature,
    options: asked.options ?? [],
    requirements: asked.requirements ?? [],
    replicas: asked.replicas ?? 1,
    device: asked.device ?? "cpu",
    memoryLimitBytes: asked.memoryLimitBytes,
    niceness: asked.niceness ?? 0,
    cpus: asked.cpus,
    activate: asked.activate ?? true,
    readyWithinMs: asked.readyWithinMs ?? READY.fallback,
  };
  return (
    nameProblem(["model"], asked.model) ??
    (asked.version === undefined ? undefined : versionProblem(asked.version)) ??
    filesProblem(spec, known) ??
    resourcesProblem(spec, known) ??
    wordsProblem(spec, known) ??
    spec
  );
}

function filesProblem({ fileName, framework, unpack }: DeploymentSpec, { frameworks }: Known): Failure | undefined {
  if (!frameworks.includes(framework)) {
    const got = `"${framework.slice(0, 80)}"${nearest(framework, frameworks)}`;
    return badInput(["framework"], `one of ${frameworks.join(", ")}`, got);
  }
  if (!FILE_NAME.test(fileName)) {
    return badInput(
      ["fileName"],
      "1 to 100 of A-Z, a-z, 0-9, ., _ and -, no folder",
      JSON.stringify(fileName.slice(0, 120)),
    );
  }
  return unpack && framework === "onnx" ? badInput(["unpack"], "false: ONNX models are files", "true") : undefined;
}

export function replicasProblem(replicas: number): Failure | undefined {
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= MAX_REPLICAS) return undefined;
  return badInput(["replicas"], `1 to ${MAX_REPLICAS}`, String(replicas));
}

function resourcesProblem(spec: DeploymentSpec, { processors }: Known): Failure | undefined {
  const { replicas, device, memoryLimitBytes, niceness, cpus, readyWithinMs } = spec;
  const tooMany = replicasProblem(replicas);
  if (tooMany !== undefined) return tooMany;
  if (!DEVICE.test(device)) return badInput(["device"], "cpu, cuda or cuda:N", JSON.stringify(device.slice(0, 80)));
  if (memoryLimitBytes !== undefined && !isWithin(memoryLimitBytes, MEMORY)) {
    return badInput(["memoryLimitBytes"], `${MEMORY.least} (64 MiB) to ${MEMORY.most}`, String(memoryLimitBytes));
  }
  if (!isWithin(niceness, { least: 0, most: 19 })) return badInput(["niceness"], "0 to 19", String(niceness));
  if (cpus !== undefined && !CPUS.test(cpus)) {
    return badInput(["cpus"], "numbers of processors, as 0-3,8", JSON.stringify(cpus.slice(0, 80)));
  }
  if (cpus !== undefined && Math.max(...(cpus.match(/\d+/g) ?? []).map(Number)) >= processors) {
    return badInput(["cpus"], `processors of this machine, 0 to ${processors - 1}`, JSON.stringify(cpus));
  }
  if (isWithin(readyWithinMs, READY)) return undefined;
  return badInput(["readyWithinMs"], `${READY.least} to ${READY.most}`, String(readyWithinMs));
}

function wordsProblem(
  { framework, options, requirements }: DeploymentSpec,
  { makesEnvironments }: Known,
): Failure | undefined {
  if (options.length > MAX_ITEMS) return badInput(["options"], `at most ${MAX_ITEMS}`, String(options.length));
  for (const [i, { name, value }] of options.entries()) {
    if (!OPTION_NAME.test(name) || RESERVED_OPTIONS.has(name)) {
      const reserved = "an option of the wrapper's but those that the server gives itself";
      return badInput(["options", i, "name"], reserved, JSON.stringify(name.slice(0, 80)));
    }
    // It works in a folder of its own: what leads out of that would be a path of the server's.
    if (value.length > 2000 || /\p{Cc}/u.test(value) || value.startsWith("/") || /(^|\/)\.\.(\/|$)/.test(value)) {
      const got = JSON.stringify(value.slice(0, 80));
      return badInput(["options", i, "value"], "at most 2000 characters, no path out of the model's folder", got);
    }
  }
  if (requirements.length > MAX_ITEMS)
    return badInput(["requirements"], `at most ${MAX_ITEMS}`, String(requirements.length));
  const at = requirements.findIndex((each) => each.length > 200 || !REQUIREMENT.test(each));
  if (at >= 0) {
    const got = JSON.stringify(requirements[at]?.slice(0, 80));
    return badInput(["requirements", at], "a package and its version, as scikit-learn==1.5.2", got);
  }
  const got = requirements.join(", ").slice(0, 200);
  if (requirements.length > 0 && framework === TYPESCRIPT_FRAMEWORK) {
    return badInput(["requirements"], "none: ONNX models run without Python", got);
  }
  if (requirements.length === 0 || makesEnvironments) return undefined;
  return badInput(["requirements"], "none, since the server was started with --python", got);
}

function isWithin(value: number, { least, most }: { readonly least: number; readonly most: number }): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
