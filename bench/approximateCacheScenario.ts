import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import type { Bench, Goal, Outcome, Scenario } from "./bench.js";
import { CURVES, LARGE } from "./nearCache/dataSet.js";
import { curvesAsCsv, drawCurves } from "./nearCache/draw.js";
import { BUDGETS } from "./nearCache/figures.js";
import type { BudgetFigures, DataSetFigures } from "./nearCache/figures.js";
import { prepareData } from "./nearCache/prepare.js";
import { projectPath } from "./projectPath.js";
import { show } from "./statistics.js";

const LARGE_BUDGET = "0.01";
const OTHER_SEEDS = 20;

export const APPROXIMATE_CACHE: Scenario = {
  name: "approximate-cache",
  summary: "error against hit ratio of near answers on real images and texts, every answer compared with the model's",
  // One stream of requests has all curves; each further run is another stream, with the budgets alone.
  repetition: { runs: 1, seconds: 1 },
  goals: [
    ...CURVES.flatMap((name) => BUDGETS.flatMap((budget) => goalsOf(name, budget))),
    { figure: [LARGE, LARGE_BUDGET, "recall"], atLeast: 0.9 },
    { figure: [LARGE, LARGE_BUDGET, "lookupP99Microseconds"], atMost: 200 },
  ],
  measure,
};

function goalsOf(name: string, budget: number): Goal[] {
  return [
    { figure: [name, String(budget), "worstErrorLow"], atMost: budget },
    { figure: [name, String(budget), "recall"], atLeast: 0.9 },
  ];
}

async function measure(bench: Bench): Promise<Outcome> {
  const folder = await prepareData(bench);
  const curves: Record<string, DataSetFigures> = {};
  for (const name of CURVES) curves[name] = await runOne<DataSetFigures>(bench, folder, name);
  const others = await otherStreams(bench, folder);
  const large = await runOne<BudgetFigures>(bench, folder, LARGE);
  const { figuresFolder } = bench.settings;
  if (figuresFolder !== undefined) {
    await mkdir(figuresFolder, { recursive: true });
    await writeFile(`${figuresFolder}/approximate-cache.svg`, drawCurves(Object.values(curves)));
    await writeFile(`${figuresFolder}/approximate-cache.csv`, curvesAsCsv(curves));
  }
  const byBudget = Object.fromEntries(
    Object.entries(curves).map(([name, { budgets }]) => [name, withWorst(budgets, others[name] ?? [])]),
  );
  const result = { ...byBudget, [LARGE]: { [LARGE_BUDGET]: large }, curves, otherStreams: others };
  return { result, table: tableOf(curves, others, large) };
}

type Budgets = DataSetFigures["budgets"];

/** Which items are popular decides much: some are near to where the model changes its mind. */
async function otherStreams(bench: Bench, folder: string): Promise<Record<string, Budgets[]>> {
  const others: Record<string, Budgets[]> = {};
  for (let i = 1; i < bench.settings.runs; i++)
    for (const name of CURVES)
      (others[name] ??= []).push(await runOne<Budgets>(bench, folder, name, String(OTHER_SEEDS + i)));
  return others;
}

function withWorst(budgets: Budgets, others: readonly Budgets[]): object {
  return Object.fromEntries(
    Object.entries(budgets).map(([budget, of]) => {
      const lows = [of, ...others.map((other) => other[budget] as BudgetFigures)].map(({ errorLow }) => errorLow);
      return [budget, { ...of, worstErrorLow: Math.max(...lows) }];
    }),
  );
}

/** In a process of its own: its look-ups share neither heap nor compiled code with another data set's. */
async function runOne<Figures>({ signal, progress }: Bench, ...args: readonly string[]): Promise<Figures> {
  const child = spawn(process.execPath, [projectPath("dist/bench/nearCache/run.js"), ...args], {
    signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let json = "";
  const errors: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (json += text));
  createInterface({ input: child.stderr }).on("line", (line) => {
    progress(`  ${line}`);
    errors.push(line);
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${args.join(" ")} ended with ${code}: ${errors.slice(-10).join("\n")}`));
    });
  });
  return JSON.parse(json) as Figures;
}

function tableOf(
  curves: Readonly<Record<string, DataSetFigures>>,
  others: Readonly<Record<string, readonly Budgets[]>>,
  large: BudgetFigures,
): Outcome["table"] {
  const line = (name: string, budget: string, of: BudgetFigures): string[] => [
    name,
    budget,
    `${percent(of.errorMeasured)} (${percent(of.errorLow)}..${percent(of.errorHigh)})`,
    percent(of.hitRatio),
    of.recall === undefined ? "none" : show(of.recall),
    of.lookupP50Microseconds === undefined ? "none" : show(of.lookupP50Microseconds),
    of.lookupP99Microseconds === undefined ? "none" : show(of.lookupP99Microseconds),
    show(of.entries),
  ];
  return [
    ["data", "budget", "error (95 %)", "hit ratio", "recall", "look-up p50 us", "p99 us", "entries"],
    ...Object.entries(curves).flatMap(([name, { budgets }]) =>
      Object.entries(budgets).map(([budget, of]) => line(name, percent(Number(budget)), of)),
    ),
    ...Object.entries(others).flatMap(([name, streams]) =>
      streams.flatMap((budgets, i) =>
        Object.entries(budgets).map(([budget, of]) => line(`${name} ${i + 2}`, percent(Number(budget)), of)),
      ),
    ),
    line(LARGE, percent(Number(LARGE_BUDGET)), large),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
