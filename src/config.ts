import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { failure, FailureError } from "./domain/failure.js";
import { BATCH_SIZE_CONTROLLERS, settingsProblem } from "./domain/modelSettings.js";
import type { BatchSizeControllerKind, ChosenModelSettings } from "./domain/modelSettings.js";
import { suggest } from "./lib/suggest.js";

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly postgres: "auto" | "system" | "bundled";
  readonly example: "digits" | "none";
  readonly openAccess: boolean;
  readonly cacheBytes: number;
  /** For learned states of entities. */
  readonly stateBytes: number;
  readonly batchSizeController: BatchSizeControllerKind;
  readonly maxBatchRows: number;
  readonly maxQueueRows: number;
  readonly maxMessageBytes: number;
  readonly batchTimeoutMs: number;
  readonly receiptTtlMs: number;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** For single models, from the file only; what a mutation chose wins over it. */
  readonly models: Readonly<Record<string, ChosenModelSettings>>;
}

type Key = Exclude<keyof Config, "models">;

interface Setting<K extends Key> {
  readonly flag: string;
  readonly env: string;
  readonly fallback: Config[K];
  readonly text: string;
  /** Throws a string saying what was expected. */
  readonly parse: (value: unknown) => Config[K];
}

const DAY_MS = 24 * 3600 * 1000;

const SETTINGS: { readonly [K in Key]: Setting<K> } = {
  host: setting("--host <address>", "SKYSAIL_HOST", "127.0.0.1", "address to listen on", parseText),
  port: setting(
    "--port <number>",
    "SKYSAIL_PORT",
    4000,
    "port of everything over HTTP; 0 takes a free one",
    integer(0, 65535),
  ),
  dataDir: setting("--data-dir <folder>", "SKYSAIL_DATA_DIR", "./data", "folder of the embedded PostgreSQL", parseText),
  databaseUrl: setting(
    "--database-url <url>",
    "DATABASE_URL",
    undefined,
    "PostgreSQL to use instead of the embedded one",
    parseDatabaseUrl,
  ),
  postgres: setting(
    "--postgres <which>",
    "SKYSAIL_POSTGRES",
    "auto",
    "binaries of the embedded PostgreSQL: system, bundled, or auto (system if found)",
    oneOf("auto", "system", "bundled"),
  ),
  example: setting(
    "--example <name>",
    "SKYSAIL_EXAMPLE",
    "digits",
    "example application to launch and register: digits, or none",
    oneOf("digits", "none"),
  ),
  openAccess: setting(
    "--open-access",
    "SKYSAIL_OPEN_ACCESS",
    false,
    "serve everyone who can reach an address that is not loopback",
    parseBoolean,
  ),
  cacheBytes: setting(
    "--cache-bytes <bytes>",
    "SKYSAIL_CACHE_BYTES",
    64 * 2 ** 20,
    "memory for cached predictions, keys and overhead counted",
    integer(0, 2 ** 36),
  ),
  stateBytes: setting(
    "--state-bytes <bytes>",
    "SKYSAIL_STATE_BYTES",
    64 * 2 ** 20,
    "memory for what is learned of single entities; the others' is read from the database when they come",
    integer(2 ** 16, 2 ** 36),
  ),
  batchSizeController: setting(
    "--batch-size-controller <name>",
    "SKYSAIL_BATCH_SIZE_CONTROLLER",
    "AIMD",
    "who says how large batches may be: aimd, quantile, model or fixed (always the largest)",
    parseController,
  ),
  maxBatchRows: setting(
    "--max-batch-rows <rows>",
    "SKYSAIL_MAX_BATCH_ROWS",
    256,
    "largest batch sent to a model wrapper",
    integer(1, 65536),
  ),
  maxQueueRows: setting(
    "--max-queue-rows <rows>",
    "SKYSAIL_MAX_QUEUE_ROWS",
    4096,
    "rows that may wait for one model version; more are refused as OVERLOADED",
    integer(1, 2 ** 20),
  ),
  maxMessageBytes: setting(
    "--max-message-bytes <bytes>",
    "SKYSAIL_MAX_MESSAGE_BYTES",
    16 * 2 ** 20,
    "largest message to or from a model wrapper",
    integer(64 * 1024, 2 ** 30),
  ),
  batchTimeoutMs: setting(
    "--batch-timeout-ms <ms>",
    "SKYSAIL_BATCH_TIMEOUT_MS",
    10_000,
    "a batch unanswered for so long counts as a lost replica",
    integer(10, 3_600_000),
  ),
  receiptTtlMs: setting(
    "--receipt-ttl-ms <ms>",
    "SKYSAIL_RECEIPT_TTL_MS",
    7 * DAY_MS,
    "age up to which receipts are accepted by observe",
    integer(1000, 3650 * DAY_MS),
  ),
  logLevel: setting(
    "--log-level <level>",
    "SKYSAIL_LOG_LEVEL",
    "info",
    "debug, info, warn or error",
    oneOf("debug", "info", "warn", "error"),
  ),
};

