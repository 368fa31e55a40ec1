import { afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { APPROXIMATE_CACHES } from "../support/metricsOperation.js";
import {
  CONFIGURE_MODEL,
  EXPLAINED,
  INVALIDATE_CACHE,
  REGISTER_VERSION,
  REMOVE_VERSION,
} from "../support/operations.js";
import { application, noop, predict, readyReplicas, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
let wrapper: WrapperProcess;
beforeAll(async () => {
  server = await servers.start();
  wrapper = await wrappers.start(noop());
  await register(server, { model: "noop", wrappers: [wrapper] });
  for (const name of ["mine", "theirs"]) await application(server, name, ["noop"]);
});

let unused = 0;
const newInput = () => ({ values: [++unused] });
const sourceOf = async (name: string, input: { values: number[] }) => {
  const answer = await predict(server, name, input);
  return answer.__typename === "Prediction" ? answer.source : answer;
};

describe("what is cached of a model", () => {
  test("is forgotten with invalidateCache", async () => {
    const input = newInput();
    expect(await sourceOf("mine", input)).toBe("MODEL");
    expect(await sourceOf("mine", input)).toBe("CACHE");
    const { invalidateCache } = await server.ask(INVALIDATE_CACHE, { model: "noop" });
    expect(invalidateCache).toEqual({ __typename: "Model" });
    expect(await sourceOf("mine", input)).toBe("MODEL");
    const { invalidateCache: unknown } = await server.ask(INVALIDATE_CACHE, { model: "other" });
    expect(unknown).toMatchObject({ __typename: "NotFound" });
  });

  test("is shared by applications, until its scope is the application", async () => {
    const shared = newInput();
    expect([await sourceOf("mine", shared), await sourceOf("theirs", shared)]).toEqual(["MODEL", "CACHE"]);
    await server.ask(CONFIGURE_MODEL, { input: { model: "noop", cacheScope: "APPLICATION" } });
    const apart = newInput();
    expect([await sourceOf("mine", apart), await sourceOf("theirs", apart)]).toEqual(["MODEL", "MODEL"]);
    expect([await sourceOf("mine", apart), await sourceOf("theirs", apart)]).toEqual(["CACHE", "CACHE"]);
    // What was shared before tells nothing either.
    expect(await sourceOf("mine", shared)).toBe("MODEL");
    await server.ask(CONFIGURE_MODEL, { input: { model: "noop", cacheScope: null } });
  });
});

describe("an approximate cache", () => {
  const configure = async (change: object) =>
    (await server.ask(CONFIGURE_MODEL, { input: { model: "noop", ...change } })).configureModel;
  const near = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ values: [1000 + (from + i) / 100] }));
  const OFF = { approximateErrorBudget: null, approximateTolerance: null, featureTolerance: null };
  afterEach(async () => void (await configure(OFF)));

  test("answers near inputs once their answers were seen to be the same, and says how near", async () => {
    const settings = { approximateErrorBudget: 0.1, approximateTolerance: 2, approximateDistance: "L2" as const };
    expect(await configure(settings)).toMatchObject({ __typename: "Model", settings });
    // One after another: what is in flight together cannot have learned from each other.
    for (const input of near(0, 120)) await predict(server, "mine", input);
    const answers = [];
    for (const input of near(200, 40)) answers.push(await predict(server, "mine", input));
    const approximate = answers.filter(
      (answer) => answer.__typename === "Prediction" && answer.source === "APPROXIMATE",
    );
    expect(approximate.length).toBeGreaterThan(10);
    const hits = await server.metric("skysail_approximate_lookups_total", { model: "noop", result: "hit" });
    expect(hits).toBeGreaterThanOrEqual(approximate.length);
    const { model } = await server.ask(APPROXIMATE_CACHES, { model: "noop" });
    const [cache] = model?.versions[0]?.approximateCaches ?? [];
    // A twentieth is audited: there may have been none.
    const disagreement = cache?.audits === 0 ? null : 0;
    expect(cache).toMatchObject({ application: null, hits, disagreement, disagreementLow: 0, distance: "L2" });
    expect(cache?.hitRatio).toBeCloseTo((hits ?? 0) / ((hits ?? 0) + (cache?.misses ?? 0) + (cache?.audits ?? 0)));
    for (const figure of ["radius", "entries", "bytes", "disagreementHigh"] as const)
      expect(cache?.[figure]).toBeGreaterThan(0);
    expect(await sourceOf("mine", { values: [2e6] })).toBe("MODEL");
  });

  test("takes a feature model's outputs within a distance, without proof", async () => {
    await configure({ featureTolerance: 0.5 });
    expect(await sourceOf("mine", { values: [3e6] })).toBe("MODEL");
    const input = { application: "mine", input: { values: [3e6 + 0.25] }, explain: true };
    expect((await server.ask(EXPLAINED, { input })).predict).toMatchObject({
      source: "APPROXIMATE",
      explanation: { members: [{ cache: "APPROXIMATE", distance: 0.25 }] },
    });
    expect(await sourceOf("mine", { values: [3e6 + 1] })).toBe("MODEL");
  });

  test("tells no application what another has asked, near or exactly, where the scope is the application", async () => {
    await configure({ featureTolerance: 0.5, cacheScope: "APPLICATION" });
    expect(await sourceOf("mine", { values: [4e6] })).toBe("MODEL");
    // The control: whoever asked is told.
    expect(await sourceOf("mine", { values: [4e6 + 0.25] })).toBe("APPROXIMATE");
    expect(await sourceOf("theirs", { values: [4e6 + 0.25] })).toBe("MODEL");
    const { model } = await server.ask(APPROXIMATE_CACHES, { model: "noop" });
    const owners = model?.versions[0]?.approximateCaches.map(({ application: owner }) => owner);
    expect(owners).toEqual(["mine", "theirs"]);
    await configure({ cacheScope: null });
  });

  test("does not let an application join what another has in flight, where the scope is the application", async () => {
    await configure({ cacheScope: "APPLICATION" });
    const before = await server.metric("skysail_cache_lookups_total", { model: "noop", result: "joined" });
    const input = newInput();
    const answers = await Promise.all(["mine", "theirs"].map((name) => sourceOf(name, input)));
    expect(answers).toEqual(["MODEL", "MODEL"]);
    expect(await server.metric("skysail_cache_lookups_total", { model: "noop", result: "joined" })).toBe(before);
    await configure({ cacheScope: null });
  });

  test("is refused where the outputs cannot be compared", async () => {
    expect(await configure({ approximateErrorBudget: 0.1 })).toMatchObject({
      __typename: "BadInput",
      path: ["input", "approximateTolerance"],
      got: expect.stringContaining("say by a tolerance which numbers are the same answer"),
    });
  });
});

