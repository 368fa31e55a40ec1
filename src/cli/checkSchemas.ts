import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { ACCEPTED_CHANGES, unacceptedChanges } from "./schemaChanges.js";

const FILES = ["schema/schema.graphql", "schema/apps/"];
const ACCEPTED = "schema/accepted-changes.json";

/**
 * Fails when the schemas in the working tree break clients of those that are committed: of where this branch left the main
 * one, or of the commit before on that itself.
 */
function check(): void {
  const base = process.env["SCHEMA_BASE"] ?? baseCommit();
  if (base === undefined) {
    process.stdout.write("no earlier commit is here: schemas are compared with nothing\n");
    return;
  }
  const accepted = ACCEPTED_CHANGES.parse(JSON.parse(readFileSync(ACCEPTED, "utf8")));
  const problems = filesOf(base).flatMap((file) => {
    const now = existsSync(file) ? readFileSync(file, "utf8") : undefined;
    return unacceptedChanges(file, git("show", `${base}:${file}`), now, accepted).map((change) => `${file}: ${change}`);
  });
  if (problems.length === 0) return;
  for (const problem of problems) process.stderr.write(`breaks clients since ${base.slice(0, 12)}: ${problem}\n`);
  process.stderr.write(`Keep what was there (deprecate it), or write the change and its reason into ${ACCEPTED}.\n`);
  process.exitCode = 1;
}

function filesOf(base: string): readonly string[] {
  const before = (git("ls-tree", "-r", "--name-only", base, "--", ...FILES) ?? "").split("\n");
  const now = readdirSync("schema/apps").map((name) => `schema/apps/${name}`);
  return [...new Set([...before, ...now])].filter((file) => file.endsWith(".graphql"));
}

/** Uncommitted work is compared with what is committed too, wherever it stands. */
function baseCommit(): string | undefined {
  const head = git("rev-parse", "HEAD");
  for (const branch of ["origin/HEAD", "origin/main", "main"]) {
    const left = git("merge-base", "HEAD", branch);
    if (left !== undefined && left !== head) return left;
  }
  const isDirty = git("status", "--porcelain", "--", ...FILES) !== "";
  return isDirty ? head : git("rev-parse", "--verify", "--quiet", "HEAD~1");
}

function git(...args: string[]): string | undefined {
  try {
    const output = execFileSync("git", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 2 ** 26,
    });
    return args[0] === "show" ? output : output.trim();
  } catch {
    return undefined;
  }
}

check();