const FILE_NAME = "skysail.config.json";
const KEYS = Object.keys(SETTINGS) as Key[];

export type ParsedCommandLine =
  | { readonly kind: "run"; readonly config: Config }
  /** `--help` or `--version`: print and leave with 0. */
  | { readonly kind: "print"; readonly text: string };

interface Given {
  readonly value: unknown;
  readonly from: string;
}

/**
 * Reads the settings: option over environment over `skysail.config.json` over default. Throws FailureError, with one
 * line that names the setting, where it came from, its value and what was expected.
 */
export function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): ParsedCommandLine {
  const options = readOptions(argv);
  if (typeof options === "string") return { kind: "print", text: options };
  refuseUnknownEnvironment(env);
  const file = readFile(cwd, options["config"]);
  const given = new Map<Key, Given>();
  for (const key of KEYS) {
    const found = firstGiven(key, options, env, file);
    if (found !== undefined) given.set(key, found);
  }
  const parsed = parseAll(given);
  const config = Object.freeze({ ...parsed, dataDir: resolve(cwd, parsed.dataDir), models: file.models });
  refuseContradictions(config, given);
  return { kind: "run", config };
}

function readOptions(argv: readonly string[]): Record<string, unknown> | string {
  let printed = "";
  const command = new Command("npm start --")
    .description(
      "Skysail answers predictions and learns from what happened. Every option is also an environment\nvariable and a key in an optional skysail.config.json; the option wins over the environment, that over the file.",
    )
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => undefined });
  for (const key of KEYS) {
    const { flag, env, fallback, text } = SETTINGS[key];
    const shown = fallback === undefined ? "" : `; default ${String(fallback)}`;
    command.addOption(new Option(flag, `${text} (${env}${shown})`));
  }
  command.option("--config <file>", `file of settings (default ./${FILE_NAME}, if it exists)`);
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return printed;
    // Commander puts its suggestion on a line of its own.
    throw refusal(`${error.message.replace(/^error: /, "").replaceAll("\n", " ")}; --help lists all options`);
  }
  return command.opts();
}

function refuseUnknownEnvironment(env: NodeJS.ProcessEnv): void {
  const known = KEYS.map((key) => SETTINGS[key].env);
  for (const [name, value] of Object.entries(env)) {
    if (!name.startsWith("SKYSAIL_") || known.includes(name)) continue;
    throw refusal(`unknown environment variable ${name} (${value ?? ""})${suggest(name, known)}`);
  }
}

interface SettingsFile {
  readonly path: string;
  readonly settings: Record<string, unknown>;
  readonly models: Config["models"];
}

function readFile(cwd: string, chosen: unknown): SettingsFile {
  const path = resolve(cwd, typeof chosen === "string" ? chosen : FILE_NAME);
  if (!existsSync(path)) {
    if (chosen !== undefined) throw refusal(`--config: ${path} does not exist`);
    return { path, settings: {}, models: {} };
  }
  const { models, ...settings } = parseJsonObject(path);
  for (const [key, value] of Object.entries(settings)) {
    if ((KEYS as string[]).includes(key)) continue;
    throw refusal(`${path}: unknown key "${key}" (${JSON.stringify(value)})${suggest(key, [...KEYS, "models"])}`);
  }
  return { path, settings, models: parseModels(path, models) };
}

