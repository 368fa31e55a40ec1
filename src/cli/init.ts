import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { failure, FailureError } from "../domain/failure.js";
import { isName } from "../domain/identifiers.js";
import { pythonProject } from "./pythonProject.js";
import { givenPath } from "./givenPath.js";
import type { Terminal } from "./replay.js";
import { typescriptProject } from "./typescriptProject.js";

/** Skysail's folder: the packages of its wrappers lie in it, and are on no registry. */
const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PACKAGE = z.object({ devDependencies: z.object({ typescript: z.string(), "@types/node": z.string() }) });

/** Writes a model wrapper that runs as it is, in a new folder named like the model. Throws FailureError where it cannot. */
export function initPython(name: string, terminal: Terminal, packageFolder = join(ROOT, "wrappers", "python")): void {
  if (!existsSync(join(packageFolder, "pyproject.toml"))) throw refusal(`${packageFolder} has no Python package`);
  write(name, () => pythonProject(name, pathToFileURL(packageFolder).href), terminal);
}

/** As \`initPython\`, in TypeScript. */
export function initTypescript(name: string, terminal: Terminal, root = ROOT): void {
  const read = (): Readonly<Record<string, string>> => {
    const { devDependencies } = PACKAGE.parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
    const { typescript, "@types/node": nodeTypes } = devDependencies;
    return typescriptProject(name, { packageUrl: `file:${resolve(root)}`, typescript, nodeTypes });
  };
  write(name, read, terminal);
}

function write(name: string, filesOf: () => Readonly<Record<string, string>>, { out }: Terminal): void {
  if (!isName(name)) {
    throw refusal(`"${name}" is no name of a model: letters a-z, digits and hyphens, up to 63, a letter first`);
  }
  const folder = givenPath(name);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw refusal(`${folder} is there already, and not empty`);
  const files = filesOf();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  out(`${name}/ has a model wrapper: ${Object.keys(files).join(", ")}`);
  out(`${name}/README.md says how to run, register and ask it.`);
}

function refusal(message: string): FailureError {
  return new FailureError(failure("BAD_INPUT", message));
}
