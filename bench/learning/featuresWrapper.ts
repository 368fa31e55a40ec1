/**
 * Feature models and members by the number of an item: `node dist/bench/learning/featuresWrapper.js DATA SOCKETS`. Each
 * listens at SOCKETS/NAME.sock and answers what the real model in the folder DATA has made of that item:
 * `movie-factors` a movie's mean and factors, `digits-hidden` the last hidden layer of a network, `likes-A-B` how probable it is
 * that an article is of the topic A or B.
 */
import { pino } from "pino";
import { defineModel } from "../../wrappers/typescript/sdk/model.js";
import type { Model } from "../../wrappers/typescript/sdk/model.js";
import { serveModel } from "../../wrappers/typescript/sdk/serveModel.js";
import { openLearningData } from "./learningData.js";
import type { LearningData } from "./learningData.js";
import { likes, nameOf, pairsOf } from "./readersRun.js";
import { readScoredItems } from "./scoredItems.js";
import { readRows } from "./tastes.js";

async function models(data: LearningData): Promise<readonly Model[]> {
  const [movies, digits, news] = await Promise.all([
    readRows(data, "movie-factors"),
    readRows(data, "digits-hidden"),
    readScoredItems(data, "bbc"),
  ]);
  const ofNews = pairsOf(news.labels.length).map((taste) =>
    itemModel(nameOf(taste), 2, (item) => {
      const output = likes(news, item, taste);
      return output.kind === "SCORES" ? output.scores : output.numbers;
    }),
  );
  const ofRows = (name: string, rows: readonly Float64Array[]): Model =>
    itemModel(name, rows[0]?.length ?? 0, (item) => rows[item] as Float64Array);
  return [ofRows("movie-factors", movies), ofRows("digits-hidden", digits), ...ofNews];
}

function itemModel(name: string, width: number, valuesOf: (item: number) => Float64Array): Model {
  return defineModel({
    name,
    version: "1",
    platform: "table",
    signature: {
      inputs: [{ name: "item", datatype: "INT32", shape: [1] }],
      outputs: [{ name: "values", datatype: "FP32", shape: [width] }],
    },
    predict({ rows, inputs }) {
      const asked = inputs[0]?.values("INT32") as Int32Array;
      const values = new Float32Array(rows * width);
      for (let row = 0; row < rows; row++) values.set(valuesOf(asked[row] as number), row * width);
      return Promise.resolve([values]);
    },
  });
}

// With the bench that started it.
process.stdin.on("end", () => process.exit(0)).resume();
process.on("SIGTERM", () => process.exit(0));
const [folder, sockets] = process.argv.slice(2);
if (folder !== undefined && sockets !== undefined) {
  const logger = pino({ level: "warn" }, process.stderr);
  for (const model of await models(await openLearningData(folder))) {
    await serveModel(model, { listen: `unix:${sockets}/${model.name}.sock`, logger });
  }
  process.stdout.write("ready\n");
}
