import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { DeploymentSpec } from "../domain/deploymentPorts.js";

/** An environment's name, and what is in it. */
export interface PythonNeed {
  readonly framework: string;
  readonly requirements: readonly string[];
}

/** What a framework's wrapper needs, as Python's packaging names it. */
export interface PythonFramework {
  readonly requirements: readonly string[];
  /** Instead of them on a GPU; undefined for a framework that has one build, or none for GPUs. */
  readonly onGpu: readonly string[] | undefined;
}

const ON_GPU = "-cuda";

/**
 * The frameworks of the Python SDK and the packages that each needs, as its `pyproject.toml` has them: the optional
 * dependencies of a framework's name (on a GPU those of that name and `-cuda`), behind those of all.
 */
export function readPythonFrameworks(pyproject: string): ReadonlyMap<string, PythonFramework> {
  const toml = readFileSync(pyproject, "utf8");
  const project = listsOf(sectionOf(toml, "project")).get("dependencies") ?? [];
  const extras = listsOf(sectionOf(toml, "project.optional-dependencies"));
  const packagesOf = (name: string): readonly string[] | undefined => {
    const own = extras.get(name);
    return own && [...project, ...own];
  };
  const names = [...extras.keys()].filter((name) => !name.endsWith(ON_GPU));
  return new Map(
    names.map((name) => [name, { requirements: packagesOf(name) ?? [], onGpu: packagesOf(name + ON_GPU) }]),
  );
}

/**
 * What a wrapper of a framework needs on a device. Those for a GPU have environments of their own, also of the same packages: pip
 * may have been led to builds for the processor when the other one was made, and would take them for good.
 */
export function pythonNeed(
  name: string,
  { requirements, onGpu }: PythonFramework,
  { device, requirements: more }: Pick<DeploymentSpec, "device" | "requirements">,
): PythonNeed {
  const packages = device === "cpu" ? undefined : onGpu;
  return {
    framework: packages === undefined ? name : name + ON_GPU,
    requirements: [...(packages ?? requirements), ...more],
  };
}

/** Of the same packages the same. */
export function requirementsDigest(requirements: readonly string[]): string {
  return createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 16);
}

function sectionOf(toml: string, name: string): string {
  const begin = `\n[${name}]\n`;
  const at = toml.indexOf(begin);
  if (at < 0) throw new Error(`pyproject.toml has no section ${name}`);
  const rest = toml.slice(at + begin.length - 1);
  const end = rest.search(/\n\[[a-z]/);
  return end < 0 ? rest : rest.slice(0, end);
}

/** Of TOML only what is there: `name = ["text", ...]`, on one line or several. */
function listsOf(section: string): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  for (const [, name = "", items = ""] of section.matchAll(
    /^([\w-]+)\s*=\s*\[((?:\s*(?:"[^"\n]*"\s*,?|#[^\n]*))*)\s*\]/gm,
  )) {
    lists.set(
      name,
      [...items.replace(/^\s*#.*$/gm, "").matchAll(/"([^"\n]*)"/g)].map(([, item = ""]) => item),
    );
  }
  return lists;
}
