import { describe, expect, it } from "@jest/globals";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

describe("a wrapper whose model is still loading", () => {
  it("exits within a second of its stdin's end", async () => {
    const script = "test/support/wrapperModels/loading.mjs";
    const child = spawn(process.execPath, [script, "--exit-with-stdin"], { stdio: ["pipe", "ignore", "pipe"] });
    const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve({ code, signal })));
    await new Promise<void>((resolve) => {
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (line.includes("loading for ever")) resolve();
      });
    });
    const endedMs = performance.now();
    child.stdin.end();
    const timeout = setTimeout(() => child.kill("SIGKILL"), 5000);
    expect(await exited).toEqual({ code: 0, signal: null });
    clearTimeout(timeout);
    expect(performance.now() - endedMs).toBeLessThan(1000);
  });
});
