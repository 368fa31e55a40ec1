import { execFile } from "node:child_process";
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
import { fillLog } from "./feedback/fillLog.js";
import { projectPath } from "./projectPath.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { round, showSpread, spreadOf } from "./statistics.js";

const ENTITIES = 2_000;

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
    await fillLog(graphqlUrl, folder, application, { entities: ENTITIES, rows });
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
