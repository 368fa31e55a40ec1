/**
 * `npm run test:red [-- part of a patch's name...]`: every defence has a test that fails without it.
 *
 * `--part 2/3` takes the second of every three patches: `npm run check` takes another third each day, for its time, but
 * all must apply on every run.
 *
 * Each `*.patch` beside this file takes one defence away. Before its diff it says which test must then fail, and
 * what it is about:
 *
 *     Test: test/unit/batchMessage.test.ts -t "refuses a reply of another length"
 *     Defence: the rows of a reply are counted before any is handed out
 *
 *     --- a/src/replicas/batchMessage.ts
 *     +++ b/src/replicas/batchMessage.ts
 *     @@ ...
 *
 * The pattern is jest's: a regular expression over a test's full name. The repository is copied (all files that git
 * knows or would add); in the copy each patch is applied, dist built unless the test imports the sources (test/unit),
 * that test run, and the patch taken back. At least one test that the pattern names must fail. It is an error when the
 * patch does not apply, the copy does not build, no test of that name runs, or all of them pass. The product has no
 * switch for any of this.
 *
 * To write one: make the change, `git diff > test/red/NAME.patch`, put the two lines before it, `git checkout` the
 * change. When code near a defence moves, its patch no longer applies, and is made again in the same way.
 */
import { execFile, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PATCHES = fileURLToPath(new URL(".", import.meta.url));
/** More than the usual two cores: tests of real processes wait for most of their time. */
const AT_ONCE = 4;
const TEST_WITHIN_MS = 480_000;
/** Tests wait for what does not come about without a defence: not as long as they do where it should. */
const PATIENCE_MS = 10_000;
const TIMEOUT_MS = 60_000;
const run = promisify(execFile);

class Problem extends Error {}

async function readPatch(name) {
  const path = join(PATCHES, name);
  const text = await readFile(path, "utf8");
  const head = text.split(/^(?:diff|---) /m)[0];
  const test = /^Test: (\S+) -t "(.+)"$/m.exec(head);
  const defence = /^Defence: (.+)$/m.exec(head)?.[1];
  if (test === null || defence === undefined)
    throw new Problem('needs the lines `Test: FILE -t "NAME"` and `Defence: TEXT`');
  const changesBuild = /^\+\+\+ b\/(?:src|bench|wrappers\/typescript)\/.*\.ts$/m.test(text);
  return { path, file: test[1], pattern: test[2], defence, changesBuild };
}

async function copyRepository(files, target) {
  for (const file of files) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(ROOT, file), join(target, file));
  }
  await symlink(join(ROOT, "node_modules"), join(target, "node_modules"));
  // With the compiler's notes, so that the first patch builds only what it changes.
  await cp(join(ROOT, "dist"), join(target, "dist"), { recursive: true, preserveTimestamps: true }).catch(
    () => undefined,
  );
}

async function listFiles() {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await run("git", args, { cwd: ROOT, maxBuffer: 2 ** 26 });
  const { stdout: deleted } = await run("git", ["ls-files", "-z", "--deleted"], { cwd: ROOT, maxBuffer: 2 ** 26 });
  const gone = new Set(deleted.split("\0"));
  return [...new Set(stdout.split("\0"))].filter((file) => file !== "" && file !== "node_modules" && !gone.has(file));
}

/** The first lines of what a command that failed has said. */
function saidBy(error) {
  return `${error.stdout ?? ""}${error.stderr ?? error.message}`.trim().split("\n").slice(0, 5).join("\n    ");
}

async function apply(path, folder, ...options) {
  // Not as part of a repository that the temporary folder may lie in.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(folder) };
  await run("git", ["apply", "--whitespace=nowarn", ...options, path], { cwd: folder, env }).catch((error) => {
    throw new Problem(`does not apply: ${saidBy(error)}`);
  });
}

async function build(folder) {
  const tsc = "node_modules/typescript7/bin/tsc";
  // What only the defence used is unused without it.
  const args = [tsc, "-p", "tsconfig.build.json", "--noUnusedLocals", "false", "--noUnusedParameters", "false"];
  await run(process.execPath, args, { cwd: folder }).catch((error) => {
    throw new Problem(`does not build: ${saidBy(error)}`);
  });
}

