import { setTimeout } from "node:timers/promises";
import { positiveInteger } from "../../../dist/wrappers/typescript/sdk/options.js";
import { defineModel } from "../../../dist/wrappers/typescript/sdk/model.js";
import { runWrapper } from "../../../dist/wrappers/typescript/sdk/runWrapper.js";

/** Gives each row back as it came; states any artefact, says what it computes, and is slow at first or dies if told to. */
await runWrapper({
  description: "Echoes rows, for faults.",
  defaultName: "stub",
  addOptions: (command) =>
    command
      .option("--width <elements>", "FP32 elements of a row", positiveInteger, 1)
      .option("--artefact <digest>", "what it says that it serves")
      .option("--times <factor>", "what each number is multiplied by", Number, 1)
      .option("--first-ms <ms>", "how long its first batch takes", positiveInteger)
      .option("--log-batches", "each batch's rows and the last row's first element on stderr")
      .option("--exit-every <batches>", "exit instead of answering each so many", positiveInteger),
  createModel({ name, modelVersion, width, artefact, exitEvery, firstMs, logBatches, times }, logger) {
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
      async predict({ inputs: [x], rows }) {
        batches += 1;
        const values = x.values("FP32");
        if (batches === exitEvery) process.exit(3);
        if (logBatches) logger.info(`batch of ${rows}, ${values[(rows - 1) * width]}`);
        if (batches === 1 && firstMs !== undefined) await setTimeout(firstMs);
        return [values.map((value) => times * value)];
      },
    });
  },
});
