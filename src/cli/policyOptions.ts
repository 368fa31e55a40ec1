import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import type { LossSpec, PolicyKind } from "../domain/policySpec.js";
import { POLICY_KINDS, POLICY_PARAMETERS, requestName } from "../domain/requestNames.js";
import { refused } from "./client.js";

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
    .addOption(new Option("--policy <kind>", "docs/policies.md says which").choices(POLICY_KINDS).makeOptionMandatory())
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
  const problem = parameterProblem(policy, namesIn(parameters)) ?? lossProblem(options);
  if (problem !== undefined) throw refused(problem);
  return {
    policy: { [requestName(policy)]: parameters },
    loss: loss === undefined ? null : { [requestName(LOSSES[loss])]: { range, min, max } },
  };
}

/** The server refuses these too, in the words of GraphQL, which know no options. */
function parameterProblem(policy: PolicyKind, given: readonly string[]): string | undefined {
  const known = POLICY_PARAMETERS[policy];
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const has = known.length === 0 ? "none" : known.join(", ");
    return `--parameter ${unknown}: the policy ${policy} has no such parameter; its parameters: ${has}`;
  }
  const contexts = known.filter((name) => name.startsWith("context."));
  const stated = given.filter((name) => contexts.includes(name));
  if (contexts.length === 0 || stated.length === 1) return undefined;
  return `--parameter: the policy ${policy} needs one of ${contexts.map((name) => `${name}=NAME`).join(" and ")}, got ${stated.join(" and ") || "none"}`;
}

function namesIn(parameters: Parameters, before = ""): readonly string[] {
  return Object.entries(parameters).flatMap(([name, value]) =>
    typeof value === "object" ? namesIn(value, `${before}${name}.`) : [`${before}${name}`],
  );
}

const LOSS_OPTIONS = {
  squared: ["--loss-range"],
  absolute: ["--loss-range"],
  reward: ["--reward-min", "--reward-max"],
} as const satisfies Partial<Record<LossName, readonly string[]>>;

function lossProblem({ loss, lossRange, rewardMin, rewardMax }: PolicyOptions): string | undefined {
  const options = { "--loss-range": lossRange, "--reward-min": rewardMin, "--reward-max": rewardMax };
  const given = Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const needed: readonly string[] = (LOSS_OPTIONS as Partial<Record<string, readonly string[]>>)[loss ?? ""] ?? [];
  const missing = needed.filter((name) => !given.includes(name));
  if (missing.length > 0) return `--loss ${loss} needs ${missing.join(" and ")}`;
  const stray = given.find((name) => !needed.includes(name));
  if (stray === undefined) return undefined;
  const of = Object.entries(LOSS_OPTIONS).filter(([, names]) => (names as readonly string[]).includes(stray));
  return `${stray} is for --loss ${of.map(([name]) => name).join(" or ")}${loss === undefined ? "" : `, not for ${loss}`}`;
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
  return wholeNumberTo(Number.MAX_SAFE_INTEGER)(text);
}

export function wholeNumberTo(most: number): (text: string) => number {
  const to = most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  return (text) => {
    const value = number(text);
    if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`expected a whole number from 1${to}`);
  };
}
