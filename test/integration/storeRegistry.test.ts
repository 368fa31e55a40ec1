import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { Application, Model, ModelVersion } from "../../src/domain/application.js";
import { applicationRevision, modelRevision } from "../../src/lib/revision.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresReceiptKeyStore } from "../../src/store/receiptKeyStore.js";
import { PostgresRegistryStore } from "../../src/store/registryStore.js";
import { administer, connectTo, eachPostgres, eventually } from "../support/postgres.js";

const DIGITS: Omit<Application, "links" | "policyVersion"> = {
  name: "digits",
  description: "Which digit is it?",
  sloMs: 50,
  bulkDeadlineMs: 30_000,
  input: [{ name: "pixels", datatype: "FP32", shape: [8, 8] }],
  output: { kind: "LABEL", labels: ["0", "1"] },
  defaultOutput: { kind: "LABEL", label: "0" },
  policy: { kind: "static" },
  loss: { kind: "ZERO_ONE" },
  feedback: DEFAULT_FEEDBACK,
};

const FOREST: ModelVersion = {
  model: "forest",
  version: 1,
  signature: {
    inputs: [{ name: "pixels", datatype: "FP32", shape: [64] }],
    outputs: [{ name: "scores", datatype: "FP32", shape: [2] }],
  },
  endpoints: ["127.0.0.1:9000"],
};

