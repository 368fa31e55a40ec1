import { setFlagsFromString } from "node:v8";
import { App } from "./app.js";
import type { Started } from "./app.js";
import { isLoopback, parseConfig } from "./config.js";
import type { Config } from "./settings.js";
import { FailureError } from "./domain/failure.js";

/** npm and the terminal both deliver a signal: what comes within this time of the first is the same one. */
const SAME_SIGNAL_MS = 1000;
const STOP_WITHIN_MS = 9500;
/**
 * V8 takes what was alive at some collection, as all that belongs to queries under way, for what lives long, and makes more of it in its old
 * generation, where it stays until that is collected: long pauses, a tenth of what an observation takes (docs/performance.md, "Pauses").
 */
const V8_FLAG = "--no-allocation-site-pretenuring";

async function main(): Promise<void> {
  setFlagsFromString(V8_FLAG);
  const commandLine = parseConfig(process.argv.slice(2), process.env, process.cwd());
  if (commandLine.kind === "print") {
    process.stdout.write(commandLine.text);
    return;
  }
  const app = new App(commandLine.config);
  stopOnSignals(app);
  try {
    if (commandLine.kind === "createAdminKey") {
      process.stdout.write(`${await app.createAdminKey()}\n`);
      await app.stop();
      process.exit(0);
    }
    process.stdout.write(banner(commandLine.config, await app.start()));
  } catch (error) {
    // What had been started already must not be left behind.
    await app.stop();
    throw error;
  }
}

function stopOnSignals(app: App): void {
  let firstMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    const nowMs = performance.now();
    if (firstMs !== undefined) {
      if (nowMs - firstMs < SAME_SIGNAL_MS) return;
      process.stderr.write(`${signal} again: stopping at once\n`);
      app.abandon();
      process.exit(1);
    }
    firstMs = nowMs;
    setTimeout(() => {
      process.stderr.write(`not stopped within ${STOP_WITHIN_MS} ms: leaving\n`);
      app.abandon();
      process.exit(1);
    }, STOP_WITHIN_MS).unref();
    void app.stop().then(() => process.exit(0));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

function banner(config: Config, { url, database, examples, isOpen }: Started): string {
  const lines = [
    "",
    "Skysail is ready",
    `  GraphQL    ${url}/graphql   (open it in a browser for GraphiQL)`,
    `  Health     ${url}/health/live   ${url}/health/ready`,
    `  Metrics    ${url}/metrics`,
    `  Access     ${access(config, isOpen)}`,
    `  Database   ${database}`,
  ];
  for (const { manifest } of examples) lines.push("", ...tryIt(url, manifest, isOpen));
  return `${lines.join("\n")}\n\n`;
}

function access({ host }: Config, isOpen: boolean): string {
  if (!isOpen) return "by API key or token: Authorization: Bearer ...   (docs/access.md)";
  const whom = isLoopback(host) ? "everyone on this machine" : `everyone who can reach ${host}`;
  return `open to ${whom}, until the first API key is made   (docs/access.md)`;
}

function tryIt(
  url: string,
  { application, try: first }: Started["examples"][number]["manifest"],
  isOpen: boolean,
): string[] {
  if ("text" in first) return [`See how "${application.name}" learns what each reader likes: npm run tour`];
  const { values, label } = first;
  const query = `{ predict(input: { application: "${application.name}", input: { values: [${values.join(",")}] } }) { ... on Prediction { output { ... on LabelOutput { label } } confidence source } ... on Failure { message } } }`;
  const key = isOpen ? "" : ` -H "authorization: Bearer $SKYSAIL_KEY"`;
  const body = JSON.stringify({ query });
  return [
    `Try it; the label should be "${label}":`,
    `curl -s ${url}/graphql -H 'content-type: application/json'${key} -d '${body}'`,
  ];
}

main().catch((error: unknown) => {
  // Expected failures are one line for a person; anything else is a defect, whose stack we need.
  const expected = error instanceof FailureError;
  const text = expected
    ? `skysail: ${error.message}`
    : `skysail: defect: ${error instanceof Error ? error.stack : String(error)}`;
  process.stderr.write(`${text}\n`, () => process.exit(1));
});
