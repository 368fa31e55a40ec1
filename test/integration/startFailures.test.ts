import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { join, resolve } from "node:path";
import { OwnProcess } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));
let last: OwnProcess | undefined;
// One that has started nevertheless, or neither ends nor starts.
afterEach(() => last?.killAll());

interface Given {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly root?: string;
}

/** Starts a server that cannot start: exit code 1, one line, nothing left. Gives back the line. */
async function refusalOf({ args = [], env = {}, root = "." }: Given): Promise<string> {
  const own = ["--port", "0", "--data-dir", join(folder, "data"), "--log-level", "error"];
  const program = join(resolve(root), "dist/src/main.js");
  const started = new OwnProcess([process.execPath, program, ...own, ...args], { env, folder, cwd: folder });
  last = started;
  // One that starts nevertheless is not waited for.
  const exit = await Promise.race([started.exited, started.stdout.line(/^Skysail is ready/)]);
  const left = [...started.running()];
  if (typeof exit === "string") throw new Error(`it has started: ${exit}`);
  expect(left).toEqual([]);
  expect(exit).toEqual({ code: 1, signal: null });
  expect(started.stdout.text).toBe("");
  expect(started.stderr.lines).toHaveLength(1);
  expect(started.stderr.text).toMatch(/^skysail: (?!defect)/);
  expect(started.stderr.text).not.toMatch(/\bat .*:\d+:\d+/);
  return started.stderr.text;
}

describe("a start that fails says why in one line, exits with 1 and leaves nothing running", () => {
  describe("on a port that is taken", () => {
    let taken: Server;
    beforeAll(() => new Promise<void>((done) => void (taken = createServer()).listen(0, "127.0.0.1", done)));
    afterAll(() => new Promise((done) => taken.close(done)));

    test.each([["none"], ["digits"]])("with example %s", async (example) => {
      const { port } = taken.address() as AddressInfo;
      const line = await refusalOf({ args: ["--port", String(port), "--example", example] });
      expect(line).toContain(`port ${port} on 127.0.0.1 is taken: give another with --port or SKYSAIL_PORT`);
      expect(existsSync(join(folder, "data"))).toBe(false);
    });
  });

  test("on an address that is not this machine's", async () => {
    const line = await refusalOf({ args: ["--host", "192.0.2.1", "--open-access", "--example", "none"] });
    expect(line).toContain("192.0.2.1:0 (EADDRNOTAVAIL)");
  });

  test("on a database that cannot be reached, without its password", async () => {
    const line = await refusalOf({ env: { DATABASE_URL: "postgres://user:secret@127.0.0.1:1/x" } });
    expect(line).toContain("127.0.0.1:1/x");
    expect(line).not.toContain("secret");
  });

  test("on a data folder that is a file", async () => {
    const path = join(folder, "file");
    await writeFile(path, "");
    expect(await refusalOf({ args: ["--data-dir", path] })).toContain(path);
  });

  // Where a folder takes none in the system answers as if it were not there itself.
  test.each(["/proc/nope", "/proc/nope/deeper"])("on the data folder %s, which cannot be made", async (path) => {
    const line = await refusalOf({ args: ["--data-dir", path] });
    expect(line).toContain(`cannot use the data folder ${path}: ENOENT`);
    expect(line).toContain("use another --data-dir");
  });

  test.each([
    ["an unknown option", { args: ["--prot", "1"] }, ["--prot", "Did you mean --port", "--help"]],
    ["an unknown environment variable", { env: { SKYSAIL_PROT: "1" } }, ["SKYSAIL_PROT (1)", "SKYSAIL_PORT"]],
    ["a value out of range", { args: ["--port", "65536"] }, ["--port", "0 to 65535", "65536"]],
    ["a value of the environment out of range", { env: { SKYSAIL_CACHE_BYTES: "-1" } }, ["SKYSAIL_CACHE_BYTES", "-1"]],
    ["an argument too many", { args: ["extra"] }, ["argument"]],
    ["a missing settings file", { args: ["--config", "nowhere.json"] }, ["nowhere.json does not exist"]],
    [
      "an embedded PostgreSQL and another one",
      { args: ["--postgres", "system"], env: { DATABASE_URL: "postgres://u:secret@db/x" } },
      ["--postgres (system)", "DATABASE_URL (postgres://u:***@db/x)"],
    ],
    ["an open address without consent", { args: ["--host", "0.0.0.0"] }, ["host (0.0.0.0)", "openAccess is false"]],
    [
      "batches that no message can hold",
      { args: ["--max-batch-rows", "65536", "--max-message-bytes", "65536"] },
      ["maxMessageBytes (65536)", "maxBatchRows (65536)"],
    ],
  ] as const)("on %s", async (_, given, parts) => {
    const line = await refusalOf(given);
    for (const part of parts) expect(line).toContain(part);
    expect(line).not.toContain("secret");
  });

  test.each([
    ["an unknown key", { prot: 1 }, 'unknown key "prot" (1)'],
    ["a value of the wrong kind", { maxBatchRows: "many" }, "maxBatchRows: expected an integer"],
  ])("on a settings file with %s", async (_, settings, part) => {
    const path = join(folder, "settings.json");
    await writeFile(path, JSON.stringify(settings));
    expect(await refusalOf({ args: ["--config", path] })).toContain(part);
  });

  describe("in an installation with a file missing", () => {
    let root: string;
    beforeAll(async () => {
      root = join(folder, "installation");
      await mkdir(root);
      for (const part of ["dist", "examples", "migrations"]) await cp(part, join(root, part), { recursive: true });
      await cp("package.json", join(root, "package.json"));
      await symlink(resolve("node_modules"), join(root, "node_modules"));
    });

    async function refusalWithout(path: string): Promise<string> {
      await rename(join(root, path), join(root, "away"));
      return refusalOf({ root }).finally(() => rename(join(root, "away"), join(root, path)));
    }

    test.each([
      ["examples/digits/models/digits-mlp.onnx", "model digits-mlp@1"],
      ["dist/wrappers/typescript/onnx/main.js", "the onnx wrapper"],
      ["examples/digits/application.json", 'example "digits"'],
    ])("%s", async (path, what) => {
      const line = await refusalWithout(path);
      expect(line).toContain(`${what}: the file ${join(root, path)} is missing`);
    });

    test("or a model that is no model", async () => {
      const path = join(root, "examples/digits/models/digits-mlp.onnx");
      await rename(path, join(root, "away"));
      await writeFile(path, "not a model");
      const line = await refusalOf({ root }).finally(() => rename(join(root, "away"), path));
      expect(line).toContain("the wrapper of digits-mlp@1 ended with exit code 1 before it was ready");
      expect(line).toContain(path);
    });
  });
});
