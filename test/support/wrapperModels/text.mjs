import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

/** Text in, the same text out, as a label. */
await runWrapper({
  description: "Echoes text.",
  defaultName: "text",
  createModel: ({ name, modelVersion }) =>
    defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature: {
        inputs: [{ name: "text", datatype: "BYTES", shape: [1] }],
        outputs: [{ name: "label", datatype: "BYTES", shape: [1] }],
      },
      predict: ({ inputs: [text] }) => [text.strings()],
    }),
});
