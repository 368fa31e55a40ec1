import { describe, expect, test } from "@jest/globals";
import { ExactCache } from "../../src/caching/exactCache.js";
import { fromModelVersion } from "../../src/graphql/registryConverters.js";
import { ModelVersions } from "../../src/serving/modelVersions.js";
import { dialOwn } from "../../src/replicas/dial.js";
import { FakeClock } from "../support/fakeClock.js";
import { modelVersion } from "../support/fakeServing.js";

const noVersions = () =>
  new ModelVersions({
    clock: new FakeClock(),
    random: () => 0.5,
    cache: new ExactCache({ capacityBytes: 1000, clock: new FakeClock() }),
    approximateBytes: () => 1e6,
    configuredSettings: () => ({}),
    maxQueueRows: 8,
    dial: () => dialOwn,
    maxMessageBytes: 1000,
    batchTimeoutMs: 1000,
    onReplicaChange: () => undefined,
  });

describe("model versions", () => {
  test("are not made by asking for an unknown one's signature", () => {
    const versions = noVersions();
    expect(versions.statedSignature("unknown", 1)).toBeUndefined();
    expect(versions.figures()).toEqual([]);
  });

  test("are not made by listing an unknown one's replicas", () => {
    const versions = noVersions();
    const model = { name: "unknown", currentVersion: 1, settings: {}, cacheGeneration: 0 };
    const { replicas } = fromModelVersion(modelVersion("unknown"), model, versions) as { replicas: () => object[] };
    expect(replicas()).toEqual([]);
    expect(versions.all()).toEqual([]);
  });

  test("are found once they are named", () => {
    const versions = noVersions();
    const made = versions.get("m", 1);
    expect(versions.find("m", 1)).toBe(made);
    expect(versions.find("m", 2)).toBeUndefined();
  });

  test("forget what was chosen for a model that is registered no more", () => {
    const versions = noVersions();
    const model = { name: "m", currentVersion: 1, settings: { maxBatchRows: 7 }, cacheGeneration: 0 };
    const other = { ...model, name: "other" };
    versions.setModels([model, other]);
    versions.setModels([other]);
    expect(versions.settingsOf("other")).toMatchObject({ maxBatchRows: 7 });
    expect(versions.settingsOf("m")).not.toMatchObject({ maxBatchRows: 7 });
  });
});
