import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";
import { Command, CommanderError, Option } from "commander";
import { parseIssuers } from "./access/issuerSettings.js";
import { failure, FailureError } from "./domain/failure.js";
import { messageOf } from "./domain/messageOf.js";
import { settingsProblem } from "./domain/modelSettings.js";
import { VERSION } from "./domain/version.js";
import { isObject } from "./lib/isObject.js";
import { suggest } from "./lib/suggest.js";
import { SETTINGS } from "./settings.js";
import type { Config, SettingKey as Key } from "./settings.js";

const FILE_NAME = "skysail.config.json";
const KEYS = Object.keys(SETTINGS) as Key[];

export type ParsedCommandLine =
  | { readonly kind: "run"; readonly config: Config }
  /** `--create-admin-key`: make one, print it and leave with 0. */
  | { readonly kind: "createAdminKey"; readonly config: Config }
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
  const config = Object.freeze({
    ...parsed,
    dataDir: resolve(cwd, parsed.dataDir),
    models: file.models,
    issuers: file.issuers,
  });
  refuseContradictions(config, given);
  return { kind: options["createAdminKey"] === true ? "createAdminKey" : "run", config };
}

function readOptions(argv: readonly string[]): Record<string, unknown> | string {
  let printed = "";
  const command = new Command("npm start --")
    .description(
      "Skysail answers predictions and learns from what happened. Every option is also an environment\nvariable and a key in an optional skysail.config.json; the option wins over the environment, that over the file.",
    )
    .version(VERSION)
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeOut: (text) => (printed += text), writeErr: () => undefined });
  for (const key of KEYS) {
    const { flag, env, fallback, text } = SETTINGS[key];
    const shown =
      fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)
        ? ""
        : `; default ${String(fallback)}`;
    command.addOption(new Option(flag, `${text} (${env}${shown})`));
  }
  command.option(
    "--create-admin-key",
    "make an API key that may do everything, print it and leave; also when all are lost",
  );
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
    // The clients': the shell that starts a server may have them too.
    if (!name.startsWith("SKYSAIL_") || name === "SKYSAIL_KEY" || name === "SKYSAIL_URL" || known.includes(name))
      continue;
    throw refusal(`unknown environment variable ${name} (${value ?? ""})${suggest(name, known)}`);
  }
}

interface SettingsFile {
  readonly path: string;
  readonly settings: Record<string, unknown>;
  readonly models: Config["models"];
  readonly issuers: Config["issuers"];
}

function readFile(cwd: string, chosen: unknown): SettingsFile {
  const path = resolve(cwd, typeof chosen === "string" ? chosen : FILE_NAME);
  if (!existsSync(path)) {
    if (chosen !== undefined) throw refusal(`--config: ${path} does not exist`);
    return { path, settings: {}, models: {}, issuers: [] };
  }
  const { models, issuers, ...settings } = parseJsonObject(path);
  for (const [key, value] of Object.entries(settings)) {
    if ((KEYS as string[]).includes(key)) continue;
    throw refusal(
      `${path}: unknown key "${key}" (${JSON.stringify(value)})${suggest(key, [...KEYS, "models", "issuers"])}`,
    );
  }
  const trusted = parseIssuers(issuers);
  if (typeof trusted === "string") throw refusal(`${path}: ${trusted}`);
  return { path, settings, models: parseModels(path, models), issuers: trusted };
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

function parseJsonObject(path: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw refusal(`${path}: ${messageOf(error)}`);
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
  if ((config.tlsCertificate === undefined) !== (config.tlsKey === undefined)) {
    const given = `tlsCertificate is ${config.tlsCertificate ?? "absent"} and tlsKey is ${config.tlsKey ?? "absent"}`;
    throw refusal(`${given}: give both, or neither for http`);
  }
  const { wrapperCa, wrapperCertificate, wrapperKey } = config;
  const some = [wrapperCa, wrapperCertificate, wrapperKey].filter((file) => file !== undefined).length;
  if (some % 3 !== 0) {
    const given = Object.entries({ wrapperCa, wrapperCertificate, wrapperKey });
    const said = given.map(([name, file]) => `${name} is ${file ?? "absent"}`).join(", ");
    throw refusal(`${said}: give all three, or none for wrappers in the clear`);
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

/** Throws for an address that others can reach too, where nobody needs a key: `isOpen`. */
export function refuseOpenToOthers({ host, openAccess }: Config, isOpen: boolean): void {
  if (!isOpen || openAccess || isLoopback(host)) return;
  const remedy =
    "make a key with --create-admin-key, give --open-access to serve everyone who can reach it, or a loopback address";
  throw refusal(`host (${host}) is not loopback, there is no API key, and openAccess is ${openAccess}: ${remedy}`);
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function refusal(message: string): FailureError {
  return new FailureError(failure("BAD_INPUT", message));
}
