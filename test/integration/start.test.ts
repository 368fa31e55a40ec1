import { beforeAll, describe, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { VERSION } from "../../src/domain/version.js";
import { APPLICATION, OBSERVE, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { cleanEnvironment } from "../support/ownProcesses.js";
import { eachPostgres } from "../support/postgres.js";
import { allowTime } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const run = promisify(execFile);
const servers = testServers();

describe("npm start", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start({ npm: true, args: [] });
  });

  test("prints the addresses when ready", () => {
    const { banner, url } = server;
    expect(banner).toContain("Skysail is ready");
    for (const path of ["/graphql", "/health/live", "/health/ready", "/metrics"]) expect(banner).toContain(url + path);
    expect(banner).toMatch(/^ {2}Database +127\.0\.0\.1:\d+\/postgres$/m);
  });

  test("prints a curl line that returns a prediction with the label stated beside it", async () => {
    await allowTime(server, "digits");
    const stated = /the label should be "(\d)"/.exec(server.banner)?.[1];
    const curl = server.banner.split("\n").find((line) => line.startsWith("curl "));
    const { stdout } = await run("bash", ["-c", curl ?? ""]);
    const { data } = JSON.parse(stdout) as { data: { predict: object } };
    expect(data.predict).toMatchObject({ output: { label: stated }, source: "ENSEMBLE" });
  });

  test("is live and ready", async () => {
    expect(await server.request("/health/live")).toMatchObject({ status: 200, text: '{"live":true}' });
    expect(await server.request("/health/ready")).toMatchObject({ status: 200, text: '{"ready":true}' });
  });

  test("shows Prometheus what models and applications do", async () => {
    const { contentType, text } = await server.request("/metrics");
    expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
    for (const line of text.split("\n").filter((one) => one !== "")) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)*\})? (-?[\d.e+-]+|NaN|[+-]Inf))$/);
    }
    expect(await server.metric("skysail_model_ready_replicas", { model: "digits-mlp" })).toBe(1);
  });

  test("answers a path that it does not serve with the paths that it does", async () => {
    const { status, text } = await server.request("/health");
    expect(status).toBe(404);
    expect(text).toContain("/health/ready");
  });

  test("serves browsers a GraphiQL page that loads nothing from another host", async () => {
    const { status, contentType, text } = await server.request("/graphql", { headers: { accept: "text/html" } });
    expect({ status, contentType }).toEqual({ status: 200, contentType: "text/html; charset=utf-8" });
    expect(text).toContain("Skysail GraphiQL");
    expect(loadedFrom(text)).toEqual([]);
    expect(loadedFrom('<script src="https://unpkg.com/x.js">')).toHaveLength(1);
  });

  test("refuses a GET that is not a browser's, and names the way", async () => {
    const { status, text } = await server.request("/graphql?query={__typename}");
    expect(status).toBe(405);
    expect(text).toContain("POST a JSON body");
  });
});

