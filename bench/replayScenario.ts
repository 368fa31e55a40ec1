import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import {
  createApplications,
  ensembleApplication,
  linearApplication,
  startMembers,
} from "./feedback/feedbackApplications.js";
import type { FeedbackApplication } from "./feedback/feedbackApplications.js";
import { OBSERVE_MANY } from "./feedback/operations.js";
import { writeReceipts } from "./feedback/receipts.js";
import type { ObserveInput, TruthInput } from "./generated/graphql.js";
import { ask } from "./graphqlClient.js";
import { projectPath } from "./projectPath.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { round, showSpread, spreadOf } from "./statistics.js";

const ENTITIES = 2_000;
/** With 64 features each new entity has 40 kB to write, in the transaction that stores its first observation. */
const TOLD_TOGETHER = 50;
const MOST_ATTEMPTS = 5;

interface Case {
  readonly application: FeedbackApplication;
  /** As the command line names it, with its parameters. */
  readonly policy: readonly string[];
  /** Observations in the log. */
  readonly rows: number;
}

const ENSEMBLE = ensembleApplication("ensemble");
const LINEAR = linearApplication("linear", 64);
const CASES: readonly Case[] = [
  { application: ENSEMBLE, policy: ["ensemble"], rows: 40_000 },
  { application: ENSEMBLE, policy: ["exp3-ix"], rows: 40_000 },
  { application: LINEAR, policy: ["linear", "--parameter", "featureModel=features-64"], rows: 20_000 },
];

export const REPLAY: Scenario = {
  name: "replay",
  summary: "skysail replay: observations of the log learned under another policy, a second",
  repetition: { runs: 3, seconds: 1 },
  // A million observations within ten minutes; of 64 features in half an hour.
  goals: [
    { figure: ["perSecond", "ensemble"], atLeast: 1_700 },
    { figure: ["perSecond", "exp3-ix"], atLeast: 1_700 },
    { figure: ["perSecond", "linear"], atLeast: 560 },
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const folder = await temporaryFolder(bench);
  const { origin, graphqlUrl } = await startSkysail(bench, folder);
  await startMembers(bench, folder);
  await createApplications(graphqlUrl, folder, [ENSEMBLE, LINEAR]);
  for (const { application, rows } of [CASES[0], CASES[2]] as readonly Case[]) {
    await fillLog(graphqlUrl, folder, application, rows);
    bench.progress(`  ${application.name}: ${rows} observations`);
  }
  const rates = new Map<string, number[]>(CASES.map(({ policy }) => [policy[0] as string, []]));
  for (let run = 0; run < bench.settings.runs; run++) {
    for (const { application, policy, rows } of CASES) {
      const seconds = await replay(bench, origin, application.name, policy, rows);
      rates.get(policy[0] as string)?.push(rows / seconds);
      bench.progress(`  ${policy[0]}: ${round(rows / seconds)} a second`);
    }
  }
  const spreads = [...rates].map(([name, all]) => [name, spreadOf(all)] as const);
  return {
    result: { perSecond: Object.fromEntries(spreads.map(([name, { median }]) => [name, median])), spreads },
    table: [["policy", "observations a second"], ...spreads.map(([name, spread]) => [name, showSpread(spread)])],
  };
}

async function fillLog(url: string, folder: string, application: FeedbackApplication, rows: number): Promise<void> {
  const path = join(folder, `${application.name}.receipts`);
  await writeReceipts(url, application, ENTITIES, path);
  const told = (await readFile(path, "utf8")).trimEnd().split("\n");
  for (let from = 0; from < rows; from += TOLD_TOGETHER) {
    const inputs = Array.from({ length: TOLD_TOGETHER }, (_, i) => {
      const [receipt = "", truth = ""] = (told[(from + i) % told.length] as string).split("\t");
      return { of: { receipt }, key: String(from + i), truth: JSON.parse(truth) as TruthInput };
    });
    await tell(url, inputs);
  }
}

/** On a machine that stalls some are refused: the same again with the same keys is stored once. */
async function tell(url: string, inputs: readonly ObserveInput[]): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { data } = await ask(url, OBSERVE_MANY, { inputs: [...inputs] });
    const refused = data.observeMany.find((one) => "message" in one);
    if (refused === undefined || !("message" in refused)) return;
    if (attempt === MOST_ATTEMPTS) throw new BenchError(`observeMany: ${refused.message}`);
  }
}

/** Seconds from the command's start to its end. */
async function replay(
  { signal }: Bench,
  origin: string,
  application: string,
  policy: readonly string[],
  rows: number,
): Promise<number> {
  const program = projectPath("dist/src/cli/skysail.js");
  const args = ["replay", "--url", origin, "--json", "--application", application, "--policy", ...policy];
  const beganMs = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], { signal });
  const seconds = (performance.now() - beganMs) / 1000;
  const { folded } = JSON.parse(stdout) as { folded: number };
  if (folded !== rows) throw new BenchError(`${folded} of ${rows} observations were learned`);
  return seconds;
}
