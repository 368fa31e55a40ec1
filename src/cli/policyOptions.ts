import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { LossSpec, PolicyKind } from "../domain/policySpec.js";
import { requestName } from "../domain/requestNames.js";

/** By their names; a name with a dot leads into an input of its own. */
interface Parameters {
  readonly [name: string]: number | boolean | string | Parameters;
}

/** What of a command line says which policy and loss are meant. */
export interface PolicyOptions {
  readonly policy: PolicyKind;
  readonly parameter: Parameters;
  readonly loss?: LossName;
  readonly lossRange?: number;
  readonly rewardMin?: number;
  readonly rewardMax?: number;
  readonly application?: string;
  readonly url: string;
  readonly json?: true;
}

const POLICIES: Readonly<Record<PolicyKind, true>> = {
  static: true,
  majority: true,
  ensemble: true,
  exp3: true,
  "exp3-ix": true,
  exp4: true,
  "epsilon-greedy": true,
  ucb1: true,
  thompson: true,
  squarecb: true,
  linucb: true,
  linear: true,
};
const LOSSES = {
  "zero-one": "ZERO_ONE",
  log: "LOG",
  squared: "SQUARED",
  absolute: "ABSOLUTE",
  reward: "REWARD",
} as const satisfies Readonly<Record<string, LossSpec["kind"]>>;
type LossName = keyof typeof LOSSES;

/** Values that are names in capitals on the wire. */
const NAMES: ReadonlySet<string> = new Set(["average"]);

export function addPolicyOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--policy <kind>", "docs/policies.md says which").choices(Object.keys(POLICIES)).makeOptionMandatory(),
    )
    .option(
      "--parameter <name=value>",
      "of the policy, such as eta=0.1 or prior.ridge=1; may be repeated",
      parameter,
      {},
    )
    .addOption(new Option("--loss <kind>", "default: the application's").choices(Object.keys(LOSSES)))
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

/** As GraphQL takes them: each kind's parameters in the field of its name. */
export function policyVariables(options: PolicyOptions): { readonly policy: object; readonly loss: object | null } {
  const { policy, parameter: parameters, loss, lossRange: range, rewardMin: min, rewardMax: max } = options;
  return {
    policy: { [requestName(policy)]: parameters },
    loss: loss === undefined ? null : { [requestName(LOSSES[loss])]: { range, min, max } },
  };
}

function parameter(text: string, before: Parameters): Parameters {
  const at = text.indexOf("=");
  const [name, value] = [text.slice(0, at), text.slice(at + 1)];
  if (at < 1 || value === "") throw new InvalidArgumentError("expected name=value, such as eta=0.1");
  return withParameter(before, name.split("."), valueOf(name, value));
}

function withParameter(before: Parameters, path: readonly string[], value: number | boolean | string): Parameters {
  const [name = "", ...rest] = path;
  if (rest.length === 0) return { ...before, [name]: value };
  const inner = before[name];
  return { ...before, [name]: withParameter(typeof inner === "object" ? inner : {}, rest, value) };
}

function valueOf(name: string, text: string): number | boolean | string {
  if (text === "true" || text === "false") return text === "true";
  const asNumber = Number(text);
  if (Number.isFinite(asNumber)) return asNumber;
  return NAMES.has(name) ? text.toUpperCase() : text;
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
