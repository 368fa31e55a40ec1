import type { StoredEvidence } from "../correction/evidence.js";
import { caught } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Prediction } from "../domain/prediction.js";
import type { LoggedPrediction, PredictionLog } from "../domain/predictionLogPorts.js";
import type { Row } from "../domain/tensor.js";
import { evidenceOf } from "./predictionEvidence.js";

/** A prediction as the log keeps it; `row` only where inputs are kept too. What no model answered waits for no reward. */
export function loggedPrediction(
  prediction: Prediction,
  row: Row | undefined,
  waitsFromMs: number | undefined,
): LoggedPrediction {
  const { application, id, atMs, policyVersion, entity, source } = prediction;
  const evidence = evidenceOf(prediction) ?? null;
  const input = row && packRow(row);
  const logged = { application, id, predictedAtMs: atMs, policyVersion, entity, source, evidence, input };
  return { shownAtMs: undefined, waitsFromMs: evidence === null ? undefined : waitsFromMs, ...logged };
}

/** The input's tensors one after the other, each behind its length in four bytes. */
function packRow(row: Row): Uint8Array {
  const parts = row.flatMap((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(part.length);
    return [length, part];
  });
  return Buffer.concat(parts);
}

/** Evidence that a receipt could not carry; undefined when it was never written, or is too old. */
export async function loggedEvidence(
  log: PredictionLog,
  application: string,
  id: string,
): Promise<StoredEvidence | undefined | Failure> {
  return caught(async () => {
    const found = await log.find(application, id);
    return (found?.evidence ?? undefined) as StoredEvidence | undefined;
  });
}
