import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PythonEnvironments } from "../../src/deploying/pythonEnvironments.js";
import { isFailure } from "../../src/domain/failure.js";

/** The smallest package that there can be, as a file: nothing has to be fetched to install it. */
const WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1] + "/tiny-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tiny.py", "ANSWER = 42")
    info = "tiny-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "tiny.py,,\\n" + info + "METADATA,,\\n" + info + "WHEEL,,\\n" + info + "RECORD,,\\n")
`;

const DAY_MS = 86_400_000;
let daysAhead = 0;
const clock = { wallMs: () => Date.now() + daysAhead * DAY_MS };
let dataDir: string;
let wheel: string;
let environments: PythonEnvironments;

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), "skysail-test-"));
  execFileSync("python3", ["-c", WHEEL, dataDir]);
  wheel = join(dataDir, "tiny-1.0-py3-none-any.whl");
  environments = new PythonEnvironments({ dataDir, python: undefined, clock });
});
afterAll(async () => {
  await environments.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const made = () => readdirSync(join(dataDir, "python"));

async function python(requirements: readonly string[], told: string[] = []): Promise<string> {
  const found = await environments.python("tiny", requirements, (line) => void told.push(line));
  return isFailure(found) ? found.message : found;
}

test("an environment is made once for all who ask at once, tells how far it is, and is there the next time", async () => {
  const told: string[] = [];
  const [one, two] = await Promise.all([python([wheel], told), python([wheel])]);
  expect(one).toBe(two);
  expect(execFileSync(one, ["-c", "import tiny; print(tiny.ANSWER)"], { encoding: "utf8" })).toBe("42\n");
  expect(told).toEqual(expect.arrayContaining(["making a Python environment", expect.stringMatching(/tiny-1\.0/)]));
  const again: string[] = [];
  expect(await python([wheel], again)).toBe(one);
  expect(again).toEqual([]);
  expect(made()).toHaveLength(1);
});

test("what pip refuses is told in its words, and leaves nothing", async () => {
  const before = made();
  const missing = join(dataDir, "missing-1.0-py3-none-any.whl");
  expect(await python([missing])).toMatch(/^installing \S+missing-1\.0\S+ ended with exit code 1: .*ERROR/);
  expect(made()).toEqual(before);
});

test("what a server that was killed had begun is removed at the next start, what was made stays", async () => {
  const before = made();
  mkdirSync(join(dataDir, "python", "new-999999999-ab", "lib"), { recursive: true });
  await new PythonEnvironments({ dataDir, python: undefined, clock }).start();
  expect(made()).toEqual(before);
});

test("one that nobody needs is removed when it was not used for so long", async () => {
  const [home = ""] = made();
  const need = { framework: "tiny", requirements: [wheel] };
  expect(await environments.prune([], 7 * DAY_MS)).toEqual([]);
  daysAhead = 8;
  expect(await environments.prune([need], 7 * DAY_MS)).toEqual([]);
  await environments.used(need);
  expect(await environments.prune([], 7 * DAY_MS)).toEqual([]);
  daysAhead = 16;
  expect(await environments.prune([], 7 * DAY_MS)).toEqual([home]);
  expect(made()).toEqual([]);
});