/** Elements and style rules whose content comes from elsewhere. */
function loadedFrom(html: string): string[] {
  const markup = html.replace(/(<script\b[^>]*>)[\s\S]*?<\/script>/g, "$1").replace(/<style[\s\S]*?<\/style>/g, "");
  const elements = markup.match(
    /<(script|link|img|iframe|source)\b[^>]*\b(src|href)\s*=\s*["']?(https?:)?\/\/[^>]*>/gi,
  );
  const styles = html.match(/@import\s+(url\()?["']?(https?:)?\/\//gi);
  return [...(elements ?? []), ...(styles ?? [])];
}

test("npm start -- --help lists every option with its environment variable", async () => {
  const { stdout } = await run("npm", ["start", "--silent", "--", "--help"], { env: cleanEnvironment() });
  const options = {
    host: "SKYSAIL_HOST",
    port: "SKYSAIL_PORT",
    "data-dir": "SKYSAIL_DATA_DIR",
    "database-url": "DATABASE_URL",
    postgres: "SKYSAIL_POSTGRES",
    example: "SKYSAIL_EXAMPLE",
    "open-access": "SKYSAIL_OPEN_ACCESS",
    operations: "SKYSAIL_OPERATIONS",
    "cors-origins": "SKYSAIL_CORS_ORIGINS",
    "tls-certificate": "SKYSAIL_TLS_CERTIFICATE",
    "tls-key": "SKYSAIL_TLS_KEY",
    "cache-bytes": "SKYSAIL_CACHE_BYTES",
    "state-bytes": "SKYSAIL_STATE_BYTES",
    "batch-size-controller": "SKYSAIL_BATCH_SIZE_CONTROLLER",
    "max-batch-rows": "SKYSAIL_MAX_BATCH_ROWS",
    "max-queue-rows": "SKYSAIL_MAX_QUEUE_ROWS",
    "max-message-bytes": "SKYSAIL_MAX_MESSAGE_BYTES",
    "batch-timeout-ms": "SKYSAIL_BATCH_TIMEOUT_MS",
    "receipt-ttl-ms": "SKYSAIL_RECEIPT_TTL_MS",
    "log-level": "SKYSAIL_LOG_LEVEL",
    "max-artefact-bytes": "SKYSAIL_MAX_ARTEFACT_BYTES",
    "kept-versions": "SKYSAIL_KEPT_VERSIONS",
    "max-sockets-per-key": "SKYSAIL_MAX_SOCKETS_PER_KEY",
    "max-subscriptions-per-key": "SKYSAIL_MAX_SUBSCRIPTIONS_PER_KEY",
    python: "SKYSAIL_PYTHON",
    "wrapper-ca": "SKYSAIL_WRAPPER_CA",
    "wrapper-certificate": "SKYSAIL_WRAPPER_CERTIFICATE",
    "wrapper-hosts": "SKYSAIL_WRAPPER_HOSTS",
    "wrapper-key": "SKYSAIL_WRAPPER_KEY",
  };
  const text = stdout.replace(/\s+/g, " ");
  for (const [option, variable] of Object.entries(options)) {
    expect(text).toMatch(new RegExp(`--${option} (<[^>]+> )?[^-]*\\(${variable}`));
  }
  const listed = [...stdout.matchAll(/^ {2}(?:-\w, )?--([\w-]+)/gm)].map((match) => match[1]);
  expect(new Set(listed)).toEqual(new Set([...Object.keys(options), "config", "create-admin-key", "help", "version"]));
});

test("the commands say their version", async () => {
  const { stdout } = await run(process.execPath, ["dist/src/cli/skysail.js", "--version"]);
  expect(stdout).toBe(`${VERSION}\n`);
});

const DIGIT = Array.from({ length: 64 }, (_, i) => i % 17);

/** Predicts, observes the truth, and gives back the place of the observation in the log. */
async function observeOne(server: TestServer): Promise<number | undefined> {
  const input = { application: "digits", input: { values: DIGIT } };
  const { predict } = await server.ask(PREDICT_FOR_RECEIPT, { input });
  if (predict.__typename !== "Prediction") throw new Error(predict.__typename);
  const { observe } = await server.ask(OBSERVE, { input: { of: { receipt: predict.receipt }, truth: { label: "3" } } });
  return observe.__typename === "Observation" ? observe.seq : undefined;
}

test("a second start on the same data folder keeps applications and observations", async () => {
  const first = await servers.start({ args: [] });
  const before = await first.ask(APPLICATION, { name: "digits" });
  expect(await observeOne(first)).toBe(1);
  expect(await first.stop()).toEqual({ code: 0, signal: null });
  const second = await servers.start({ folder: first.folder, args: [] });
  expect(await second.ask(APPLICATION, { name: "digits" })).toEqual(before);
  expect(await observeOne(second)).toBe(2);
});

await eachPostgres(
  "DATABASE_URL",
  (postgres) => {
    test("makes the server use that PostgreSQL, and start none", async () => {
      const url = await postgres().newDatabase();
      const first = await servers.start({ env: { DATABASE_URL: url }, args: [] });
      expect(first.banner).toContain(new URL(url).pathname);
      expect([...first.process.running().values()].filter((command) => command.includes("postgres"))).toEqual([]);
      expect(await observeOne(first)).toBe(1);
      await first.stop();
      const second = await servers.start({ env: { DATABASE_URL: url } });
      expect((await second.ask(APPLICATION, { name: "digits" })).application?.models).toHaveLength(3);
    });
  },
  ["server"],
);
