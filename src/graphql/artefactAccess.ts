import type { AuditEntry } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { ArtefactAdmission, ArtefactRequest } from "../http/artefactRoutes.js";
import type { Services } from "./context.js";

/** Saved models may run code when they are loaded: they are administrators' to bring, and each upload is recorded. */
export async function admitArtefact(
  { access, audit, refusals, clock }: Services,
  { authorization, address, sha256 }: ArtefactRequest,
): Promise<ArtefactAdmission> {
  const found = await access.identify(authorization);
  if (isFailure(found)) {
    // Nobody's attempts are only counted: anyone could fill the log with them.
    return {
      record: () => Promise.resolve(undefined),
      refusal: { status: 401, code: "UNAUTHENTICATED", message: found.message },
    };
  }
  const entryOf = (outcome: string): AuditEntry => {
    return { atMs: clock.wallMs(), keyId: found.keyId ?? "", address, action: "putArtifact", target: sha256, outcome };
  };
  const forbidden = (message: string): ArtefactAdmission => {
    refusals.count("FORBIDDEN");
    const record = async (outcome: string): Promise<undefined> => {
      await refusals.record(entryOf(outcome));
    };
    return { record, refusal: { status: 403, code: "FORBIDDEN", message } };
  };
  if (!found.scopes.has("ADMIN")) return forbidden("artefacts need a key with the scope ADMIN");
  if (found.applications !== undefined) {
    return forbidden("artefacts may serve all applications, and this key is for single ones");
  }
  return { record: (outcome) => audit.record(entryOf(outcome)), refusal: undefined };
}
