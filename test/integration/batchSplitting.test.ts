import { beforeAll, describe, expect, test } from "@jest/globals";
import { CONFIGURE_MODEL, EXPLAINED } from "../support/operations.js";
import { application, noop, predictMany, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
const ROWS = 100;
const MAX_BATCH_ROWS = 16;

describe("a request with more rows than a batch", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start();
    await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
    await application(server, "split", ["noop"], { sloMs: 30_000 });
    const input = { model: "noop", batchSizeController: "FIXED", maxBatchRows: MAX_BATCH_ROWS } as const;
    expect((await server.ask(CONFIGURE_MODEL, { input })).configureModel).toMatchObject({ __typename: "Model" });
  });

  const metric = (name: string, labels: Record<string, string> = {}) =>
    server.metric(name, { model: "noop", ...labels });
  const figures = async () => ({
    batches: await metric("skysail_model_batches_total"),
    rows: await metric("skysail_model_batch_rows_total"),
    answered: await metric("skysail_model_rows_total", { result: "answered" }),
    full: await metric("skysail_model_dispatches_total", { reason: "FULL" }),
  });

  test("is split into batches and put together again, each answer in its place, and counted in rows", async () => {
    const before = await figures();
    const inputs = Array.from({ length: ROWS }, (_, i) => ({ values: [i + 0.5] }));
    const answers = await predictMany(server, "split", inputs);
    expect(answers).toMatchObject(
      inputs.map(({ values: [number] }) => ({ __typename: "Prediction", output: { number } })),
    );
    const after = await figures();
    expect(after.rows - before.rows).toBe(ROWS);
    expect(after.answered - before.answered).toBe(ROWS);
    expect(after.batches - before.batches).toBe(Math.ceil(ROWS / MAX_BATCH_ROWS));
    expect(after.full - before.full).toBe(Math.floor(ROWS / MAX_BATCH_ROWS));
  });

  test("is bounded in bytes as well: four rows of four bytes a batch", async () => {
    const input = { model: "noop", maxBatchBytes: 16 };
    expect((await server.ask(CONFIGURE_MODEL, { input })).configureModel).toMatchObject({ __typename: "Model" });
    const before = await figures();
    const inputs = Array.from({ length: 20 }, (_, i) => ({ values: [1000 + i] }));
    const answers = await predictMany(server, "split", inputs);
    expect(answers).toMatchObject(inputs.map(({ values: [number] }) => ({ output: { number } })));
    expect((await figures()).batches - before.batches).toBe(5);
  });

  test("says in the explanation of a bulk query why its batch went", async () => {
    const input = { application: "split", input: { values: [5000] }, explain: true, priority: "BULK" } as const;
    expect((await server.ask(EXPLAINED, { input })).predict).toMatchObject({
      explanation: { members: [{ dispatchReason: "TURN_END", batchRows: 1 }] },
    });
  });
});
