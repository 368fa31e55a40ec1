import type { IssuerSettings } from "./access/issuerSettings.js";
import type { BatchSizeControllerKind, ChosenModelSettings } from "./domain/modelSettings.js";
import {
  integer,
  oneOf,
  parseBoolean,
  parseController,
  parseDatabaseUrl,
  parseHosts,
  parseOrigins,
  parseText,
} from "./settingParsers.js";

const EXAMPLES = ["all", "digits", "reading", "none"] as const;

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly postgres: "auto" | "system" | "bundled";
  readonly example: (typeof EXAMPLES)[number];
  readonly openAccess: boolean;
  /** Of other sites' pages that may ask here. */
  readonly corsOrigins: readonly string[];
  readonly tlsCertificate: string | undefined;
  readonly tlsKey: string | undefined;
  /** Those whose wrappers may be linked; none: all but some. */
  readonly wrapperHosts: readonly string[];
  readonly wrapperCa: string | undefined;
  readonly wrapperCertificate: string | undefined;
  readonly wrapperKey: string | undefined;
  /** File of the only operations to answer. */
  readonly operations: string | undefined;
  /** Of websockets that one API key may have open on one server. */
  readonly maxSocketsPerKey: number;
  readonly maxSubscriptionsPerKey: number;
  readonly cacheBytes: number;
  /** For learned states of entities. */
  readonly stateBytes: number;
  readonly batchSizeController: BatchSizeControllerKind;
  readonly maxBatchRows: number;
  readonly maxQueueRows: number;
  readonly maxMessageBytes: number;
  readonly batchTimeoutMs: number;
  readonly receiptTtlMs: number;
  readonly maxArtefactBytes: number;
  /** Of each deployed model, earlier versions whose wrappers stay. */
  readonly keptVersions: number;
  /** Of deployed models that need one. */
  readonly python: string | undefined;
  readonly logLevel: "debug" | "info" | "warn" | "error";
  /** For single models, from the file only; what a mutation chose wins over it. */
  readonly models: Readonly<Record<string, ChosenModelSettings>>;
  /** Of JSON web tokens, from the file only. */
  readonly issuers: readonly IssuerSettings[];
}

export type SettingKey = Exclude<keyof Config, "models" | "issuers">;

export interface Setting<K extends SettingKey> {
  readonly flag: string;
  readonly env: string;
  readonly fallback: Config[K];
  readonly text: string;
  /** Throws a string saying what was expected. */
  readonly parse: (value: unknown) => Config[K];
}

const DAY_MS = 24 * 3600 * 1000;

export const SETTINGS: { readonly [K in SettingKey]: Setting<K> } = {
  host: setting("--host <address>", "SKYSAIL_HOST", "127.0.0.1", "address to listen on", parseText),
  port: setting(
    "--port <number>",
    "SKYSAIL_PORT",
    4000,
    "port of everything over HTTP; 0 takes a free one",
    integer(0, 65535),
  ),
  dataDir: setting(
    "--data-dir <folder>",
    "SKYSAIL_DATA_DIR",
    "./data",
    "folder of the embedded PostgreSQL, and of deployed models",
    parseText,
  ),
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
    "all",
    "example applications to launch and register: all, digits, reading, or none",
    oneOf(...EXAMPLES),
  ),
  openAccess: setting(
    "--open-access",
    "SKYSAIL_OPEN_ACCESS",
    false,
    "without API keys: serve everyone who can reach an address that is not loopback",
    parseBoolean,
  ),
  operations: setting(
    "--operations <file>",
    "SKYSAIL_OPERATIONS",
    undefined,
    "answer only the GraphQL operations in this file: a persisted query manifest, or texts by id",
    parseText,
  ),
  corsOrigins: setting(
    "--cors-origins <list>",
    "SKYSAIL_CORS_ORIGINS",
    [],
    "sites whose pages may ask here, like https://a.example,https://b.example",
    parseOrigins,
  ),
  tlsCertificate: setting(
    "--tls-certificate <file>",
    "SKYSAIL_TLS_CERTIFICATE",
    undefined,
    "serve https with this certificate and its chain, in PEM; read again when it changes",
    parseText,
  ),
  tlsKey: setting("--tls-key <file>", "SKYSAIL_TLS_KEY", undefined, "the certificate's private key, in PEM", parseText),
  maxSocketsPerKey: setting(
    "--max-sockets-per-key <number>",
    "SKYSAIL_MAX_SOCKETS_PER_KEY",
    5,
    "websockets that one API key may have open here; without keys there is no limit",
    integer(1, 100_000),
  ),
  maxSubscriptionsPerKey: setting(
    "--max-subscriptions-per-key <number>",
    "SKYSAIL_MAX_SUBSCRIPTIONS_PER_KEY",
    20,
    "subscriptions that one API key may have open here; without keys there is no limit",
    integer(1, 100_000),
  ),
  wrapperHosts: setting(
    "--wrapper-hosts <list>",
    "SKYSAIL_WRAPPER_HOSTS",
    [],
    "the only hosts whose wrappers are linked: names, *.suffix, addresses, 10.0.0.0/8, unix:/folder/",
    parseHosts,
  ),
  wrapperCa: setting(
    "--wrapper-ca <file>",
    "SKYSAIL_WRAPPER_CA",
    undefined,
    "link registered wrappers by TLS 1.3 only, those with a certificate of this authority, in PEM",
    parseText,
  ),
  wrapperCertificate: setting(
    "--wrapper-certificate <file>",
    "SKYSAIL_WRAPPER_CERTIFICATE",
    undefined,
    "this server's own certificate for wrappers, in PEM; all three are read again when they change",
    parseText,
  ),
  wrapperKey: setting("--wrapper-key <file>", "SKYSAIL_WRAPPER_KEY", undefined, "its private key, in PEM", parseText),
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
  maxArtefactBytes: setting(
    "--max-artefact-bytes <bytes>",
    "SKYSAIL_MAX_ARTEFACT_BYTES",
    2 * 2 ** 30,
    "largest saved model that may be uploaded",
    integer(1, 2 ** 40),
  ),
  keptVersions: setting(
    "--kept-versions <count>",
    "SKYSAIL_KEPT_VERSIONS",
    2,
    "earlier versions of a deployed model whose wrappers keep running when a newer one becomes current",
    integer(0, 1000),
  ),
  python: setting(
    "--python <program>",
    "SKYSAIL_PYTHON",
    undefined,
    "Python with the packages of all deployed models; default: an environment for each framework, made in the data folder",
    parseText,
  ),
  logLevel: setting(
    "--log-level <level>",
    "SKYSAIL_LOG_LEVEL",
    "info",
    "debug, info, warn or error",
    oneOf("debug", "info", "warn", "error"),
  ),
};

function setting<T>(flag: string, env: string, fallback: T, text: string, parse: (value: unknown) => T) {
  return { flag, env, fallback, text, parse };
}
