import { resolve } from "node:path";

/** A path of the command line, from the folder where the command was called: npm goes to its own first. */
export function givenPath(path: string): string {
  const { npm_lifecycle_event: script, INIT_CWD: folder } = process.env;
  return resolve(script === "skysail" && folder !== undefined ? folder : process.cwd(), path);
}
