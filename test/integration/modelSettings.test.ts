import { beforeAll, describe, expect, test } from "@jest/globals";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import type { ConfigureModelInput } from "../generated/graphql.js";
import { CONFIGURE_MODEL } from "../support/operations.js";
import { temporaryFolder } from "../support/postgres.js";
import { noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  const config = join(await temporaryFolder(), "settings.json");
  await writeFile(config, JSON.stringify({ models: { noop: { maxBatchRows: 7, cacheTtlMs: 9000 } } }));
  server = await servers.start({ args: ["--example", "none", "--config", config] });
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
});

describe("configureModel", () => {
  const configure = async (change: Partial<ConfigureModelInput>) =>
    (await server.ask(CONFIGURE_MODEL, { input: { model: "noop", ...change } })).configureModel;

  test("changes what it names, over the configuration, and the replicas' controllers with it", async () => {
    expect(await configure({ batchSizeController: "FIXED" })).toMatchObject({
      settings: { batchSizeController: "FIXED", maxBatchRows: 7, cacheTtlMs: 9000 },
      versions: [{ replicas: [{ batchRows: 7, batchRowsReason: "fixed" }] }],
    });
    expect(await configure({ maxBatchRows: 3, cacheTtlMs: 10 })).toMatchObject({
      settings: { batchSizeController: "FIXED", maxBatchRows: 3, cacheTtlMs: 10 },
      versions: [{ replicas: [{ batchRows: 3, batchRowsReason: "fixed" }] }],
    });
  });

  test("chooses how long replicas wait for fuller batches, with a number or by what they learn, and shows it", async () => {
    expect(await configure({ maxBatchDelay: { fixedMs: 1.5 }, prefetchMs: 2, maxBatchBytes: 4000 })).toMatchObject({
      settings: { maxBatchDelayMs: 1.5, prefetchMs: 2, maxBatchBytes: 4000 },
      versions: [{ fillWait: { waits: true, reason: "maxBatchDelayMs is 1.5" } }],
    });
    expect(await configure({ maxBatchDelay: { auto: {} } })).toMatchObject({
      settings: { maxBatchDelayMs: null, prefetchMs: 2, maxBatchBytes: 4000 },
      versions: [{ fillWait: { waits: false, reason: "0 of 4 comparisons made" } }],
    });
    expect(await configure({ maxBatchDelay: null, prefetchMs: null, maxBatchBytes: null })).toMatchObject({
      settings: { maxBatchDelayMs: 0, prefetchMs: 0, maxBatchBytes: null },
      versions: [{ fillWait: { waits: false, reason: "maxBatchDelayMs is 0" } }],
    });
  });

  test("takes a choice back with null: the configuration holds again, or the default", async () => {
    await configure({ batchSizeController: "MODEL", maxBatchRows: 3 });
    expect(await configure({ batchSizeController: null, maxBatchRows: null })).toMatchObject({
      settings: { batchSizeController: "AIMD", maxBatchRows: 7 },
      versions: [{ replicas: [{ batchRows: 1, batchRowsReason: "initial size" }] }],
    });
  });

  test.each<[Partial<ConfigureModelInput>, object]>([
    [{ maxBatchRows: 0 }, { path: ["input", "maxBatchRows"], expected: "an integer from 1 to 65536", got: "0" }],
    [
      { approximateErrorBudget: 0.7 },
      { path: ["input", "approximateErrorBudget"], expected: "0 (off) to 0.5", got: "0.7" },
    ],
    [{ maxBatchBytes: 0 }, { path: ["input", "maxBatchBytes"], expected: "an integer from 1 to 1073741824", got: "0" }],
    [
      { maxBatchDelay: { fixedMs: 2000 } },
      { path: ["input", "maxBatchDelay", "fixedMs"], expected: "0 to 1000 ms", got: "2000" },
    ],
    [{ prefetchMs: -1 }, { path: ["input", "prefetchMs"], expected: "0 to 1000 ms", got: "-1" }],
    [{ cacheTtlMs: -5 }, { path: ["input", "cacheTtlMs"], expected: "1 ms or more", got: "-5" }],
  ])("refuses %j", async (change, why) => {
    expect(await configure(change)).toMatchObject({ __typename: "BadInput", ...why });
  });

  test("does not know another model", async () => {
    expect(await configure({ model: "other" })).toMatchObject({ __typename: "NotFound" });
  });
});
