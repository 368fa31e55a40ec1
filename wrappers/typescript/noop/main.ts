import type { Command } from "commander";
import { defineModel, type Model } from "../sdk/model.js";
import { nonNegative, numbers, positiveInteger } from "../sdk/options.js";
import { runWrapper, type WrapperOptions } from "../sdk/runWrapper.js";
import { seededRandom, serviceTime } from "./serviceTime.js";
import { Sleeper } from "./sleeper.js";

interface NoopOptions extends WrapperOptions {
  readonly width: number;
  readonly latencyLine?: readonly [number, number];
  readonly noise: number;
  readonly stall: readonly [number, number];
  readonly seed: number;
  readonly factors: readonly number[];
}

function addOptions(command: Command): void {
  command
    .option("--width <elements>", "FP32 elements of a row", positiveInteger, 8)
    .option("--latency-line <a,b>", "take a + b * rows milliseconds, one batch at a time", numbers(2))
    .option("--noise <sigma>", "log-normal noise on it, median 1", nonNegative, 0)
    .option("--stall <p,factor>", "with probability p, factor times as long", numbers(2), [0, 1])
    .option("--seed <seed>", "of noise and stalls", nonNegative, 1)
    .option("--factors <f,...>", "of the service time: each SIGUSR2 takes the next one", numbers(), [1]);
}

function createModel(options: NoopOptions): Model {
  const { name, modelVersion: version, width, latencyLine } = options;
  const signature = {
    inputs: [{ name: "x", datatype: "FP32", shape: [width] }],
    outputs: [{ name: "y", datatype: "FP32", shape: [1] }],
  } as const;
  const common = { name, version, platform: "noop", signature };
  if (latencyLine === undefined) {
    return defineModel({ ...common, predict: ({ rows, inputs }) => [firsts(inputs[0]?.values("FP32"), rows, width)] });
  }
  const sleeper = new Sleeper();
  const random = seededRandom(options.seed);
  const factors = [...options.factors];
  process.on("SIGUSR2", () => factors.length > 1 && factors.shift());
  const timeOf = serviceTime({ line: latencyLine, sigma: options.noise, stall: options.stall }, random);
  return defineModel({
    ...common,
    async predict({ rows, inputs }) {
      await sleeper.sleep((factors[0] ?? 1) * timeOf(rows));
      return [firsts(inputs[0]?.values("FP32"), rows, width)];
    },
    close: () => sleeper.close(),
  });
}

function firsts(values: Float32Array | undefined, rows: number, width: number): Float32Array {
  const result = new Float32Array(rows);
  for (let row = 0; row < rows; row++) result[row] = values?.[row * width] ?? 0;
  return result;
}

/** Answers each row's first element: what a wrapper costs without a model, or with a model of a given service time. */
await runWrapper<NoopOptions>({
  description: "Serves a model that does nothing: for measuring, and as a stub with a given service time.",
  defaultName: "noop",
  addOptions,
  createModel,
});
