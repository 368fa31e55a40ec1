import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { MOST_BATCH_DELAY_MS } from "../domain/modelSettings.js";
import type { ModelSettings, ModelSettingsPatch } from "../domain/modelSettings.js";
import type { ConfigureModelInput } from "./modelSettingsTypes.js";

export function toModelSettingsPatch(input: ConfigureModelInput): ModelSettingsPatch | Failure {
  const { model: _model, expectedRevision: _read, maxBatchDelay, ...plain } = input;
  if (maxBatchDelay === undefined) return plain;
  const { fixedMs } = maxBatchDelay ?? {};
  if (fixedMs == null) return { ...plain, maxBatchDelayMs: maxBatchDelay && "AUTO" };
  if (fixedMs >= 0 && fixedMs <= MOST_BATCH_DELAY_MS) return { ...plain, maxBatchDelayMs: fixedMs };
  return badInput(["maxBatchDelay", "fixedMs"], `0 to ${MOST_BATCH_DELAY_MS} ms`, String(fixedMs));
}

/** What has no limit is null. Of inputs, how many. */
export function fromModelSettings(settings: ModelSettings): object {
  const { maxBatchBytes, maxBatchDelayMs, cacheTtlMs, approximateTolerance, warmUpInputs, ...plain } = settings;
  return {
    ...plain,
    warmUpInputs: warmUpInputs.length,
    maxBatchBytes: finiteOf(maxBatchBytes),
    maxBatchDelayMs: maxBatchDelayMs === "AUTO" ? undefined : maxBatchDelayMs,
    cacheTtlMs: finiteOf(cacheTtlMs),
    approximateTolerance: finiteOf(approximateTolerance),
  };
}

function finiteOf(value: number): number | undefined {
  return value === Infinity ? undefined : value;
}
