import { describe, expect, test } from "@jest/globals";
import { ExactCache } from "../../src/caching/exactCache.js";
import { DEFAULT_MODEL_SETTINGS } from "../../src/domain/modelSettings.js";
import { ConnectPacer } from "../../src/replicas/connectPacer.js";
import { RecordedInputs } from "../../src/serving/recordedInputs.js";
import { ServedVersion } from "../../src/serving/servedVersion.js";
import { ModelSampler } from "../../src/telemetry/modelSamples.js";
import { dialOwn } from "../../src/replicas/dial.js";
import { FakeClock } from "../support/fakeClock.js";
import { FakeReplica, rowOf } from "../support/fakeReplica.js";
import { rowQuery } from "../support/rowQuery.js";

/** A model version with one replica, both driven by hand, and the samples of it. */
function setUp() {
  const clock = new FakeClock();
  const random = () => 0.5;
  const served = new ServedVersion("m", 1, DEFAULT_MODEL_SETTINGS, {
    ...{ clock, random, approximateBytes: () => 0, maxQueueRows: 2, maxMessageBytes: 1e6, batchTimeoutMs: 1000 },
    cache: new ExactCache({ capacityBytes: 1e6, clock }),
    dial: () => dialOwn,
    onReplicaChange: () => undefined,
    pacer: new ConnectPacer(clock),
    recordedInputs: () => new RecordedInputs(random),
  });
  const replica = new FakeReplica("m@1#a:1");
  served.batcher.addReplica(replica);
  const sampler = new ModelSampler([served.figures()]);
  const ask = (number: number, afterMs = 50) =>
    void served.evaluatorFor("one").evaluate(rowQuery(rowOf(number), clock.nowMs() + afterMs), () => undefined);
  return { clock, replica, served, sampler, ask };
}

describe("samples of a model", () => {
  test("have what came since the last one, each on its own", () => {
    const { clock, replica, served, sampler, ask } = setUp();
    ask(1);
    clock.endTurn();
    clock.advance(4);
    replica.inFlight[0]?.echo();
    ask(1);
    expect(sampler.sample([served.figures()], 500)).toEqual([
      expect.objectContaining({ model: "m", version: 1, rowsPerSecond: 2, rowsPerBatch: 1, cacheHitShare: 0.5 }),
    ]);
    ask(2);
    clock.endTurn();
    ask(3);
    clock.advance(20);
    replica.inFlight[0]?.echo();
    clock.endTurn();
    const [second] = sampler.sample([served.figures()], 1000);
    expect(second).toMatchObject({ rowsPerSecond: 1, cacheHitShare: 0, queuedRows: 0, readyReplicas: 1, failed: 0 });
    expect(Math.abs((second?.serviceP99Ms ?? 0) - 20)).toBeLessThan(0.3);
    expect(Math.abs((second?.queueP99Ms ?? 0) - 20)).toBeLessThan(0.3);
  });

  test("have no times without a batch, and say nothing of a version whose beginning was not seen", async () => {
    const { served, ask, clock } = setUp();
    const sampler = new ModelSampler([]);
    for (const number of [1, 2, 3]) ask(number);
    await Promise.resolve();
    expect(sampler.sample([served.figures()], 1000)).toMatchObject([
      { failed: 0, serviceP99Ms: undefined, rowsPerBatch: undefined },
    ]);
    ask(4);
    await Promise.resolve();
    expect(sampler.sample([served.figures()], 1000)).toMatchObject([{ failed: 1, queuedRows: 2, cacheHitShare: 0 }]);
    expect(served.figures().failures.OVERLOADED).toBe(2);
    clock.endTurn();
  });
});
