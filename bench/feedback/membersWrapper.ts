/**
 * Models to learn from, many in one process: `node dist/bench/feedback/membersWrapper.js SOCKETS`. Each listens at
 * SOCKETS/NAME.sock; its input is one integer, its output a fixed function of that: `voter-i` scores four labels and is
 * right more often the smaller i is, `features-d` answers d numbers.
 */
import { pino } from "pino";
import { defineModel } from "../../wrappers/typescript/sdk/model.js";
import type { Model } from "../../wrappers/typescript/sdk/model.js";
import { serveModel } from "../../wrappers/typescript/sdk/serveModel.js";
import { seededRandom } from "../simulation/seededRandom.js";
import { FEATURES, featuresOf, LABELS, scoresOf, VOTERS } from "./members.js";

async function main(sockets: string): Promise<void> {
  const logger = pino({ level: "warn" }, process.stderr);
  const models = [
    ...VOTERS.map((name, voter) => memberModel(name, LABELS.length, (item) => scoresOf(voter, item, seededRandom))),
    ...FEATURES.map((size) => memberModel(`features-${size}`, size, (item) => featuresOf(size, item, seededRandom))),
  ];
  for (const model of models) await serveModel(model, { listen: `unix:${sockets}/${model.name}.sock`, logger });
  process.stdout.write("ready\n");
}

function memberModel(name: string, width: number, outputOf: (item: number) => Float32Array): Model {
  return defineModel({
    name,
    version: "1",
    platform: "stub",
    signature: {
      inputs: [{ name: "item", datatype: "INT32", shape: [1] }],
      outputs: [{ name: "output", datatype: "FP32", shape: [width] }],
    },
    predict: ({ rows, inputs }) => {
      const items = inputs[0]?.values("INT32") as Int32Array;
      const output = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) output.set(outputOf(items[row] as number), row * width);
      return [output];
    },
  });
}

// With the bench that started it.
process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));
const [sockets] = process.argv.slice(2);
if (sockets !== undefined) await main(sockets);
