import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";
import { gateOpenedBy } from "../gate.mjs";

const opened = gateOpenedBy("SIGUSR2");

const signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [1] }],
  outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
};

/** Each batch says on stderr that it has begun, and is done when the process gets SIGUSR2: tests decide the order. */
await runWrapper({
  description: "Computes when it is told to.",
  defaultName: "gated",
  createModel: ({ name, modelVersion }, logger) =>
    defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature,
      async predict({ inputs: [x] }) {
        logger.info("computing");
        await opened();
        return [x.values("FP32")];
      },
    }),
});
