import { badInput } from "./failure.js";
import type { Failure } from "./failure.js";

const NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Whether an application or a model may be called so: 1 to 63 of a-z, 0-9 and -, beginning with a letter. */
export function isName(name: string): boolean {
  return NAME.test(name);
}

/** What is wrong with a name that stands at `path` of an input; undefined where nothing is. */
export function nameProblem(path: readonly string[], name: string): Failure | undefined {
  if (isName(name)) return undefined;
  return badInput(path, "1 to 63 of a-z, 0-9 and -, beginning with a letter", JSON.stringify(name.slice(0, 80)));
}

/** What is wrong with a model version's number. */
export function versionProblem(version: number): Failure | undefined {
  const valid = Number.isInteger(version) && version >= 1 && version <= 2 ** 31 - 1;
  return valid ? undefined : badInput(["version"], "an integer from 1", String(version));
}
