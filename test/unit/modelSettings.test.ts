import { describe, expect, test } from "@jest/globals";
import {
  DEFAULT_MODEL_SETTINGS,
  MODEL_SETTING_NAMES,
  patchModelSettings,
  resolveModelSettings,
  settingsProblem,
} from "../../src/domain/modelSettings.js";

describe("model settings", () => {
  test("resolve from the widest level to the most specific", () => {
    const configured = { maxBatchRows: 8, cacheTtlMs: 100 };
    expect(resolveModelSettings(configured, { maxBatchRows: 4 })).toEqual({
      ...DEFAULT_MODEL_SETTINGS,
      maxBatchRows: 4,
      cacheTtlMs: 100,
    });
  });

  test("a change keeps what it does not name and takes back what it names with null", () => {
    const chosen = { maxBatchRows: 8, cacheTtlMs: 100 } as const;
    expect(patchModelSettings(chosen, { cacheTtlMs: null, featureTolerance: 2 })).toEqual({
      maxBatchRows: 8,
      featureTolerance: 2,
    });
  });

  test.each(MODEL_SETTING_NAMES)("%s may be absent or taken back, and is refused as an object", (name) => {
    expect(settingsProblem({ [name]: null })).toBeUndefined();
    expect(settingsProblem({ [name]: undefined })).toBeUndefined();
    expect(settingsProblem({ [name]: {} })).toMatchObject({ code: "BAD_INPUT", path: [name], got: "{}" });
  });

  test.each([
    [{ batchSizeController: "aimd" }, "AIMD, QUANTILE, MODEL, FIXED"],
    [{ maxBatchRows: 0 }, "1 to 65536"],
    [{ maxBatchRows: 1.5 }, "an integer"],
    [{ maxBatchBytes: 0 }, "1 to 1073741824"],
    [{ maxBatchDelayMs: -1 }, "0 to 1000 ms, or AUTO"],
    [{ maxBatchDelayMs: "auto" }, "0 to 1000 ms, or AUTO"],
    [{ prefetchMs: NaN }, "0 to 1000 ms"],
    [{ cacheTtlMs: Infinity }, "1 ms or more"],
    [{ approximateErrorBudget: 0.6 }, "0 (off) to 0.5"],
    [{ featureTolerance: -1 }, "0 or more"],
    [{ colour: "red" }, "one of batchSizeController"],
  ])("%p is refused, naming what is expected", (given, expected) => {
    expect(settingsProblem(given)?.expected).toContain(expected);
  });

  test.each([
    { maxBatchDelayMs: "AUTO" },
    { maxBatchDelayMs: 2, prefetchMs: 1, maxBatchBytes: 1000 },
    { batchSizeController: "FIXED", maxBatchRows: 1 },
    { approximateErrorBudget: 0.01, approximateDistance: "ANGLE", approximateTolerance: 0 },
  ])("%p is taken", (given) => {
    expect(settingsProblem(given)).toBeUndefined();
  });
});
