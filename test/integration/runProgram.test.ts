import { expect, test } from "@jest/globals";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { runProgram } from "../../src/deploying/runProgram.js";
import { isRunning } from "../../src/lib/isRunning.js";
import { until } from "../support/ownProcesses.js";

const goesOn = new AbortController().signal;

async function run(script: string, signal = goesOn) {
  const lines: string[] = [];
  const how = await runProgram(["/bin/sh", "-c", script], { signal, tell: (line) => void lines.push(line) });
  return { how, lines };
}

test("a program's lines are told, and how it ended", async () => {
  expect(await run("echo one; echo two >&2")).toEqual({
    how: undefined,
    lines: expect.arrayContaining(["one", "two"]),
  });
  expect(await run("echo why; exit 3")).toEqual({ how: "ended with exit code 3", lines: ["why"] });
  expect((await run("cat")).how).toBeUndefined();
});

test("one that is called off ends with all that it started", async () => {
  const calledOff = new AbortController();
  const pids: number[] = [];
  const ended = runProgram(["/bin/sh", "-c", "sleep 1000 & echo $!; wait"], {
    signal: calledOff.signal,
    tell: (line) => void pids.push(Number(line)),
  });
  await until("it has started one", () => pids.length === 1);
  calledOff.abort();
  expect(await ended).toBe("was called off");
  await until("that is gone", () => !isRunning(pids[0] ?? 0));
});

test("it ends with the process that runs it, however that dies", async () => {
  const code = `const { runProgram } = await import(process.argv[1]);
    const tell = (line) => console.log(line);
    await runProgram(["/bin/sh", "-c", "echo $$; sleep 1000"], { signal: new AbortController().signal, tell });`;
  const built = `${process.cwd()}/dist/src/deploying/runProgram.js`;
  const parent = spawn(process.execPath, ["--input-type=module", "-e", code, built]);
  const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
  const pid = Number(line);
  expect(isRunning(pid)).toBe(true);
  parent.kill("SIGKILL");
  await until("it is gone", () => !isRunning(pid));
});