/** The tests that the pattern names, each with its status. */
async function runTest({ file, pattern }, folder) {
  const report = join(folder, "report.json");
  await rm(report, { force: true });
  const jest = ["--experimental-vm-modules", "--no-warnings", "node_modules/jest/bin/jest.js"];
  const args = [
    ...jest,
    "--runTestsByPath",
    file,
    "-t",
    pattern,
    "--json",
    "--outputFile",
    report,
    `--testTimeout=${TIMEOUT_MS}`,
    "--silent",
    "--forceExit",
  ];
  const env = { ...process.env, TEST_POSTGRES: "one", TEST_PATIENCE_MS: String(PATIENCE_MS) };
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: "ignore", detached: true });
  const timeout = setTimeout(() => process.kill(-child.pid, "SIGKILL"), TEST_WITHIN_MS);
  await new Promise((resolve) => child.once("close", resolve));
  clearTimeout(timeout);
  const text = await readFile(report, "utf8").catch(() => undefined);
  if (text === undefined) throw new Problem(`the test did not end within ${TEST_WITHIN_MS} ms, or jest did not run`);
  const [suite] = JSON.parse(text).testResults;
  const ran = (suite?.assertionResults ?? []).filter(({ status }) => status === "passed" || status === "failed");
  if (ran.length === 0) throw new Problem(`no test of that name ran: ${suite?.message?.trim().split("\n")[0] ?? file}`);
  return ran;
}

async function check(name, copy) {
  const { folder } = copy;
  let applied;
  const start = performance.now();
  const took = () => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  try {
    const patch = await readPatch(name);
    await apply(patch.path, folder);
    applied = patch.path;
    if (!patch.file.startsWith("test/unit/") && (patch.changesBuild || !copy.isBuilt)) {
      copy.isBuilt = false;
      await build(folder);
      copy.isBuilt = !patch.changesBuild;
    }
    const ran = await runTest(patch, folder);
    if (ran.every(({ status }) => status === "passed"))
      throw new Problem(`its test passes without it: "${patch.pattern}"`);
    console.log(`ok     ${name} (${took()}): ${patch.defence}`);
    return true;
  } catch (error) {
    console.log(`WRONG  ${name} (${took()}): ${error instanceof Problem ? error.message : error.stack}`);
    return false;
  } finally {
    if (applied !== undefined) await apply(applied, folder, "--reverse");
  }
}

/** In one copy of the repository: what was transformed and built for one patch serves the next. */
async function checkAll(queue, files) {
  const folder = await mkdtemp(join(tmpdir(), "skysail-red-"));
  const results = [];
  try {
    await copyRepository(files, folder);
    /** Whether `dist` is that of the sources without any patch. */
    const copy = { folder, isBuilt: false };
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) results.push(await check(name, copy));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return results;
}

/** Of `--part 2/3`: which of every how many, the first without it. */
function partOf(text = "1/1") {
  const [, number, of] = /^([1-9]\d?)\/([1-9]\d?)$/.exec(text) ?? [];
  if (number === undefined || Number(number) > Number(of)) {
    console.error(`--part ${text}: expected the number of a part and how many there are, for instance 2/3`);
    process.exit(2);
  }
  return { number: Number(number), of: Number(of) };
}

async function applies(name) {
  try {
    await apply((await readPatch(name)).path, ROOT, "--check");
    return true;
  } catch (error) {
    console.log(`WRONG  ${name}: ${error.message}`);
    return false;
  }
}

const { values, positionals: wanted } = parseArgs({ options: { part: { type: "string" } }, allowPositionals: true });
const part = partOf(values.part);
const names = (await readdir(PATCHES))
  .filter((name) => name.endsWith(".patch") && (wanted.length === 0 || wanted.some((text) => name.includes(text))))
  .sort();
const files = await listFiles();
const queue = [];
let wrong = 0;
for (const [i, name] of names.entries()) {
  if (i % part.of === part.number - 1) queue.push(name);
  else if (!(await applies(name))) wrong += 1;
}
const results = (await Promise.all(Array.from({ length: AT_ONCE }, () => checkAll(queue, files)))).flat();
wrong += results.filter((good) => !good).length;
const others = names.length - results.length;
if (names.length === 0 && wanted.length > 0) console.log(`no patch in test/red has ${wanted.join(" or ")} in its name`);
console.log(`${results.length} defences checked${others > 0 ? `, ${others} others only applied` : ""}, ${wrong} wrong`);
process.exit(wrong > 0 || (names.length === 0 && wanted.length > 0) ? 1 : 0);