describe("explain", () => {
  const explain = async (input: { values: number[] }) =>
    (await server.ask(EXPLAINED, { input: { application: "mine", input, explain: true } })).predict;

  test("says where the time went: by the model, then from the cache", async () => {
    const input = newInput();
    const replica = `noop@1#${wrapper.ready.listening}`;
    const asked = { model: "noop", cache: "MISS", batchRows: 1, replica, distance: null };
    expect(await explain(input)).toMatchObject({ source: "MODEL", explanation: { members: [asked] } });
    const known = { cache: "HIT", batchRows: null, replica: null, queuedMs: null, serviceMs: null };
    expect(await explain(input)).toMatchObject({ source: "CACHE", explanation: { members: [known] } });
  });

  test("is null unless it was asked for", async () => {
    const { predict: plain } = await server.ask(EXPLAINED, { input: { application: "mine", input: newInput() } });
    expect(plain).toMatchObject({ explanation: null });
  });
});

describe("removeModelVersion", () => {
  test("lets a version go with its replicas, but never the current one", async () => {
    const tensor = (name: string) => [{ name, datatype: "FP32" as const, shape: [1] }];
    const signature = { inputs: tensor("x"), outputs: tensor("y") };
    const other = { model: "noop", version: 2, signature, makeCurrent: false };
    await server.ask(REGISTER_VERSION, { input: { ...other, endpoints: [wrapper.ready.listening] } });
    const remove = async (version: number) =>
      (await server.ask(REMOVE_VERSION, { input: { model: "noop", version } })).removeModelVersion;
    expect(await remove(1)).toMatchObject({ __typename: "Conflict", message: expect.stringContaining("current") });
    expect(await remove(2)).toMatchObject({ __typename: "Model", currentVersion: 1, versions: [{ version: 1 }] });
    expect(await remove(2)).toMatchObject({ __typename: "NotFound" });
    await readyReplicas(server, "noop", 1);
    expect(await sourceOf("mine", newInput())).toBe("MODEL");
  });
});
