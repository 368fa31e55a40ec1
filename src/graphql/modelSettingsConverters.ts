import { badInput } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { ModelSettings, ModelSettingsPatch } from "../domain/modelSettings.js";
import type { ConfigureModelInput } from "./modelSettingsTypes.js";

export function toModelSettingsPatch(input: ConfigureModelInput): ModelSettingsPatch | Failure {
  const { model: _model, expectedRevision: _read, maxBatchDelayAuto, ...plain } = input;
  if (maxBatchDelayAuto !== true) return plain;
  if (plain.maxBatchDelayMs == null) return { ...plain, maxBatchDelayMs: "AUTO" };
  return badInput(["maxBatchDelayMs"], "none with maxBatchDelayAuto", String(plain.maxBatchDelayMs));
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
