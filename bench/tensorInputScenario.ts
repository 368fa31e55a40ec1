import { alternate } from "./alternate.js";
import type { Pairs } from "./alternate.js";
import { APPLICATION, numberOf, setUpApplication } from "./application.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import type { TensorInput, TensorSpecInput } from "./generated/graphql.js";
import { ask } from "./graphqlClient.js";
import { checkedRun, firstWarmUp, Seeds } from "./loads.js";
import type { LoadShape } from "./loads.js";
import type { Run } from "./measuredRun.js";
import { startNoopWrapper } from "./noopWrapper.js";
import { PREDICT } from "./operations.js";
import { writeTemplate } from "./rig.js";
import type { Rig } from "./rig.js";
import { seededRandom } from "./simulation/seededRandom.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { round, show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";
import { requireWrk } from "./wrk.js";

/** An image of 28 by 28 pixels. */
const NUMBERS = 784;
const CONNECTIONS = 64;

export const TENSOR_INPUT: Scenario = {
  name: "tensor-input",
  summary: `${NUMBERS} numbers as base64, beside the same as a JSON list`,
  goals: [{ figure: ["cpuRatio"], atLeast: 5 }],
  measure,
};

/** `one`: a single number, of a model that takes no more. What that costs is no cost of the input. */
type Side = "base64" | "list" | "one";
const ONE = "one-number";

/** All ask for the same input each time, which is known after the first: what is measured is how it is taken in. */
async function measure(bench: Bench): Promise<Outcome> {
  requireWrk();
  bench.progress("  starting the server and the wrapper");
  const folder = await temporaryFolder(bench);
  const wrapper = await startNoopWrapper(bench, folder, ["--width", String(NUMBERS)], APPLICATION);
  const server = await startSkysail(bench, folder);
  const { graphqlUrl: url } = server;
  const input: TensorSpecInput = { name: "x", datatype: "FP32", shape: [NUMBERS] };
  await setUpApplication(url, { name: APPLICATION, endpoint: wrapper.endpoint, input });
  const { endpoint } = await startNoopWrapper(bench, folder, ["--width", "1"], ONE);
  await setUpApplication(url, { name: ONE, endpoint, input: { ...input, shape: [1] } });
  const shapes = { base64: await shapeOf("base64"), list: await shapeOf("list"), one: await shapeOf("one") };
  const rig: Rig = { folder, server, wrapper, template: shapes.list.template, answer: "" };
  const seeds = new Seeds();
  for (const shape of Object.values(shapes)) await firstWarmUp(bench, shape, seeds);
  const once = { expected: "hit", predictionsPerRequest: 1 } as const;
  const run = (side: Side): Promise<Run> => checkedRun(bench, rig, shapes[side], seeds, once);
  const beside = (other: Side): Promise<Pairs> =>
    alternate(bench, (side) => run(side === "ours" ? "base64" : other), 0);
  return outcomeOf(await beside("list"), await beside("one"));

  async function shapeOf(side: Side): Promise<LoadShape> {
    const variables = { input: { application: side === "one" ? ONE : APPLICATION, input: tensorOf(side) } };
    const { text, data } = await ask(url, PREDICT, variables);
    const isRight = "output" in data.predict && numberOf(data.predict.output) === image()[0];
    if (!isRight) throw new BenchError(`${side}: expected ${image()[0]}, got ${text}`);
    const template = await writeTemplate(folder, `${side}.json`, { query: PREDICT.toString(), variables });
    return { url, connections: CONNECTIONS, template, inputs: 1 };
  }
}

/** Between 0 and 1, in single precision, as scaled pixels and features are. */
function image(): Float32Array {
  const random = seededRandom(1);
  return Float32Array.from({ length: NUMBERS }, () => random());
}

function tensorOf(side: Side): TensorInput {
  const numbers = image();
  // As short as they can be and still be the same numbers.
  const values = Array.from(numbers, (each) => Number(each.toPrecision(9)));
  if (side === "list") return { values };
  if (side === "one") return { values: values.slice(0, 1) };
  return { base64: Buffer.from(numbers.buffer).toString("base64") };
}

function outcomeOf(withList: Pairs, withOne: Pairs): Outcome {
  const ratioOf = ({ pairs }: Pairs, of: (run: Run) => number): Spread =>
    spreadOf(pairs.map(({ ours, baseline }) => of(baseline) / of(ours)));
  const cpuOf = (run: Run): number => run.serverMicroseconds;
  const cpuRatio = ratioOf(withList, cpuOf);
  const oneCpuRatio = ratioOf(withOne, cpuOf);
  const base64 = withList.pairs.map(({ ours }) => ours);
  const list = withList.pairs.map(({ baseline }) => baseline);
  const one = withOne.pairs.map(({ baseline }) => baseline);
  const cpu = (runs: readonly Run[]): Spread => spreadOf(runs.map(cpuOf));
  const rate = (runs: readonly Run[]): Spread => spreadOf(runs.map(({ perSecond }) => perSecond));
  const row = (name: string, runs: readonly Run[], shown: string): string[] => [
    ...[name, showSpread(rate(runs)), show(cpu(runs).median), shown],
  ];
  return {
    result: {
      ratio: spreadOf(withList.pairs.map(({ ours, baseline }) => ours.perSecond / baseline.perSecond)).median,
      cpuRatio: cpuRatio.median,
      cpuRatioSpread: cpuRatio,
      // Beside what a request costs whatever its input.
      inputCpuRatio: round((cpuRatio.median - oneCpuRatio.median) / (1 - oneCpuRatio.median)),
      numbers: NUMBERS,
      counts: withList.counts && withOne.counts,
      perSecond: { base64: rate(base64), list: rate(list), one: rate(one) },
      cpuMicroseconds: { base64: cpu(base64), list: cpu(list), one: cpu(one) },
    },
    table: [
      ["side", "predictions a second", "server CPU us", "CPU to base64's"],
      row("base64", base64, ""),
      row("JSON list", list, showSpread(cpuRatio)),
      row("one number", one, showSpread(oneCpuRatio)),
    ],
  };
}
