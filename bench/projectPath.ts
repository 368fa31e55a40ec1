import { fileURLToPath } from "node:url";

/** From dist/bench up to the project's root. */
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export function projectPath(relative: string): string {
  return `${ROOT}${relative}`;
}
