import type { AccessControl } from "../access/accessControl.js";
import { isFailure } from "../domain/failure.js";

/** Why Prometheus' text is not for whoever asks with this header; undefined: it is. */
export async function metricsRefusal(
  control: AccessControl,
  authorization: string | undefined,
): Promise<{ readonly status: 401 | 403; readonly message: string } | undefined> {
  const access = await control.identify(authorization);
  if (isFailure(access)) return { status: 401, message: access.message };
  const { scopes, applications } = access;
  if (!scopes.has("METRICS")) return { status: 403, message: "/metrics needs a key with the scope METRICS" };
  if (applications === undefined) return undefined;
  return { status: 403, message: "/metrics shows all applications, and this key is for single ones" };
}
