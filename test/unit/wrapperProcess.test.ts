import { expect, test } from "@jest/globals";
import { WrapperProcess } from "../support/wrapperProcess.js";

const start = (script: string) =>
  WrapperProcess.start({ command: "/bin/sh", args: ["-c", script] }).catch((error: Error) => error.message);

test.each([
  ["one that ends", "echo 'no such file' >&2; exit 3", /^the wrapper ended with exit code 3 before .*: no such file$/],
  [
    "one whose child holds its stderr",
    "echo why >&2; sleep 5 & kill -9 $$",
    /^the wrapper ended with SIGKILL .*: why$/,
  ],
  ["one that says something else", "echo hello; sleep 0", /^the wrapper's first line is no ready line: hello$/],
])("%s before its ready line fails the start, with what it said last", async (_, script, message) => {
  expect(await start(script)).toMatch(message);
});

test("one that cannot be started fails the start", async () => {
  const missing = WrapperProcess.start({ command: "/missing/program", args: [] });
  await expect(missing).rejects.toThrow(/could not be started \(.*ENOENT/);
});
