import { setMaxListeners } from "node:events";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { BenchError } from "./bench.js";
import type { Bench, Repetition, Scenario, Settings, Table } from "./bench.js";
import { Cleanup } from "./cleanup.js";
import { missedGoals } from "./goals.js";
import { commit, machine } from "./machine.js";
import { SCENARIOS } from "./scenarios.js";

interface Options {
  readonly json?: boolean;
  readonly list?: boolean;
  readonly check?: boolean;
  readonly runs?: number;
  readonly seconds?: number;
  readonly profile?: string;
  readonly figures?: string;
  readonly full?: boolean;
  readonly only?: string;
  readonly python?: string;
  readonly device: string;
}

const REPETITION: Repetition = { runs: 3, seconds: 5 };

async function main(): Promise<void> {
  const parsed = parse();
  // As scripts/start.sh does for the server; all that is started here inherits it.
  process.env["NODE_ENV"] ??= "production";
  if (parsed === undefined) return;
  const { names, options } = parsed;
  if (options.list === true) {
    for (const { name, summary } of SCENARIOS) print(`${name.padEnd(14)} ${summary}`);
    return;
  }
  const scenarios = choose(names);
  const abort = abortOnSignals();
  for (const scenario of scenarios) await run(scenario, options, abort);
}

function settingsOf({ repetition = REPETITION }: Scenario, options: Options): Settings {
  return {
    runs: options.runs ?? repetition.runs,
    seconds: options.seconds ?? repetition.seconds,
    profileFolder: options.profile,
    figuresFolder: options.figures,
    full: options.full === true,
    only: options.only?.split(","),
    python: options.python,
    device: options.device,
  };
}

function parse(): { names: readonly string[]; options: Options } | undefined {
  const command = new Command()
    .name("npm run bench --")
    .description("Measures the server as it is built, beside a baseline. Without a scenario: all but gpu.")
    .argument("[scenario...]", `of ${SCENARIOS.map(({ name }) => name).join(", ")}`)
    .option("--json", "one JSON line per scenario on stdout, instead of a table")
    .option("--list", "name the scenarios")
    .option("--check", "exit with 1 when a figure misses its goal, and say which")
    .option("--runs <number>", "measured runs of each side (default: 3, or what the scenario needs)", positiveInteger)
    .option("--seconds <number>", "length of a measured run (default: 5, or what the scenario needs)", positiveInteger)
    .option("--full", "as long as the claim needs, where a scenario is shorter by default: durability")
    .option("--only <name,...>", "parts of a scenario that has some: frameworks, gpu")
    .option(
      "--python <program>",
      "a Python that has all packages; default: environments that are made (frameworks, gpu)",
    )
    .option("--device <device>", "cpu, cuda or cuda:N: where the models of gpu run", "cuda:0")
    .option("--figures <folder>", "write there the figures of scenarios that have one")
    .option("--profile <folder>", "instead of measuring, write a CPU profile of the server under the load there")
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    command.parse();
    return { names: command.args, options: command.opts<Options>() };
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return undefined;
    throw new BenchError(error instanceof Error ? error.message.replace(/^error: /, "") : String(error));
  }
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}

function choose(names: readonly string[]): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS.filter(({ byNameOnly }) => byNameOnly !== true);
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name);
    if (found !== undefined) return found;
    throw new BenchError(`unknown scenario "${name}": known are ${SCENARIOS.map((known) => known.name).join(", ")}`);
  });
}

/** The running scenario stops everything it has started. npm and the terminal both deliver a signal. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  // Every child listens.
  setMaxListeners(0, controller.signal);
  const onSignal = (signal: NodeJS.Signals): void => controller.abort(new BenchError(`stopped by ${signal}`));
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}

async function run(scenario: Scenario, options: Options, signal: AbortSignal): Promise<void> {
  progress(`${scenario.name}: ${scenario.summary}`);
  const settings = settingsOf(scenario, options);
  const bench: Bench = { settings, signal, cleanup: new Cleanup(), progress };
  try {
    if (settings.profileFolder === undefined) await measure(scenario, bench, options);
    else await profile(scenario, bench, settings.profileFolder);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await bench.cleanup.run();
  }
}

async function measure(scenario: Scenario, bench: Bench, { json, check }: Options): Promise<void> {
  const { result, table } = await scenario.measure(bench);
  // Everything is gone before the last line is out.
  await bench.cleanup.run();
  if (json === true) print(JSON.stringify({ scenario: scenario.name, commit: commit(), machine: machine(), result }));
  else print(`${scenario.name}\n${render(table)}`);
  if (check !== true) return;
  for (const missed of missedGoals(scenario.goals ?? [], result)) {
    progress(`${scenario.name}: missed: ${missed}`);
    process.exitCode = 1;
  }
}

async function profile(scenario: Scenario, bench: Bench, folder: string): Promise<void> {
  if (scenario.profile === undefined) progress("  has no server to profile");
  else print(`${scenario.name}: ${await scenario.profile(bench, folder)}`);
}

function render(table: Table): string {
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => (row[column] ?? "").length)));
  return table.map((row) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")).join("\n");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

main().catch((error: unknown) => {
  const text = error instanceof BenchError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`bench: ${text}\n`, () => process.exit(1));
});
