import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

const tensor = { name: "x", datatype: "FP32", shape: [1] };

/** Says on stderr that it loads, and never finishes. */
await runWrapper({
  description: "Loads for ever.",
  defaultName: "loading",
  createModel: ({ name, modelVersion }, logger) =>
    defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature: { inputs: [tensor], outputs: [tensor] },
      load() {
        logger.info("loading for ever");
        // A timer, since a process that waits for nothing would end by itself.
        return new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1));
      },
      predict: ({ inputs: [x] }) => [x.values("FP32")],
    }),
});
