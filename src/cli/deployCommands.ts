import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import { deploy } from "./deploy.js";
import type { DeployOptions } from "./deploy.js";
import { logs, models, prune, remove, rollback, setReplicas, undeploy } from "./models.js";
import type {
  LogsOptions,
  ModelOptions,
  PruneOptions,
  RemoveOptions,
  ReplicasOptions,
  UndeployOptions,
} from "./models.js";
import { number, urlOption, wholeNumber, wholeNumberTo } from "./policyOptions.js";
import type { Terminal } from "./replay.js";

const EXAMPLES = `
Examples:
  skysail deploy digits-svm --framework sklearn --model model.skops
  skysail deploy digits-svm --framework sklearn --model model.joblib --requirement scikit-learn==1.5.2 --replicas 2
  skysail deploy topics --framework tensorflow --model saved_model_folder --device cuda:0 --memory 4g

Loading a pickle or a joblib file runs code: deploy only files that you trust. A server with API keys wants one with the
scope ADMIN, in the environment as SKYSAIL_KEY.`;

const JSON_RESULT = "prints the result as JSON";

/** What operators do with saved models. */
export function addDeployCommands(skysail: Command, terminal: Terminal): void {
  addDeploy(skysail, terminal);
  const command = (name: string): Command =>
    skysail
      .command(`${name} <model>`)
      .option("--version <number>", "default: the current one", wholeNumber)
      .addOption(urlOption())
      .option("--json", JSON_RESULT);
  command("undeploy")
    .description("Ends a version's wrappers. It stays registered, and can be deployed again.")
    .option("--force", "also where applications ask it")
    .action((model: string, options: UndeployOptions) => undeploy(model, options, terminal));
  skysail
    .command("remove <model>")
    .description("Removes a version for good, and its wrappers with it; with a model's last version, the model.")
    .requiredOption("--version <number>", "not the current one, unless it is the last", wholeNumber)
    .addOption(urlOption())
    .option("--json", JSON_RESULT)
    .action((model: string, options: RemoveOptions) => remove(model, options, terminal));
  skysail
    .command("prune")
    .description("Removes saved models and Python environments that nothing on the server runs from.")
    .option("--unused-days <days>", "those not used for so long; 0: all of them", number, 7)
    .addOption(urlOption())
    .option("--json", JSON_RESULT)
    .action((options: PruneOptions) => prune(options, terminal));
  skysail
    .command("rollback <model>")
    .description("Makes an earlier version current again.")
    .option("--version <number>", "default: the last before the current one that has a ready replica", wholeNumber)
    .addOption(urlOption())
    .option("--json", JSON_RESULT)
    .action((model: string, options: ModelOptions) => rollback(model, options, terminal));
  skysail
    .command("models")
    .description("Lists models, their versions, and how many replicas of each are ready.")
    .addOption(urlOption())
    .option("--json", JSON_RESULT)
    .action((options: ModelOptions) => models(options, terminal));
  command("logs")
    .description("Shows what a version's wrappers printed.")
    .option("--lines <count>", "at most, up to 1000", wholeNumberTo(1000), 100)
    .option("--follow", "goes on with what they print, until it is interrupted")
    .action((model: string, options: LogsOptions) => logs(model, options, terminal));
  command("replicas")
    .description("Changes how many processes serve a version, and waits until they do.")
    .requiredOption("--set <count>", "1 to 64", wholeNumberTo(64))
    .action((model: string, options: ReplicasOptions) => setReplicas(model, options, terminal));
}

function addDeploy(skysail: Command, terminal: Terminal): void {
  skysail
    .command("deploy <model>")
    .description("Brings a saved model to the server, which runs it and makes it current when it is ready.")
    .requiredOption("--framework <name>", "onnx, sklearn, xgboost and so on: docs/deploying.md lists them")
    .requiredOption("--model <path>", "the saved model: a file, or a folder")
    .option("--version <number>", "default: the next one", wholeNumber)
    .option("--replicas <count>", "wrapper processes, up to 64; default 1", wholeNumberTo(64))
    .option("--device <device>", "cpu, cuda, or cuda:N for one of several; default cpu")
    .option("--memory <size>", "limit of each process's data, as 512m or 4g; default: none", memory)
    .option("--niceness <number>", "0 to 19: how far it gives way to other processes; default 0", niceness)
    .option("--cpus <list>", "processors that it may run on, as 0-3,8; default: all")
    .option("--signature <file>", "inputs and outputs as JSON, where the model does not state them")
    .option("--option <name=value>", "of the wrapper's command line, such as workers=2; may be repeated", option)
    .option("--requirement <package==version>", "as the model was saved with; may be repeated", repeated)
    .option("--no-activate", "does not make it current")
    .option("--ready-within <seconds>", "by when it must be ready, up to 3600; default 300", wholeNumberTo(3600))
    .addOption(urlOption())
    .option("--json", JSON_RESULT)
    .addHelpText("after", EXAMPLES)
    .action((model: string, options: DeployOptions) => deploy(model, options, terminal));
}

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Less than this no wrapper starts in: the server takes none. */
const LEAST_MEMORY = 64 * 2 ** 20;

function memory(text: string): number {
  const [, digits, unit = ""] = /^(\d{1,15})([kmgt]?)i?b?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) throw new InvalidArgumentError("expected a size, as 512m or 4g");
  const bytes = Number(digits) * factor;
  if (bytes < LEAST_MEMORY) throw new InvalidArgumentError("expected at least 64m");
  return bytes;
}

function niceness(text: string): number {
  if (!/^1?\d$/.test(text)) throw new InvalidArgumentError("expected a whole number, 0 to 19");
  return Number(text);
}

function option(text: string, before: DeployOptions["option"] = []): DeployOptions["option"] {
  const [, name, value = ""] = /^(?:--)?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError("expected name=value, or the name of an option without one");
  return [...before, { name, value }];
}

function repeated(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
