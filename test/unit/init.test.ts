import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { initPython, initTypescript } from "../../src/cli/init.js";
import { nodeWrapper, WrapperProcess } from "../support/wrapperProcess.js";

const before = process.cwd();
const packageFolder = join(before, "wrappers/python");
let folder: string;
const said: string[] = [];
const terminal = { out: (line: string) => void said.push(line) } as unknown as Parameters<typeof initPython>[1];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "skysail-init-"));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

test("a new project has a wrapper, its test and how to run it, under the model's name", () => {
  initPython("my-model", terminal, packageFolder);
  const files = ["pyproject.toml", "my_model.py", "test_my_model.py", "README.md", ".gitignore"];
  expect(readdirSync("my-model").sort()).toEqual([...files].sort());
  expect(readFileSync("my-model/pyproject.toml", "utf8")).toContain(`skysail-wrapper @ file://${packageFolder}`);
  expect(readFileSync("my-model/my_model.py", "utf8")).toContain("def my_model(x):");
  expect(said.join("\n")).toContain("my-model/README.md");
});

test("a new project is made where npm was called, not in npm's own folder", () => {
  const { npm_lifecycle_event: script, INIT_CWD: called } = process.env;
  mkdirSync("called-here");
  Object.assign(process.env, { npm_lifecycle_event: "skysail", INIT_CWD: join(folder, "called-here") });
  try {
    initPython("elsewhere", terminal, packageFolder);
  } finally {
    for (const [name, value] of Object.entries({ npm_lifecycle_event: script, INIT_CWD: called })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  }
  expect(readdirSync("called-here")).toEqual(["elsewhere"]);
});

test("one in TypeScript compiles as it is, passes its tests, and starts as a wrapper", async () => {
  initTypescript("ts-model", terminal, before);
  const { dependencies } = JSON.parse(readFileSync("ts-model/package.json", "utf8")) as {
    dependencies: Record<string, string>;
  };
  expect(dependencies).toEqual({ skysail: `file:${before}` });
  // As npm installs them.
  mkdirSync("ts-model/node_modules/@types", { recursive: true });
  symlinkSync(before, "ts-model/node_modules/skysail");
  symlinkSync(join(before, "node_modules/@types/node"), "ts-model/node_modules/@types/node");
  symlinkSync(join(before, "node_modules/undici-types"), "ts-model/node_modules/undici-types");
  const run = (...args: string[]) => execFileSync(process.execPath, args, { cwd: "ts-model", encoding: "utf8" });
  expect(run(join(before, "node_modules/typescript7/bin/tsc"))).toBe("");
  expect(run("--test", "--test-reporter=tap", "dist/model.test.js")).toContain("# pass 2");
  const wrapper = await WrapperProcess.start(nodeWrapper("ts-model/dist/main.js"), "--listen", "127.0.0.1:0");
  const { inputs, outputs } = await wrapper.metadata();
  await wrapper.kill();
  expect([inputs, outputs].map(([tensor]) => tensor?.name)).toEqual(["x", "score"]);
});

test.each(["", "My", "1st", "a/b", "../up", "a".repeat(64)])("%j is no name of a model", (name) => {
  expect(() => initPython(name, terminal, packageFolder)).toThrow("is no name of a model");
});

test("what is there already is left as it is", () => {
  mkdirSync("taken");
  writeFileSync("taken/notes", "mine");
  expect(() => initPython("taken", terminal, packageFolder)).toThrow("not empty");
  expect(readdirSync("taken")).toEqual(["notes"]);
});
