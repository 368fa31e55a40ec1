import { positiveInteger } from "../../../dist/wrappers/typescript/sdk/options.js";
import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

/** Gives each row back as it came; states any artefact, and dies in a batch if told to. */
await runWrapper({
  description: "Echoes rows, for faults.",
  defaultName: "stub",
  addOptions: (command) =>
    command
      .option("--width <elements>", "FP32 elements of a row", positiveInteger, 1)
      .option("--artefact <digest>", "what it says that it serves")
      .option("--exit-every <batches>", "exit instead of answering each so many", positiveInteger),
  createModel({ name, modelVersion, width, artefact, exitEvery }) {
    let batches = 0;
    return defineModel({
      name,
      version: modelVersion,
      platform: "test",
      signature: {
        inputs: [{ name: "x", datatype: "FP32", shape: [width] }],
        outputs: [{ name: "y", datatype: "FP32", shape: [width] }],
      },
      artefactSha256: artefact,
      predict({ inputs: [x] }) {
        batches += 1;
        if (batches === exitEvery) process.exit(3);
        return [x.values("FP32")];
      },
    });
  },
});
