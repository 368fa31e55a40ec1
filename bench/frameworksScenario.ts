import { setUpApplication } from "./application.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { measureDirect, trainModel } from "./directCalls.js";
import { startPythonWrapper } from "./pythonWrapper.js";
import { compareSides, figuresOf, outputOf, SETTINGS, SIDE_COLUMNS, sideCells } from "./sides.js";
import type { Compared, Side } from "./sides.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";

/** What `test/frameworks` trains for each, `model` being the one with numbers in. */
const FRAMEWORKS: readonly Framework[] = [
  { framework: "sklearn", environment: "light", model: 0 },
  { framework: "onnx", environment: "light", model: 0 },
  { framework: "xgboost", environment: "light", model: 0 },
  { framework: "lightgbm", environment: "light", model: 0 },
  { framework: "vw", environment: "light", model: 1 },
  { framework: "caffe", environment: "light", model: 0 },
  { framework: "pytorch", environment: "pytorch", model: 0 },
  { framework: "tensorflow", environment: "tensorflow", model: 1 },
  { framework: "spark", environment: "spark", model: 1 },
];

export const FRAMEWORKS_SCENARIO: Scenario = {
  name: "frameworks",
  summary:
    "each framework's model through the server, beside batches of one row and beside direct calls (--only NAME,...)",
  repetition: { runs: 3, seconds: 3 },
  measure,
};

export interface Framework {
  readonly framework: string;
  /** Of scripts/test-python.sh. */
  readonly environment: string;
  /** Of those that its script makes. */
  readonly model: number;
}

interface Row {
  readonly model: string;
  readonly version: string;
  readonly compared: Compared;
}

async function measure(bench: Bench): Promise<Outcome> {
  const chosen = choose(bench.settings.only);
  const folder = await temporaryFolder(bench);
  const rows: Row[] = [];
  const { graphqlUrl } = await startSkysail(bench, folder);
  for (const framework of chosen) rows.push(await measureFramework(bench, folder, graphqlUrl, framework));
  return outcomeOf(rows);
}

function choose(only: readonly string[] | undefined): readonly Framework[] {
  if (only === undefined) return FRAMEWORKS;
  return only.map((name) => {
    const found = FRAMEWORKS.find(({ framework }) => framework === name);
    if (found !== undefined) return found;
    throw new BenchError(`--only ${name}: known are ${FRAMEWORKS.map(({ framework }) => framework).join(", ")}`);
  });
}

async function measureFramework(bench: Bench, folder: string, url: string, of: Framework): Promise<Row> {
  const { framework: name, environment } = of;
  const model = await trainModel(bench, folder, of);
  const direct = await measureDirect(bench, of, model);
  const serve = async (side: Side, sloMs: number): Promise<void> => {
    const served = `${name}-${side}`;
    const { endpoint } = await startPythonWrapper(bench, folder, served, [name, ...model.args], environment);
    const { input } = model;
    const settings = SETTINGS[side];
    await setUpApplication(url, { name: served, endpoint, sloMs, input, output: outputOf(model), settings });
  };
  const compared = await compareSides(bench, { url, name, model, direct, serve });
  return { model: model.name, version: model.version, compared };
}

function outcomeOf(rows: readonly Row[]): Outcome {
  const figures = rows.map(({ model, version, compared }) => {
    const { name, ...rest } = figuresOf(compared);
    return { name, framework: name, model, version, ...rest };
  });
  const byFramework = (of: (one: (typeof figures)[number]) => number) =>
    Object.fromEntries(figures.map((one) => [one.framework, of(one)]));
  return {
    result: {
      ofDirect: byFramework(({ ofDirect }) => ofDirect),
      gain: byFramework(({ gain }) => gain),
      byFramework: figures.map(({ name: _, ...figure }) => figure),
    },
    table: [["framework", ...SIDE_COLUMNS], ...figures.map((one) => [one.framework, ...sideCells(one)])],
  };
}
