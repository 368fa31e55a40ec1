import { alternate } from "./alternate.js";
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
import { show, showSpread, spreadOf } from "./statistics.js";
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

type Side = "base64" | "list";

/** Both sides ask for the same input, which is known after the first time: what is measured is how it is taken in. */
async function measure(bench: Bench): Promise<Outcome> {
  requireWrk();
  bench.progress("  starting the server and the wrapper");
  const folder = await temporaryFolder(bench);
  const wrapper = await startNoopWrapper(bench, folder, ["--width", String(NUMBERS)], APPLICATION);
  const server = await startSkysail(bench, folder);
  const { graphqlUrl: url } = server;
  const input: TensorSpecInput = { name: "x", datatype: "FP32", shape: [NUMBERS] };
  await setUpApplication(url, { name: APPLICATION, endpoint: wrapper.endpoint, input });
  const shapes = { base64: await shapeOf("base64"), list: await shapeOf("list") };
  const rig: Rig = { folder, server, wrapper, template: shapes.list.template, answer: "" };
  const seeds = new Seeds();
  for (const shape of Object.values(shapes)) await firstWarmUp(bench, shape, seeds);
  const once = { expected: "hit", predictionsPerRequest: 1 } as const;
  const run = (side: Side): Promise<Run> => checkedRun(bench, rig, shapes[side], seeds, once);
  const { pairs, counts } = await alternate(bench, (side) => run(side === "ours" ? "base64" : "list"), 0);
  return outcomeOf(
    pairs.map(({ ours }) => ours),
    pairs.map(({ baseline }) => baseline),
    counts,
  );

  async function shapeOf(side: Side): Promise<LoadShape> {
    const variables = { input: { application: APPLICATION, input: tensorOf(side) } };
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
  if (side === "list") return { values: Array.from(numbers, (each) => Number(each.toPrecision(9))) };
  return { base64: Buffer.from(numbers.buffer).toString("base64") };
}

function outcomeOf(base64: readonly Run[], list: readonly Run[], counts: boolean): Outcome {
  const cpuRatio = spreadOf(base64.map((run, i) => (list[i]?.serverMicroseconds ?? NaN) / run.serverMicroseconds));
  const ratio = spreadOf(base64.map((run, i) => run.perSecond / (list[i]?.perSecond ?? NaN)));
  const cpu = (runs: readonly Run[]) => spreadOf(runs.map((run) => run.serverMicroseconds));
  const rate = (runs: readonly Run[]) => spreadOf(runs.map((run) => run.perSecond));
  const row = (name: string, runs: readonly Run[], shown: string) => [
    name,
    showSpread(rate(runs)),
    show(cpu(runs).median),
    shown,
  ];
  return {
    result: {
      ratio: ratio.median,
      ratioSpread: ratio,
      cpuRatio: cpuRatio.median,
      cpuRatioSpread: cpuRatio,
      numbers: NUMBERS,
      counts,
      perSecond: { base64: rate(base64), list: rate(list) },
      cpuMicroseconds: { base64: cpu(base64), list: cpu(list) },
    },
    table: [
      ["side", "predictions a second", "server CPU us", "CPU ratio"],
      row("base64", base64, showSpread(cpuRatio)),
      row("JSON list", list, ""),
    ],
  };
}
