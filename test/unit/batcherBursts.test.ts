import { describe, expect, test } from "@jest/globals";
import { Aimd } from "../../src/batching/aimd.js";
import { FixedSize } from "../../src/batching/fixed.js";
import type { BatchSizeController } from "../../src/batching/batchSizeController.js";
import { fakeBatching } from "../support/fakeBatching.js";
import { FakeReplica } from "../support/fakeReplica.js";

const CALL_MS = 8;
const SLO_MS = 1000;

/** A replica whose batches take 8 ms whatever their size, after a quiet hour of single rows. */
function quietBatching(sizes: BatchSizeController) {
  const batching = fakeBatching({ sizes, maxQueueRows: 10_000 });
  const replica = new FakeReplica("a");
  batching.batcher.addReplica(replica);
  const serve = (): void => {
    batching.clock.endTurn();
    batching.clock.advance(CALL_MS);
    replica.inFlight[0]?.echo();
    batching.clock.endTurn();
  };
  for (let number = 0; number < 40; number++) {
    batching.submit(number, SLO_MS);
    serve();
  }
  batching.settled.length = 0;
  return { ...batching, replica, serve };
}

const outputs = (settled: readonly [number, string | number][]) =>
  settled.filter(([, what]) => typeof what === "number");

describe("a burst after single rows", () => {
  test("is answered whole where batches grow: what single rows took says nothing of it", () => {
    const { submit, serve, settled, batcher } = quietBatching(new Aimd());
    // One after the other 600 rows would take 4.8 s, and 200 batches of three 1.6 s.
    for (let number = 0; number < 600; number++) submit(number, SLO_MS);
    for (let i = 0; i < 40; i++) serve();
    expect(batcher.queuedRows).toBe(0);
    expect(outputs(settled)).toHaveLength(600);
  });

  test("is refused at once beyond what can be served where they do not grow", async () => {
    const { submit, settled } = quietBatching(new FixedSize(3));
    for (let number = 0; number < 600; number++) submit(number, SLO_MS);
    await Promise.resolve();
    // 125 calls of three rows fit.
    expect(settled.filter(([, what]) => what === "OVERLOADED").length).toBeGreaterThan(200);
  });

  test("is refused at once beyond what can be served when rows have waited behind sixteen batches", async () => {
    const { submit, serve, settled } = quietBatching(new Aimd({ stepRows: 1 }));
    for (let number = 0; number < 600; number++) submit(number, SLO_MS);
    for (let i = 0; i < 16; i++) serve();
    settled.length = 0;
    for (let number = 1000; number < 9000; number++) submit(number, SLO_MS);
    await Promise.resolve();
    expect(settled.some(([, what]) => what === "OVERLOADED")).toBe(true);
  });

  test("is refused at once beyond what can be served where a full batch was too slow", async () => {
    const sizes = new Aimd();
    const { submit, settled } = quietBatching(sizes);
    sizes.record({ rows: sizes.size, full: true, serviceMs: 2 * SLO_MS }, SLO_MS);
    for (let number = 0; number < 600; number++) submit(number, SLO_MS);
    await Promise.resolve();
    expect(settled.some(([, what]) => what === "OVERLOADED")).toBe(true);
  });
});

describe("a replica that was slow for a moment", () => {
  test("is asked again though rows come by the dozen, each of which it would answer too late by what it was", () => {
    const { submit, serve, settled, replica, clock } = quietBatching(new Aimd());
    for (let number = 100; number < 103; number++) {
      submit(number, SLO_MS);
      clock.endTurn();
      clock.advance(SLO_MS / 2);
      replica.inFlight[0]?.echo();
    }
    settled.length = 0;
    for (let round = 0; round < 20; round++) {
      for (let i = 0; i < 12; i++) submit(1000 + 12 * round + i, SLO_MS / 4);
      serve();
    }
    for (let i = 0; i < 20; i++) serve();
    expect(outputs(settled).filter(([number]) => number < 1012)).toHaveLength(1);
    expect(outputs(settled).filter(([number]) => number >= 1000 + 12 * 19)).toHaveLength(12);
  });
});
