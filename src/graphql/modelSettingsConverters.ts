import type { ModelSettings, ModelSettingsPatch } from "../domain/modelSettings.js";
import type { ConfigureModelInput } from "./modelSettingsTypes.js";

export function toModelSettingsPatch(input: ConfigureModelInput): ModelSettingsPatch {
  const { model: _model, ...patch } = input;
  return patch;
}

/** What has no limit is null. Of inputs, how many. */
export function fromModelSettings(settings: ModelSettings): object {
  const { cacheTtlMs, approximateTolerance, warmUpInputs, ...plain } = settings;
  return {
    ...plain,
    warmUpInputs: warmUpInputs.length,
    cacheTtlMs: finiteOf(cacheTtlMs),
    approximateTolerance: finiteOf(approximateTolerance),
  };
}

function finiteOf(value: number): number | undefined {
  return value === Infinity ? undefined : value;
}
