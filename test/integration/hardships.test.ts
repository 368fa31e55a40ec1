import { beforeAll, describe, expect, test } from "@jest/globals";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { OBSERVE, PREDICT, PREDICT_FOR_RECEIPT } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { application, gated, noop, predict, predictMany, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
const HEAP_MIB = 256;
let server: TestServer;
let file: string;
let commands = 0;
beforeAll(async () => {
  const folder = await temporaryFolder();
  file = join(folder, "hardship");
  const preload = pathToFileURL(resolve("test/support/hardships.mjs")).href;
  server = await servers.start({
    args: ["--example", "none", "--cache-bytes", String(2 ** 20)],
    env: {
      NODE_OPTIONS: `--import=${preload} --max-old-space-size=${HEAP_MIB}`,
      HARDSHIP_FILE: file,
      HARDSHIP_MIB: String(HEAP_MIB),
    },
    folder,
  });
});

/** Resolves when the server's process has begun to suffer it. */
async function suffer(what: "ballast" | "block", amount: number): Promise<void> {
  await writeFile(file, `${what} ${amount}`);
  commands += 1;
  server.process.signal("SIGUSR2");
  await until("it has begun", () => server.process.stderr.text.match(/^hardship:/gm)?.length === commands);
}

describe("a server short of memory", () => {
  let value = 0;
  const input = () => ({ values: [++value] });
  const ask = async (priority: "BULK" | "INTERACTIVE") => {
    const asked = { application: "short", input: input(), priority };
    const { predict: answer } = await server.askOnce(PREDICT, { input: asked });
    return answer.__typename === "Prediction" ? answer.source : answer.code;
  };
  const both = async () => [await ask("BULK"), await ask("INTERACTIVE")];
  const becomes = (expected: readonly string[]) =>
    until(
      `bulk and interactive queries are ${expected.join(" and ")}`,
      async () => (await both()).join() === expected.join(),
    );
  const cacheBytes = () => server.metric("skysail_cache_bytes");

  test("gives up its cache, then bulk queries, then all, but observes and is seen; and is itself again", async () => {
    await register(server, { model: "short", wrappers: [await wrappers.start(noop("--name", "short"))] });
    await application(server, "short", ["short"], { sloMs: 30_000 });
    for (let i = 0; i < 6; i++) await predictMany(server, "short", Array.from({ length: 1000 }, input));
    const { predict: kept } = await server.ask(PREDICT_FOR_RECEIPT, {
      input: { application: "short", input: input() },
    });
    const receipt = kept.__typename === "Prediction" ? kept.receipt : "";
    expect(await cacheBytes()).toBeGreaterThan(400_000);

    await suffer("ballast", 0.84);
    await until("the cache is a sixteenth", async () => (await cacheBytes()) <= 2 ** 20 / 16);
    await becomes(["MODEL", "MODEL"]);

    await suffer("ballast", 0.915);
    await becomes(["OVERLOADED", "MODEL"]);

    await suffer("ballast", 0.96);
    await becomes(["OVERLOADED", "OVERLOADED"]);
    const observed = await server.ask(OBSERVE, { input: { of: { receipt }, truth: { number: 1 } } });
    expect(observed.observe).toMatchObject({ __typename: "Observation", duplicate: false });
    for (const path of ["/health/live", "/health/ready", "/metrics"]) {
      expect((await server.request(path)).status).toBe(200);
    }

    await suffer("ballast", 0);
    await becomes(["MODEL", "MODEL"]);
    for (let i = 0; i < 2; i++) await predictMany(server, "short", Array.from({ length: 1000 }, input));
    expect(await cacheBytes()).toBeGreaterThan(2 ** 20 / 8);
    expect(server.process.stderr.text).toMatch(/pressure is SHED_ALL: memory 9\d %/);
  });
});

describe("a server whose event loop is held up", () => {
  const BLOCK_MS = 1000;
  const SLO_MS = 500;

  test("gives no late answer as one in time, and is well at once", async () => {
    const wrapper = await wrappers.start(gated(), "--name", "blocked");
    await register(server, { model: "blocked", wrappers: [wrapper] });
    await application(server, "blocked", ["blocked"], { sloMs: SLO_MS });
    const answer = predict(server, "blocked", { values: [1] });
    await wrapper.logged("computing");
    await suffer("block", BLOCK_MS);
    // Its reply waits unread until the deadline has passed.
    wrapper.signal("SIGUSR2");
    expect(await answer).toMatchObject({ __typename: "Unavailable", code: "DEADLINE_EXCEEDED" });
    expect(await server.metric("skysail_within_slo_total", { application: "blocked" })).toBe(0);
    // The late answer is not lost either.
    await until("it is well", async () => {
      const { __typename, ...rest } = await predict(server, "blocked", { values: [1] });
      return __typename === "Prediction" && "source" in rest && rest.source === "CACHE";
    });
    expect(await server.metric("skysail_within_slo_total", { application: "blocked" })).toBe(1);
  });
});
