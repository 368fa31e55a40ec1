import { setTimeout as wait } from "node:timers/promises";
import { Command, CommanderError, Option } from "commander";
import { failure, FailureError } from "../domain/failure.js";
import { TourClient } from "./tourClient.js";
import { readPlan } from "./tourPlan.js";
import { listens, startOwnServer } from "./tourServer.js";
import type { OwnServer } from "./tourServer.js";
import { APPLICATION, runTour } from "./tourSteps.js";

const USUAL_URL = "http://127.0.0.1:4000";

interface TourOptions {
  readonly url?: string;
  readonly own?: boolean;
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return;
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => interrupted.abort());
  try {
    await tourWith(options, interrupted.signal);
  } catch (error) {
    // What an interruption breaks off fails in many ways.
    throw interrupted.signal.aborted ? new FailureError(failure("INTERNAL", "interrupted"), { cause: error }) : error;
  }
}

async function tourWith(options: TourOptions, signal: AbortSignal): Promise<void> {
  const own = await ownServer(options, signal);
  try {
    const url = own?.url ?? options.url ?? USUAL_URL;
    const client = new TourClient(url, APPLICATION, signal, wait);
    await requireApplication(client, url);
    await runTour({ client, url, isOwn: own !== undefined, say, wait }, readPlan());
  } finally {
    await own?.stop();
  }
}

/** Undefined: there was something to print instead, and it was. */
function readOptions(argv: readonly string[]): TourOptions | undefined {
  const command = new Command("npm run tour --")
    .description(
      "Shows in about a minute how answers learn: predict, observe, predict again; what changed for whom, and why.\n" +
        `Takes the server at ${USUAL_URL}, or starts one of its own if none listens there. What the example\n` +
        `application "${APPLICATION}" has learned before stays with its earlier policy version.\n` +
        "Exit code 0 when it went through, 1 when not.",
    )
    .addOption(new Option("--url <url>", `the server to use (default ${USUAL_URL}); it must listen`).env("SKYSAIL_URL"))
    .option("--own", "start a server for the tour, whatever listens; its data is removed at the end")
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  try {
    command.parse([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    const text = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    throw new FailureError(failure("BAD_INPUT", `${text}; --help lists all options`));
  }
  const { url, own } = command.opts<TourOptions>();
  // What every command finds in the environment is no wish of this one's.
  const isWished = own !== true || command.getOptionValueSource("url") !== "env";
  return checked({ ...(url !== undefined && isWished && { url }), ...(own !== undefined && { own }) });
}

function checked({ url, own }: TourOptions): TourOptions {
  if (url === undefined) return { ...(own !== undefined && { own }) };
  if (own) throw new FailureError(failure("BAD_INPUT", `--own starts a server: leave --url (${url}) out`));
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new FailureError(failure("BAD_INPUT", `--url ${url}: expected an address like ${USUAL_URL}`));
  }
  // What `npm start` prints is taken too.
  return { url: `${parsed.origin}${parsed.pathname.replace(/\/(graphql)?$/, "")}` };
}

async function ownServer({ url, own }: TourOptions, signal: AbortSignal): Promise<OwnServer | undefined> {
  if (own !== true) {
    if (await listens(url ?? USUAL_URL)) return undefined;
    if (url !== undefined) {
      const remedy = "start it (npm start), or leave --url out: the tour then starts a server of its own";
      throw new FailureError(failure("BAD_INPUT", `--url ${url}: nothing listens there; ${remedy}`));
    }
    say(`No server listens at ${USUAL_URL}: the tour starts one of its own, and stops it at the end.\n`);
  }
  return startOwnServer(APPLICATION, signal);
}

async function requireApplication(client: TourClient, url: string): Promise<void> {
  const kind = await client.policyKind();
  if (kind === "LINEAR") return;
  const what = `the server at ${url} has ${kind === undefined ? "no" : "an"} application "${APPLICATION}"`;
  const problem =
    kind === undefined
      ? `${what}: start it with --example all (the default)`
      : `${what} with policy ${kind}: make it LINEAR again (updateApplication)`;
  throw new FailureError(failure("NOT_FOUND", `${problem}, or give the tour a server of its own with --own`));
}

main().catch((error: unknown) => {
  const expected = error instanceof FailureError;
  const text = expected ? error.message : `defect: ${error instanceof Error ? error.stack : String(error)}`;
  process.stderr.write(`tour: ${text}\n`, () => process.exit(1));
});