await eachPostgres("registry store", (postgres) => {
  let url: string;
  let database: Database;
  let store: PostgresRegistryStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    store = new PostgresRegistryStore(database);
  });

  afterEach(() => database.close());

  test("gives back what was stored", async () => {
    await store.createApplication(DIGITS);
    await store.registerModelVersion(FOREST, false);
    await store.linkModel("digits", { model: "forest", weight: 2.5 });
    expect(await store.read()).toEqual({
      applications: [{ ...DIGITS, policyVersion: 1, links: [{ model: "forest", weight: 2.5 }] }],
      policyVersions: [
        { application: "digits", version: 1, policy: { kind: "static" }, loss: { kind: "ZERO_ONE" }, frozen: false },
      ],
      models: [{ name: "forest", currentVersion: 1, settings: {}, cacheGeneration: 0 }],
      versions: [FOREST],
    });
  });

  test("keeps what was chosen for a model, change by change, and leaves out what it does not know", async () => {
    await store.registerModelVersion(FOREST, false);
    await store.configureModel("forest", { batchSizeController: "FIXED", maxBatchRows: 8, cacheTtlMs: 5.5 });
    const changed = await store.configureModel("forest", { maxBatchRows: null, approximateDistance: "ANGLE" });
    const settings = { batchSizeController: "FIXED", cacheTtlMs: 5.5, approximateDistance: "ANGLE" };
    expect(changed).toMatchObject({ kind: "stored", value: { settings } });
    await administer(url, `update model set settings = settings || '{"ofLater": 1, "cacheScope": "x"}'`);
    expect((await store.read()).models).toEqual([{ name: "forest", currentVersion: 1, settings, cacheGeneration: 0 }]);
    expect(await store.configureModel("other", {})).toMatchObject({ code: "NOT_FOUND" });
  });

  test("counts the invalidations of what is cached of a model", async () => {
    await store.registerModelVersion(FOREST, false);
    expect(await store.invalidateCache("forest")).toMatchObject({ value: { cacheGeneration: 1 } });
    expect(await store.invalidateCache("forest")).toMatchObject({ value: { cacheGeneration: 2 } });
    expect((await store.read()).models).toMatchObject([{ cacheGeneration: 2 }]);
    expect(await store.invalidateCache("other")).toMatchObject({ code: "NOT_FOUND" });
  });

  test("removes a version, but not the current one", async () => {
    await store.registerModelVersion(FOREST, false);
    await store.registerModelVersion({ ...FOREST, version: 2 }, false);
    expect(await store.removeModelVersion("forest", 1)).toMatchObject({
      code: "CONFLICT",
      message: "version 1 of model forest is the current one: make another one current first",
    });
    expect(await store.removeModelVersion("forest", 2)).toMatchObject({ kind: "stored" });
    expect(await store.removeModelVersion("forest", 2)).toMatchObject({ code: "NOT_FOUND" });
    expect((await store.read()).versions).toEqual([FOREST]);
  });

  test("removes a model with its last version, but not while an application asks it", async () => {
    await store.registerModelVersion(FOREST, false);
    await store.createApplication({ ...DIGITS, links: [{ model: "forest", weight: 1 }] });
    expect(await store.removeModelVersion("forest", 1)).toMatchObject({
      code: "CONFLICT",
      message: `version 1 of model forest is its only one, and ${DIGITS.name} ask it: unlink the model there first, or register another`,
    });
    await store.unlinkModel(DIGITS.name, "forest");
    expect(await store.removeModelVersion("forest", 1)).toMatchObject({ kind: "stored", value: { name: "forest" } });
    expect(await store.read()).toMatchObject({ models: [], versions: [] });
    expect(await store.removeModelVersion("forest", 1)).toMatchObject({ code: "NOT_FOUND" });
  });

  test("creates an application once, finds it the second time, and refuses other content", async () => {
    expect(await store.createApplication(DIGITS)).toMatchObject({ kind: "stored", created: true });
    expect(await store.createApplication(DIGITS)).toMatchObject({ kind: "stored", created: false });
    expect(await store.createApplication({ ...DIGITS, sloMs: 20 })).toMatchObject({ code: "CONFLICT" });
  });

  test("keeps vectors and numbers as outputs", async () => {
    const vector = {
      ...DIGITS,
      output: { kind: "VECTOR", size: 2 },
      defaultOutput: { kind: "VECTOR", vector: Float64Array.of(0.5, -1) },
    } as const;
    const { defaultOutput: _, ...number } = { ...DIGITS, name: "price", output: { kind: "NUMBER" } } as const;
    expect(await store.createApplication(vector)).toMatchObject({ value: { defaultOutput: vector.defaultOutput } });
    expect(await store.createApplication(vector)).toMatchObject({ created: false });
    expect(await store.createApplication(number)).toMatchObject({ value: { output: { kind: "NUMBER" } } });
    expect((await store.read()).applications[1]).not.toHaveProperty("defaultOutput");
  });

  test.each([
    ["a reserved name", { name: "graphql" }],
    ["a name with capitals", { name: "Digits" }],
    ["a name that is too long", { name: "a".repeat(64) }],
    ["a latency objective of zero", { sloMs: 0 }],
    ["a NUL character", { description: "a\u0000b" }],
  ])("refuses %s as bad input", async (_, change) => {
    expect(await store.createApplication({ ...DIGITS, ...change })).toMatchObject({ code: "BAD_INPUT" });
    expect((await store.read()).applications).toEqual([]);
  });

  test("changes only what a patch names, and takes a default output away", async () => {
    await store.createApplication(DIGITS);
    expect(await store.updateApplication("digits", { sloMs: 20 })).toMatchObject({ value: { ...DIGITS, sloMs: 20 } });
    const bare = await store.updateApplication("digits", { defaultOutput: null });
    expect(bare).toMatchObject({ kind: "stored", value: { sloMs: 20, description: DIGITS.description } });
    expect((await store.read()).applications[0]).not.toHaveProperty("defaultOutput");
  });

  test("removes an application with its links, and keeps the model", async () => {
    await store.createApplication(DIGITS);
    await store.registerModelVersion(FOREST, false);
    await store.linkModel("digits", { model: "forest", weight: 1 });
    expect(await store.deleteApplication("digits")).toMatchObject({ value: { links: [{ model: "forest" }] } });
    expect(await store.read()).toMatchObject({ applications: [], models: [{ name: "forest" }] });
  });

  test("makes a model's first version current, later ones on request only", async () => {
    await store.registerModelVersion(FOREST, false);
    await store.registerModelVersion({ ...FOREST, version: 2 }, false);
    expect((await store.read()).models).toEqual([
      { name: "forest", currentVersion: 1, settings: {}, cacheGeneration: 0 },
    ]);
    await store.registerModelVersion({ ...FOREST, version: 3 }, true);
    expect((await store.read()).models).toEqual([
      { name: "forest", currentVersion: 3, settings: {}, cacheGeneration: 0 },
    ]);
    await store.setCurrentVersion("forest", 2);
    expect((await store.read()).models).toEqual([
      { name: "forest", currentVersion: 2, settings: {}, cacheGeneration: 0 },
    ]);
  });

  test("replaces a version's endpoints and never its signature", async () => {
    await store.registerModelVersion(FOREST, false);
    const moved = { ...FOREST, endpoints: ["unix:/run/forest", 'a"b,{c}:1'] };
    expect(await store.registerModelVersion(moved, false)).toMatchObject({ created: false, value: moved });
    const other = { ...FOREST, signature: { ...FOREST.signature, outputs: [] } };
    expect(await store.registerModelVersion(other, false)).toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining("output tensor 0"),
    });
  });

  test("keeps the names of a version's classes, takes them later, and refuses other classes", async () => {
    const classes = [
      { label: "ant", value: "1" },
      { label: "bee", value: "2" },
    ];
    const named = (more: typeof classes) => ({ ...FOREST, signature: { ...FOREST.signature, classes: more } });
    await store.registerModelVersion(FOREST, false);
    expect(await store.registerModelVersion(named(classes), false)).toMatchObject({ value: named(classes) });
    expect(await store.registerModelVersion(FOREST, false)).toMatchObject({ value: named(classes) });
    const renamed = named(classes.map(({ value }) => ({ label: `class ${value}`, value })));
    expect(await store.registerModelVersion(renamed, false)).toMatchObject({ value: renamed });
    expect((await store.read()).versions).toEqual([renamed]);
    expect(await store.registerModelVersion(named([...classes].reverse()), false)).toMatchObject({
      code: "CONFLICT",
      message: expect.stringContaining('classes: expected ["1","2"], got ["2","1"]'),
    });
  });

  test("gives a link a new weight, and takes it away", async () => {
    await store.createApplication(DIGITS);
    await store.registerModelVersion(FOREST, false);
    expect(await store.linkModel("digits", { model: "forest", weight: 1 })).toMatchObject({ created: true });
    expect(await store.linkModel("digits", { model: "forest", weight: 3 })).toMatchObject({
      created: false,
      value: { links: [{ model: "forest", weight: 3 }] },
    });
    expect(await store.unlinkModel("digits", "forest")).toMatchObject({ value: { links: [] } });
  });

  test("changes nothing that somebody else has changed since it was read, and says how it is now", async () => {
    await store.createApplication(DIGITS);
    await store.registerModelVersion(FOREST, false);
    await store.registerModelVersion({ ...FOREST, version: 2 }, false);
    const revisions = async () => {
      const { applications, models } = await store.read();
      return [applicationRevision(applications[0] as Application), modelRevision(models[0] as Model)] as const;
    };
    const [application, model] = await revisions();
    // Two that have read the same: the first comes through, with whatever change.
    const ofOne = await Promise.all([
      store.updateApplication("digits", { sloMs: 20 }, application),
      store.linkModel("digits", { model: "forest", weight: 2 }, application),
      store.deleteApplication("digits", application),
    ]);
    const ofTwo = await Promise.all([
      store.configureModel("forest", { maxBatchRows: 8 }, model),
      store.setCurrentVersion("forest", 2, model),
      store.configureModel("forest", { maxBatchRows: 9 }, model),
    ]);
    for (const outcomes of [ofOne, ofTwo]) {
      expect(outcomes.filter(({ kind }) => kind === "stored")).toHaveLength(1);
    }
    if (ofOne[2].kind === "stored") return;
    const [application2, model2] = await revisions();
    for (const [outcomes, current] of [
      [ofOne, application2],
      [ofTwo, model2],
    ] as const) {
      const refused = outcomes.filter(({ kind }) => kind === "failure");
      for (const each of refused) expect(each).toMatchObject({ code: "CONFLICT", current });
    }
    expect(await store.unlinkModel("digits", "forest", application)).toMatchObject({ code: "CONFLICT" });
    expect(await store.updateApplication("digits", { sloMs: 30 }, application2)).toMatchObject({ kind: "stored" });
    expect(await store.removeModelVersion("forest", 2, model)).toMatchObject({ code: "CONFLICT" });
    // What an invalidation changes is no content: nobody has to read the model again.
    await store.invalidateCache("forest");
    expect((await revisions())[1]).toBe(model2);
  });

  test("a version that is registered says its model's revision, from which the next may be registered", async () => {
    const registered = await store.registerModelVersion(FOREST, false);
    if (registered.kind !== "stored") throw new Error(registered.message);
    const first = modelRevision(registered.value.modelNow);
    const second = await store.registerModelVersion({ ...FOREST, version: 2 }, true, first);
    if (second.kind !== "stored") throw new Error(second.message);
    expect(second.value).toMatchObject({ version: 2, modelNow: { name: "forest", currentVersion: 2 } });
    const refused = await store.registerModelVersion({ ...FOREST, version: 3 }, true, first);
    expect(refused).toMatchObject({ code: "CONFLICT", current: modelRevision(second.value.modelNow) });
    const unknown = await store.registerModelVersion({ ...FOREST, model: "new" }, true, first);
    expect(unknown).toMatchObject({ code: "NOT_FOUND" });
    expect((await store.read()).versions).toHaveLength(2);
  });

  test("finds nothing by unknown names", async () => {
    await store.createApplication(DIGITS);
    await store.registerModelVersion(FOREST, false);
    const outcomes = await Promise.all([
      store.updateApplication("nobody", { sloMs: 1 }),
      store.deleteApplication("nobody"),
      store.setCurrentVersion("nothing", 1),
      store.setCurrentVersion("forest", 7),
      store.linkModel("nobody", { model: "forest", weight: 1 }),
      store.linkModel("digits", { model: "nothing", weight: 1 }),
      store.unlinkModel("digits", "forest"),
    ]);
    expect(outcomes.map((outcome) => "code" in outcome && outcome.code)).toEqual(Array(7).fill("NOT_FOUND"));
  });

  test("registers one model from eight servers at once", async () => {
    const versions = Array.from({ length: 8 }, (_, index) => ({ ...FOREST, version: index + 1 }));
    const outcomes = await Promise.all(versions.map((version) => store.registerModelVersion(version, false)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array(8).fill("stored"));
    expect((await store.read()).versions).toHaveLength(8);
  });

  test("tells other servers of a change when it is committed, and of none that was refused", async () => {
    const elsewhere = await connectTo(url);
    const seen: number[] = [];
    const other = new PostgresRegistryStore(elsewhere);
    const listening = await other.onChange(() => void other.read().then((all) => seen.push(all.applications.length)));
    await store.createApplication({ ...DIGITS, name: "graphql" });
    await store.createApplication(DIGITS);
    await eventually(() => seen.length > 0);
    expect(seen).toEqual([1]);
    await listening.stop();
    await elsewhere.close();
  });

  test("hears again after its connection was cut, and reports that something may have been missed", async () => {
    let heard = 0;
    const listening = await store.onChange(() => (heard += 1));
    await administer(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query ilike 'listen%'",
    );
    await eventually(() => heard === 1);
    await store.createApplication(DIGITS);
    await eventually(() => heard === 2);
    await listening.stop();
  });

  test("says STORE_UNAVAILABLE when the database is gone", async () => {
    await administer(url.replace(/[^/]*$/, "postgres"), `drop database ${new URL(url).pathname.slice(1)} with (force)`);
    await eventually(async () => (await store.createApplication(DIGITS)).kind === "failure");
    expect(await store.createApplication(DIGITS)).toMatchObject({ code: "STORE_UNAVAILABLE" });
    await expect(store.read()).rejects.toMatchObject({ failure: { code: "STORE_UNAVAILABLE" } });
  });

  test("makes one receipt key for eight servers that start at once, and the same after a restart", async () => {
    const servers = await Promise.all(Array.from({ length: 8 }, () => connectTo(url, 1)));
    const keys = await Promise.all(
      servers.map((server) => new PostgresReceiptKeyStore(server, randomBytes).readOrCreate()),
    );
    await Promise.all(servers.map((server) => server.close()));
    expect(new Set(keys.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(keys[0]).toMatchObject([{ id: 1 }]);
    expect(keys[0]?.[0]?.secret).toHaveLength(32);
    expect(await new PostgresReceiptKeyStore(database, randomBytes).readOrCreate()).toEqual(keys[0]);
  });

  test("keeps the rules of feedback, change by change", async () => {
    const feedback = {
      rewardWaitMs: 60_000,
      defaultReward: 0,
      deferActivation: true,
      logPredictions: "INPUTS",
    } as const;
    const bounds = { confidenceThreshold: 0.75, coverage: 0.9 };
    const { feedback: _, ...plain } = DIGITS;
    await store.createApplication({ ...plain, ...bounds, feedback });
    const whole = { ...DEFAULT_FEEDBACK, ...feedback };
    expect((await store.read()).applications).toMatchObject([{ ...bounds, feedback: whole }]);
    expect(await store.createApplication({ ...plain, ...bounds, feedback })).toMatchObject({ created: false });
    expect(await store.createApplication(DIGITS)).toMatchObject({ code: "CONFLICT" });
    const patch = { rewardWaitMs: null, defaultReward: null, aggregation: "SUM" } as const;
    const changed = await store.updateApplication("digits", { feedback: patch, coverage: null });
    const { rewardWaitMs: _wait, defaultReward: _default, ...left } = whole;
    expect(changed).toMatchObject({ value: { confidenceThreshold: 0.75, policyVersion: 1 } });
    expect((await store.read()).applications[0]?.feedback).toEqual({ ...left, aggregation: "SUM" });
    expect((await store.read()).applications[0]).not.toHaveProperty("coverage");
    expect(await store.updateApplication("digits", { feedback: { defaultReward: 1 } })).toMatchObject({
      code: "BAD_INPUT",
    });
    expect(await store.updateApplication("digits", { confidenceThreshold: 2 })).toMatchObject({ code: "BAD_INPUT" });
  });

  test("rotates receipt keys: two are good, servers are told", async () => {
    const keys = new PostgresReceiptKeyStore(database, randomBytes);
    await keys.readOrCreate();
    let told = 0;
    const listening = await keys.onChange(() => (told += 1));
    expect(await keys.rotate()).toMatchObject([{ id: 2 }, { id: 1 }]);
    expect(await keys.rotate(1)).toMatchObject({ code: "CONFLICT", current: "2" });
    expect(await keys.rotate(2)).toMatchObject([{ id: 3 }, { id: 2 }]);
    expect((await keys.readOrCreate()).map(({ id }) => id)).toEqual([3, 2]);
    await eventually(() => told === 2);
    await listening.stop();
    const retired = await database.sql`select id from receipt_key where retired_at is not null`;
    expect([...retired]).toEqual([{ id: 1 }]);
  });

  test("gives the two newest receipt keys that are not retired, newest first", async () => {
    await database.sql`insert into receipt_key (id, secret, retired_at)
      select id, decode(repeat('ab', 32), 'hex'), case when id = 4 then now() end from generate_series(1, 5) id`;
    const keys = await new PostgresReceiptKeyStore(database, randomBytes).readOrCreate();
    expect(keys.map(({ id }) => id)).toEqual([5, 3]);
  });
});
