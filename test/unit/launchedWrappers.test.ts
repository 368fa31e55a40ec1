import { describe, expect, test } from "@jest/globals";
import type { Clock } from "../../src/domain/ports.js";
import { LaunchedWrappers } from "../../src/serving/launchedWrappers.js";
import type { ModelVersions } from "../../src/serving/modelVersions.js";

/** Unlike the product's it keeps no timer for what was called off, which would keep jest from ending. */
const clock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  at(atMs, callback) {
    const timer = setTimeout(callback, atMs - performance.now());
    return () => clearTimeout(timer);
  },
  turnEnd: (callback) => void setImmediate(callback),
};

describe("a launched wrapper", () => {
  test("is told where to listen, how long messages may be, and to end with its stdin", async () => {
    const wrappers = new LaunchedWrappers({
      clock,
      random: () => 0.5,
      versions: { get: () => ({ key: "m@1" }), whenRetired: () => undefined } as unknown as ModelVersions,
      log: () => undefined,
      maxMessageBytes: 123_456,
      readyTimeoutMs: 20_000,
    });
    // It says what it was given and ends: what a wrapper says last is in the failure.
    const command = [process.execPath, "-e", "console.error(process.argv.slice(1).join(' '))", "--"] as const;
    const started = wrappers.start([{ model: "m", version: 1, command: [...command, "--own"] }]);
    const ended = await started.then(
      () => "it is ready",
      (error: Error) => error.message,
    );
    await wrappers.stop();
    expect(ended).toMatch(/before it was ready: --own --listen unix:\S+ --max-message-bytes 123456 --exit-with-stdin$/);
  });
});
