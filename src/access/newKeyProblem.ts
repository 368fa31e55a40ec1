import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { isName } from "../domain/identifiers.js";
import type { RequestedKey } from "./accessControl.js";

const MAX_NAME_CHARACTERS = 100;
const MAX_APPLICATIONS = 1_000;

/** Why a key cannot be made as it was asked for. Applications may be named that are still to come. */
export function newKeyProblem(requested: RequestedKey, wallMs: number): Failure | undefined {
  const { name, scopes, applications, rowsPerSecond, expiresAtMs } = requested;
  if (name.length < 1 || name.length > MAX_NAME_CHARACTERS) {
    return badInput(["input", "name"], `1 to ${MAX_NAME_CHARACTERS} characters`, String(name.length));
  }
  if (scopes.length === 0) return badInput(["input", "scopes"], "at least one scope", "none");
  if (rowsPerSecond !== undefined && !(rowsPerSecond > 0 && rowsPerSecond <= 1e9)) {
    return badInput(["input", "rowsPerSecond"], "more than 0, at most 1e9", String(rowsPerSecond));
  }
  if (expiresAtMs !== undefined && !(expiresAtMs > wallMs)) {
    return badInput(["input", "expiresAt"], "a time to come", new Date(expiresAtMs).toISOString());
  }
  return applications && applicationsProblem(applications);
}

function applicationsProblem(applications: readonly string[]): Failure | undefined {
  const path = ["input", "applications"];
  if (applications.length === 0) return badInput(path, "at least one name, or null for all applications", "none");
  if (applications.length > MAX_APPLICATIONS) {
    return badInput(path, `at most ${MAX_APPLICATIONS} names`, String(applications.length));
  }
  const wrong = applications.find((name) => !isName(name));
  return wrong === undefined ? undefined : badInput(path, "names of applications", JSON.stringify(wrong.slice(0, 80)));
}
