import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";

/** What of a command line says which policy and loss are meant. */
export interface PolicyOptions {
  readonly policy: string;
  readonly parameter: Readonly<Record<string, number | boolean | string>>;
  readonly loss?: string;
  readonly lossRange?: number;
  readonly rewardMin?: number;
  readonly rewardMax?: number;
  readonly application?: string;
  readonly url: string;
  readonly json?: true;
}

/** Values that are names in capitals on the wire. */
const NAMES: ReadonlySet<string> = new Set(["average"]);

export function addPolicyOptions(command: Command): Command {
  return command
    .requiredOption("--policy <kind>", "such as exp3-ix, ensemble, thompson, linear (docs/policies.md has all)")
    .option("--parameter <name=value>", "of the policy, such as eta=0.1; may be repeated", parameter, {})
    .option("--loss <kind>", "zero-one, log, squared, absolute or reward; default: the application's")
    .option("--loss-range <number>", "of squared and absolute: the error that counts as 1", number)
    .option("--reward-min <number>", "of reward", number)
    .option("--reward-max <number>", "of reward", number)
    .option("--application <name>", "default: the server's only one")
    .addOption(urlOption())
    .option("--json", "prints the result as JSON");
}

export function urlOption(): Option {
  return new Option("--url <url>", "of a running server").env("SKYSAIL_URL").default("http://127.0.0.1:4000");
}

/** As GraphQL takes them: names of kinds in capitals. */
export function policyVariables(options: PolicyOptions): { readonly policy: object; readonly loss: object | null } {
  const { policy, parameter: parameters, loss, lossRange: range, rewardMin: min, rewardMax: max } = options;
  const kind = loss === undefined ? undefined : constantOf(loss);
  return {
    policy: { kind: constantOf(policy), ...parameters },
    loss: kind === undefined ? null : { kind, range, min, max },
  };
}

function constantOf(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

function parameter(
  text: string,
  before: Readonly<Record<string, number | boolean | string>>,
): Readonly<Record<string, number | boolean | string>> {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || value === "") throw new InvalidArgumentError("expected name=value, such as eta=0.1");
  if (value === "true" || value === "false") return { ...before, [name]: value === "true" };
  const asNumber = Number(value);
  const other = NAMES.has(name) ? constantOf(value) : value;
  return { ...before, [name]: Number.isFinite(asNumber) ? asNumber : other };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("expected a number");
  return value;
}

export function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError("expected a whole number from 1");
  return value;
}
