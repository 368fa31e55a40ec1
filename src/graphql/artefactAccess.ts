import { isFailure } from "../domain/failure.js";
import type { ArtefactAdmission, ArtefactRequest } from "../http/artefactRoutes.js";
import type { Services } from "./context.js";

/** Saved models may run code when they are loaded: they are administrators' to bring, and each upload is recorded. */
export async function admitArtefact(
  { access, audit, clock }: Services,
  { authorization, address, sha256 }: ArtefactRequest,
): Promise<ArtefactAdmission> {
  const found = await access.identify(authorization);
  const keyId = isFailure(found) ? "" : (found.keyId ?? "");
  const entry = { keyId, address, action: "putArtifact", target: sha256 };
  const record = async (outcome: string): Promise<void> => {
    await audit.record({ ...entry, atMs: clock.wallMs(), outcome });
  };
  if (isFailure(found)) return { record, refusal: { status: 401, code: "UNAUTHENTICATED", message: found.message } };
  const forbidden = (message: string): ArtefactAdmission => ({
    record,
    refusal: { status: 403, code: "FORBIDDEN", message },
  });
  if (!found.scopes.has("ADMIN")) return forbidden("artefacts need a key with the scope ADMIN");
  if (found.applications === undefined) return { record, refusal: undefined };
  return forbidden("artefacts may serve all applications, and this key is for single ones");
}
