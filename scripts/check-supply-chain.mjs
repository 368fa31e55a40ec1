// Fails when a package of the lock file would run an install script that nobody decided about, or has no checksum;
// and on known vulnerabilities, where the registry offers the audit.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const root = new URL("../", import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, root), "utf8"));
const { allowScripts } = read("package.json");
const problems = [];

for (const [path, entry] of Object.entries(read("package-lock.json").packages)) {
  if (path === "") continue;
  const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
  if (entry.hasInstallScript && !(name in allowScripts)) {
    problems.push(`${name} has an install script: allow or forbid it in package.json, allowScripts`);
  }
  if (entry.integrity === undefined) problems.push(`${name} has no checksum in package-lock.json`);
}

const audit = spawnSync("npm", ["audit", "--omit=dev", "--audit-level=high", "--json"], {
  cwd: root,
  encoding: "utf8",
});
const report = JSON.parse(audit.stdout || "{}");
if (report.metadata === undefined) console.error("npm audit is left out: this registry offers none");
else if (audit.status !== 0) problems.push(`npm audit: ${JSON.stringify(report.metadata.vulnerabilities)}`);

for (const problem of problems) console.error(problem);
process.exit(problems.length > 0 ? 1 : 0);
