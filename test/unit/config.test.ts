import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseConfig, refuseOpenToOthers, withoutPassword } from "../../src/config.js";
import { FailureError } from "../../src/domain/failure.js";
import { VERSION } from "../../src/domain/version.js";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "config-test-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const file = (settings: unknown, name = "skysail.config.json") =>
  writeFileSync(join(folder, name), typeof settings === "string" ? settings : JSON.stringify(settings));

function parse(argv: string[] = [], env: NodeJS.ProcessEnv = {}) {
  const parsed = parseConfig(argv, env, folder);
  if (parsed.kind !== "run") throw new Error(parsed.kind);
  return parsed.config;
}

/** The message of the refusal. */
function refusal(argv: string[], env: NodeJS.ProcessEnv = {}): string {
  try {
    parse(argv, env);
  } catch (error) {
    if (error instanceof FailureError) return error.message;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("configuration", () => {
  test("is not read where the version is asked for", () => {
    expect(parseConfig(["--version"], {}, folder)).toEqual({ kind: "print", text: `${VERSION}\n` });
  });

  test("has its documented defaults, and is frozen", () => {
    const config = parse();
    expect(config).toEqual({
      host: "127.0.0.1",
      port: 4000,
      dataDir: resolve(folder, "data"),
      databaseUrl: undefined,
      postgres: "auto",
      example: "all",
      openAccess: false,
      maxArtefactBytes: 2_147_483_648,
      keptVersions: 2,
      maxSocketsPerKey: 5,
      maxSubscriptionsPerKey: 20,
      cacheBytes: 67_108_864,
      stateBytes: 67_108_864,
      batchSizeController: "AIMD",
      maxBatchRows: 256,
      maxQueueRows: 4096,
      maxMessageBytes: 16_777_216,
      batchTimeoutMs: 10_000,
      receiptTtlMs: 604_800_000,
      python: undefined,
      logLevel: "info",
      models: {},
      issuers: [],
      operations: undefined,
      corsOrigins: [],
      tlsCertificate: undefined,
      tlsKey: undefined,
      wrapperHosts: [],
      wrapperCa: undefined,
      wrapperCertificate: undefined,
      wrapperKey: undefined,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test("takes the option over the environment over the file over the default", () => {
    expect(parse().port).toBe(4000);
    file({ port: 1, logLevel: "warn", openAccess: true });
    expect(parse()).toMatchObject({ port: 1, logLevel: "warn", openAccess: true });
    expect(parse([], { SKYSAIL_PORT: "2", SKYSAIL_OPEN_ACCESS: "false" })).toMatchObject({
      port: 2,
      logLevel: "warn",
      openAccess: false,
    });
    expect(parse(["--port", "3"], { SKYSAIL_PORT: "2", SKYSAIL_LOG_LEVEL: "" })).toMatchObject({
      port: 3,
      logLevel: "warn",
    });
  });

  test("takes settings of single models from the file", () => {
    file({ models: { digits: { batchSizeController: "FIXED", maxBatchRows: 32 } } });
    expect(parse().models).toEqual({ digits: { batchSizeController: "FIXED", maxBatchRows: 32 } });
  });

  test.each([
    [{ models: [] }, /models: expected an object of settings by model name$/],
    [{ models: { a: 1 } }, /models\.a: expected an object of settings$/],
    [{ models: { a: { maxRows: 1 } } }, /models\.a\.maxRows: expected one of batchSizeController, .*, got maxRows$/],
    [
      { models: { a: { maxBatchRows: "9" } } },
      /models\.a\.maxBatchRows: expected an integer from 1 to 65536, got "9"$/,
    ],
  ])("refuses %j", (content, message) => {
    file(content);
    expect(refusal([])).toMatch(message);
  });

  test("reads the file that --config names, from the working folder, and no other", () => {
    file({ port: 1 });
    file({ logLevel: "error" }, "mine.json");
    expect(parse(["--config", "mine.json"])).toMatchObject({ port: 4000, logLevel: "error" });
    expect(refusal(["--config", "missing.json"])).toBe(`--config: ${join(folder, "missing.json")} does not exist`);
  });

  test.each([
    ["{", /JSON/],
    ["[]", /expected one JSON object of settings$/],
    ["null", /expected one JSON object of settings$/],
    ['{"prot": 1}', /unknown key "prot" \(1\); did you mean port\?$/],
    ['{"colour": "red"}', /unknown key "colour" \("red"\); known: host, port, /],
    ['{"__proto__": 1}', /unknown key "__proto__"/],
    ['{"port": "http"}', /skysail.config.json: port: expected an integer from 0 to 65535, got "http"$/],
    ['{"port": null}', /expected an integer from 0 to 65535, got null$/],
    ['{"port": 1.5}', /got 1.5$/],
  ])("refuses the file %s", (text, message) => {
    file(text);
    expect(refusal([])).toMatch(message);
  });

  test.each<[string[], NodeJS.ProcessEnv, string]>([
    [[], { SKYSAIL_PROT: "1" }, "unknown environment variable SKYSAIL_PROT (1); did you mean SKYSAIL_PORT?"],
    [[], { SKYSAIL_PORT: "65536" }, 'SKYSAIL_PORT: expected an integer from 0 to 65535, got "65536"'],
    [[], { SKYSAIL_OPEN_ACCESS: "yes" }, 'SKYSAIL_OPEN_ACCESS: expected true or false, got "yes"'],
    [["--port", "-1"], {}, '--port: expected an integer from 0 to 65535, got "-1"'],
    [["--port", "0x10"], {}, '--port: expected an integer from 0 to 65535, got "0x10"'],
    [["--max-batch-rows", "0"], {}, '--max-batch-rows: expected an integer from 1 to 65536, got "0"'],
    [["--log-level", "loud"], {}, '--log-level: expected one of debug, info, warn, error, got "loud"'],
    [["--host", ""], {}, '--host: expected a text, got ""'],
    [
      ["--database-url", "mysql://u:secret@h/d"],
      {},
      "--database-url: expected a URL that begins with postgres://, got something else",
    ],
  ])("refuses %j with %j, naming where it came from, what was expected and what came", (argv, env, message) => {
    expect(refusal(argv, env)).toBe(message);
  });

  test("refuses an unknown option with the nearest one, and stray words", () => {
    expect(refusal(["--prot", "1"])).toMatch(/unknown option '--prot'[^]*--port[^]*--help/);
    expect(refusal(["start"])).toMatch(/too many arguments/);
    expect(refusal(["--port"])).toMatch(/--port/);
  });

  test("leaves alone the environment variables of others", () => {
    expect(parse([], { PATH: "/bin", PORT: "80", SKYSAILOR: "1" }).port).toBe(4000);
  });

  test.each<[string[], NodeJS.ProcessEnv, RegExp]>([
    [
      ["--postgres", "system"],
      { DATABASE_URL: "postgres://u:secret@db/x" },
      /^--postgres \(system\) .* DATABASE_URL \(postgres:\/\/u:\*\*\*@db\/x\)/,
    ],
    [
      ["--max-batch-rows", "65536", "--max-message-bytes", "65536"],
      {},
      /^maxMessageBytes \(65536\) cannot hold maxBatchRows \(65536\)/,
    ],
  ])("refuses the contradiction of %j and %j, naming both values", (argv, env, message) => {
    expect(refusal(argv, env)).toMatch(message);
    expect(refusal(argv, env)).not.toContain("secret");
  });

  test("takes the sites whose pages may ask, one by one", () => {
    const corsOrigins = ["https://a.example", "http://b.example:8080"];
    expect(parse(["--cors-origins", corsOrigins.join(", ")])).toMatchObject({ corsOrigins });
    expect(refusal(["--cors-origins", "*"])).toContain("expected origins like https://a.example");
    expect(refusal(["--cors-origins", "https://a.example/"])).toContain("without a path");
  });

  test("refuses a certificate without its key", () => {
    expect(refusal(["--tls-certificate", "c.pem"])).toBe(
      "tlsCertificate is c.pem and tlsKey is absent: give both, or neither for http",
    );
  });

  test.each(["127.0.0.1", "127.1.2.3", "::1", "localhost"])("takes %s as loopback", (host) => {
    expect(parse(["--host", host]).host).toBe(host);
  });

  test("listens elsewhere with open access", () => {
    expect(parse(["--host", "0.0.0.0", "--open-access"])).toMatchObject({ host: "0.0.0.0", openAccess: true });
  });

  test.each(["0.0.0.0", "example.org", "127.0.0.1.evil.org"])("refuses %s where nobody needs a key", (host) => {
    const config = parse(["--host", host]);
    expect(() => refuseOpenToOthers(config, true)).toThrow(`host (${host}) is not loopback, there is no API key`);
    expect(() => refuseOpenToOthers(config, false)).not.toThrow();
    expect(() => refuseOpenToOthers(parse(["--host", host, "--open-access"]), true)).not.toThrow();
  });

  test("--create-admin-key is a command of its own", () => {
    expect(parseConfig(["--create-admin-key", "--port", "1"], {}, folder)).toMatchObject({ kind: "createAdminKey" });
  });

  test("--help lists every option with its environment variable and default", () => {
    const printed = parseConfig(["--help"], {}, folder);
    if (printed.kind !== "print") throw new Error("it ran");
    const lines = printed.text.replace(/\n {10,}/g, " ").split("\n");
    const { models: _models, issuers: _issuers, ...config } = parse();
    for (const key of Object.keys(config)) {
      const option = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      const variable =
        key === "databaseUrl" ? "DATABASE_URL" : `SKYSAIL_${option.slice(2).replaceAll("-", "_").toUpperCase()}`;
      const line = lines.find((text) => new RegExp(`^ +${option}\\b`).test(text));
      expect(line).toContain(`(${variable}`);
      const without = ["databaseUrl", "operations", "tlsCertificate", "tlsKey", "corsOrigins"];
      without.push("python", "wrapperHosts", "wrapperCa", "wrapperCertificate", "wrapperKey");
      if (!without.includes(key)) expect(line).toContain("; default ");
    }
    expect(printed.text).toContain("--config <file>");
  });

  test.each([
    ["postgres://u:secret@h:5432/d", "postgres://u:***@h:5432/d"],
    ["postgres://u:se@cret@h/d", "postgres://u:***@h/d"],
    ["postgres://u@h/d", "postgres://u@h/d"],
    ["postgres://h/d", "postgres://h/d"],
  ])("shows %s as %s", (url, shown) => {
    expect(withoutPassword(url)).toBe(shown);
  });
});
