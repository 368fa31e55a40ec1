import { logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { Command, CommanderError } from "commander";
import { destination, pino, type Logger } from "pino";
import { messageOf } from "../../../src/domain/messageOf.js";
import { DEFAULT_MAX_MESSAGE_BYTES } from "../../../src/protocol/grpcOptions.js";
import type { PeerFiles } from "../../../src/protocol/peerFiles.js";
import { withLabels, type Model } from "./model.js";
import { distinctTexts, listenAddress, oneOf, positiveInteger } from "./options.js";
import { serveModel, type WrapperServer } from "./serveModel.js";

/** What every wrapper takes on its command line. */
export interface WrapperOptions {
  readonly name: string;
  readonly modelVersion: string;
  readonly listen: string;
  readonly maxMessageBytes: number;
  readonly maxRows: number;
  readonly nonFinite: "pass" | "refuse";
  readonly labels?: readonly string[];
  readonly exitWithStdin?: boolean;
  readonly tlsCa?: string;
  readonly tlsCertificate?: string;
  readonly tlsKey?: string;
}

export interface WrapperProgram<Options extends WrapperOptions = WrapperOptions> {
  readonly description: string;
  readonly defaultName: string;
  /** Adds the wrapper's own options. */
  addOptions?(command: Command): void;
  /** Throws an Error with one clear line when the options cannot be served. */
  createModel(options: Options, logger: Logger): Model | Promise<Model>;
}

/** Within a second of stdin's end the process is gone: so long for what is in flight, so long in all. */
const STDIN_DRAIN_MS = 400;
const STDIN_EXIT_MS = 800;

/**
 * The whole life of a wrapper process: options, model, ready line, signals, exit code. The first line on stdout is
 * `{"listening", "model", "version"}` once it is ready; logs go to stderr.
 */
export async function runWrapper<Options extends WrapperOptions>(
  program: WrapperProgram<Options>,
  argv: readonly string[] = process.argv,
): Promise<void> {
  // gRPC's own lines are no JSON, and what matters of them arrives as errors.
  setLogVerbosity(logVerbosity.NONE);
  const logger = pino({ name: program.defaultName }, destination({ fd: 2, sync: true }));
  try {
    const options = parseOptions(program, argv);
    if (options === undefined) return;
    const signals = watchSignals(logger);
    const stdin = options.exitWithStdin === true ? watchStdin(logger) : undefined;
    const model = withLabels(await program.createModel(options, logger), options.labels);
    const server = await serveModel(model, { ...options, tls: tlsOf(options), logger });
    signals.serves(server);
    stdin?.serves(server);
    process.stdout.write(`${readyLine(server, model)}\n`);
  } catch (error) {
    // Bad options, a missing file, an occupied port: for a person, so one line and no stack.
    process.stderr.write(`${messageOf(error).trim()}\n`, () => process.exit(1));
  }
}

function readyLine(server: WrapperServer, model: Model): string {
  return JSON.stringify({ listening: server.address, model: model.name, version: model.version });
}

/** Undefined when `--help` was all that was asked. */
function parseOptions<Options extends WrapperOptions>(
  program: WrapperProgram<Options>,
  argv: readonly string[],
): Options | undefined {
  const command = new Command()
    .name(program.defaultName)
    .description(program.description)
    .option("--name <name>", "the model's name", program.defaultName)
    .option("--model-version <version>", "the model's version", "1")
    .option("--listen <address>", "unix:/path or host:port; port 0 takes a free one", listenAddress, "127.0.0.1:0")
    .option("--max-message-bytes <bytes>", "longest message, both ways", positiveInteger, DEFAULT_MAX_MESSAGE_BYTES)
    .option("--max-rows <rows>", "most rows of a request", positiveInteger, 65_536)
    .option("--non-finite <policy>", "NaN and infinite inputs: pass or refuse", oneOf("pass", "refuse"), "pass")
    .option("--labels <names>", "of the model's classes, in the order of its scores: a,b,c", distinctTexts)
    .option("--tls-ca <file>", "answer only Skysail's server, by certificates of this authority")
    .option("--tls-certificate <file>", "this wrapper's own, with its chain; read again when it changes")
    .option("--tls-key <file>", "its private key, in PEM like the others")
    .option("--exit-with-stdin", "exit when stdin ends: with the process that started this one")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  program.addOptions?.(command);
  try {
    return command.parse(argv).opts<Options>();
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    // One line, for it is the last one that says why a wrapper did not start.
    throw new Error(error.message.replace(/^error: /, "").replaceAll("\n", " "), { cause: error });
  }
}

function tlsOf({ listen, tlsCa: ca, tlsCertificate: certificate, tlsKey: key }: WrapperOptions): PeerFiles | undefined {
  if (ca === undefined && certificate === undefined && key === undefined) return undefined;
  if (ca === undefined || certificate === undefined || key === undefined) {
    throw new Error("--tls-ca, --tls-certificate and --tls-key: give all three, or none to answer everyone");
  }
  if (listen.startsWith("unix:")) throw new Error("--tls-ca is for host:port: a socket is this user's alone already");
  return { ca, certificate, key };
}

/** SIGTERM and SIGINT drain; a second one gives up waiting. Until it serves there is nothing to drain. */
function watchSignals(logger: Logger): { serves(server: WrapperServer): void } {
  let serving: WrapperServer | undefined;
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (serving === undefined) process.exit(0);
    signals++;
    if (signals > 1) process.exit(1);
    logger.info({ signal }, "draining");
    exitAfter(serving.stop(), logger);
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return { serves: (server) => void (serving = server) };
}

/**
 * The launcher holds the other end: when it dies in whatever way, its wrappers go too, instead of piling up. Watched
 * from the beginning, since a model may take minutes to load, or never finish: until it serves there is nothing to
 * drain, and the process just exits.
 */
function watchStdin(logger: Logger): { serves(server: WrapperServer): void } {
  let serving: WrapperServer | undefined;
  let ended = false;
  const onEnd = (): void => {
    if (ended) return;
    ended = true;
    if (serving === undefined) process.exit(0);
    setTimeout(() => process.exit(0), STDIN_EXIT_MS);
    exitAfter(serving.stop(STDIN_DRAIN_MS), logger);
  };
  process.stdin.on("end", onEnd).on("close", onEnd).on("error", onEnd).resume();
  return { serves: (server) => void (serving = server) };
}

function exitAfter(stopping: Promise<void>, logger: Logger): void {
  stopping.then(
    () => process.exit(0),
    (error: unknown) => {
      logger.error({ err: error }, "could not stop cleanly");
      process.exit(1);
    },
  );
}