function parseModels(path: string, models: unknown = {}): Config["models"] {
  if (!isObject(models)) throw refusal(`${path}: models: expected an object of settings by model name`);
  for (const [name, chosen] of Object.entries(models)) {
    if (!isObject(chosen)) throw refusal(`${path}: models.${name}: expected an object of settings`);
    const problem = settingsProblem(chosen, ["models", name]);
    if (problem !== undefined) throw refusal(`${path}: ${problem.message}`);
  }
  return models as Config["models"];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJsonObject(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refusal(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isObject(parsed)) return parsed;
  throw refusal(`${path}: expected one JSON object of settings`);
}

function firstGiven(
  key: Key,
  options: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
  file: SettingsFile,
): Given | undefined {
  const { flag, env: variable } = SETTINGS[key];
  if (options[key] !== undefined) return { value: options[key], from: flag.split(" ")[0] ?? flag };
  const fromEnv = env[variable];
  if (fromEnv !== undefined && fromEnv !== "") return { value: fromEnv, from: variable };
  if (file.settings[key] !== undefined) return { value: file.settings[key], from: `${file.path}: ${key}` };
  return undefined;
}

function parseAll(given: ReadonlyMap<Key, Given>): Config {
  const config: Partial<Record<Key, unknown>> = {};
  for (const key of KEYS) config[key] = parseOne(key, given.get(key));
  return config as unknown as Config;
}

function parseOne(key: Key, found: Given | undefined): unknown {
  const { fallback, parse } = SETTINGS[key];
  if (found === undefined) return fallback;
  try {
    return parse(found.value);
  } catch (expected) {
    const got = key === "databaseUrl" ? "something else" : JSON.stringify(found.value);
    throw refusal(`${found.from}: expected ${String(expected)}, got ${got}`);
  }
}

/** Settings that cannot hold together, each message with both values. */
function refuseContradictions(config: Config, given: ReadonlyMap<Key, Given>): void {
  if (config.databaseUrl !== undefined && config.postgres !== "auto") {
    const url = `${given.get("databaseUrl")?.from} (${withoutPassword(config.databaseUrl)})`;
    throw refusal(
      `${given.get("postgres")?.from} (${config.postgres}) chooses an embedded PostgreSQL, but ${url} names another; give one of them`,
    );
  }
  if (!isLoopback(config.host) && !config.openAccess) {
    const remedy = "give --open-access to serve everyone who can reach it, or a loopback address";
    throw refusal(`host (${config.host}) is not loopback and openAccess is ${String(config.openAccess)}: ${remedy}`);
  }
  const smallest = config.maxBatchRows * 16;
  if (config.maxMessageBytes < smallest) {
    throw refusal(
      `maxMessageBytes (${config.maxMessageBytes}) cannot hold maxBatchRows (${config.maxBatchRows}) of 16 bytes, ${smallest}`,
    );
  }
}

export function withoutPassword(url: string): string {
  return url.replace(/(:\/\/[^:/@]*):[^/]*@/, "$1:***@");
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function refusal(message: string): FailureError {
  return new FailureError(failure("BAD_INPUT", message));
}

function setting<T>(flag: string, env: string, fallback: T, text: string, parse: (value: unknown) => T) {
  return { flag, env, fallback, text, parse };
}

/* eslint-disable @typescript-eslint/only-throw-error -- parsers throw what they expected; parseOne makes it an error */

function parseText(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw "a text";
}

function parseDatabaseUrl(value: unknown): string | undefined {
  if (typeof value === "string" && /^postgres(ql)?:\/\//.test(value) && URL.canParse(value)) return value;
  throw "a URL that begins with postgres://";
}

function integer(least: number, most: number): (value: unknown) => number {
  return (value) => {
    const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && Number.isInteger(number) && number >= least && number <= most) return number;
    throw `an integer from ${least} to ${most}`;
  };
}

function oneOf<T extends string>(...choices: readonly T[]): (value: unknown) => T {
  return (value) => {
    if ((choices as readonly unknown[]).includes(value)) return value as T;
    throw `one of ${choices.join(", ")}`;
  };
}

function parseController(value: unknown): BatchSizeControllerKind {
  const named = BATCH_SIZE_CONTROLLERS.find((name) => name === String(value).toUpperCase());
  if (named !== undefined) return named;
  throw `one of ${BATCH_SIZE_CONTROLLERS.join(", ").toLowerCase()}`;
}

function parseBoolean(value: unknown): boolean {
  if (value === true || value === "true" || value === "1") return true;
  if (value === false || value === "false" || value === "0") return false;
  throw "true or false";
}
