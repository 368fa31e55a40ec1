import type { ModelSettings } from "../domain/modelSettings.js";
import { Aimd } from "./aimd.js";
import { FixedSize } from "./fixed.js";
import type { NewController } from "./lane.js";
import { ModelSize } from "./modelSize.js";
import { QuantileSize } from "./quantileSize.js";

/** The controller that a model's settings choose. */
export function newControllerOf({ batchSizeController, maxBatchRows }: ModelSettings): NewController {
  switch (batchSizeController) {
    case "AIMD":
      return () => new Aimd({ maxBatchRows });
    case "QUANTILE":
      return () => new QuantileSize(maxBatchRows);
    case "MODEL":
      return (model) => new ModelSize(model, maxBatchRows);
    case "FIXED":
      return () => new FixedSize(maxBatchRows);
  }
}
