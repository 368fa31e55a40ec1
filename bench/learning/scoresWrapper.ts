/**
 * Stubs with real answers, many in one process:
 * `node dist/bench/learning/scoresWrapper.js DATA SOCKETS A,B SIGMA P,FACTOR`. Model i of `mnist-scores` in the folder DATA
 * listens at SOCKETS/model-i.sock; its input is the number of an image, its output what the model says of that. A batch
 * takes A + B rows milliseconds, with log-normal noise, and with probability P FACTOR times as long: it sleeps.
 */
import { pino } from "pino";
import { defineModel } from "../../wrappers/typescript/sdk/model.js";
import type { Model } from "../../wrappers/typescript/sdk/model.js";
import { serveModel } from "../../wrappers/typescript/sdk/serveModel.js";
import { seededRandom, serviceTime } from "../../wrappers/typescript/noop/serviceTime.js";
import type { ServiceTimeOptions } from "../../wrappers/typescript/noop/serviceTime.js";
import { Sleeper } from "../../wrappers/typescript/noop/sleeper.js";
import { openLearningData } from "./learningData.js";

interface Scores {
  readonly values: Float32Array;
  readonly items: number;
  readonly labels: number;
}

async function main(data: string, sockets: string, service: ServiceTimeOptions): Promise<void> {
  const { shape, values } = await (await openLearningData(data)).floats("mnist-scores");
  const [models, items, labels] = shape as [number, number, number];
  const logger = pino({ level: "warn" }, process.stderr);
  for (let i = 0; i < models; i++) {
    const own = values.subarray(i * items * labels, (i + 1) * items * labels) as Float32Array;
    const model = stub(i, { values: own, items, labels }, service);
    await serveModel(model, { listen: `unix:${sockets}/${model.name}.sock`, logger });
  }
  process.stdout.write("ready\n");
}

function stub(index: number, { values, items, labels }: Scores, service: ServiceTimeOptions): Model {
  const sleeper = new Sleeper();
  const timeOf = serviceTime(service, seededRandom(index + 1));
  return defineModel({
    name: `model-${index + 1}`,
    version: "1",
    platform: "stub",
    signature: {
      inputs: [{ name: "image", datatype: "INT32", shape: [1] }],
      outputs: [{ name: "scores", datatype: "FP32", shape: [labels] }],
    },
    async predict({ rows, inputs }) {
      await sleeper.sleep(timeOf(rows));
      const asked = inputs[0]?.values("INT32") as Int32Array;
      const scores = new Float32Array(rows * labels);
      for (let row = 0; row < rows; row++) {
        const item = (asked[row] as number) % items;
        scores.set(values.subarray(item * labels, (item + 1) * labels), row * labels);
      }
      return [scores];
    },
    close: () => sleeper.close(),
  });
}

function numbers(text: string | undefined): [number, number] {
  const [a, b] = (text ?? "").split(",").map(Number);
  return [a ?? NaN, b ?? NaN];
}

// With the bench that started it.
process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));
const [data, sockets, line, sigma, stall] = process.argv.slice(2);
if (data !== undefined && sockets !== undefined) {
  await main(data, sockets, { line: numbers(line), sigma: Number(sigma), stall: numbers(stall) });
}
