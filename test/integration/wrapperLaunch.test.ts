import { describe, expect, test } from "@jest/globals";
import { spawnSync } from "node:child_process";

/** What a process says that supervises this command, with few files allowed, and its exit code. */
function supervise(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const script = 'ulimit -n 100; exec "$0" test/support/supervise.mjs "$@"';
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script, process.execPath, ...args], {
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { lines: stdout.trim().split("\n"), stderr, status };
}

describe("a wrapper's process", () => {
  const printNames = [process.execPath, "-e", "console.log(Object.keys(process.env).join(' '))"];

  test("gets the server's environment, but not the server's own settings", () => {
    const own = { DATABASE_URL: "postgres://user:secret@host/db", SKYSAIL_LOG_LEVEL: "info" };
    const { lines, status } = supervise(printNames, { ...own, CUDA_VISIBLE_DEVICES: "0" });
    const names = (lines[1] ?? "").split(" ");
    expect(names).toEqual(expect.arrayContaining(["PATH", "CUDA_VISIBLE_DEVICES"]));
    expect(names.filter((name) => name in own || name.startsWith("SKYSAIL_"))).toEqual([]);
    expect(status).toBe(0);
  });

  test.each([
    ["whose program is missing", ["/missing/program"], /^cannot be started: .*ENOENT/],
    ["that no file descriptor is left for", ["--no-files", ...printNames], /^cannot be started: .*EMFILE/],
  ])("%s is one that ended, with the reason", (_, args, reason) => {
    const { lines, stderr, status } = supervise(args);
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(lines).toEqual(["started", expect.stringMatching(reason)]);
  });

  test("that could not be started is stopped at once", () => {
    const { lines, status } = supervise(["--then-stop", "/missing/program"]);
    expect({ last: lines.at(-1), status }).toEqual({ last: "stopped", status: 0 });
  });
});
