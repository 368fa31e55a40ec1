import type { ModelSettings, ModelSettingsPatch } from "../domain/modelSettings.js";
import type { ConfigureModelInput } from "./modelSettingsTypes.js";

export function toModelSettingsPatch(input: ConfigureModelInput): ModelSettingsPatch {
  const { model: _model, ...patch } = input;
  return patch;
}

/** What has no limit is null. */
export function fromModelSettings(settings: ModelSettings): object {
  const { cacheTtlMs, approximateTolerance, ...plain } = settings;
  return {
    ...plain,
    cacheTtlMs: finiteOf(cacheTtlMs),
    approximateTolerance: finiteOf(approximateTolerance),
  };
}

function finiteOf(value: number): number | undefined {
  return value === Infinity ? undefined : value;
}
