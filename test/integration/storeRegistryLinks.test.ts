import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { ModelVersion } from "../../src/domain/application.js";
import type { NewApplication } from "../../src/domain/storePorts.js";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresRegistryStore } from "../../src/store/registryStore.js";
import { connectTo, eachPostgres } from "../support/postgres.js";

const LINKS = [
  { model: "forest", weight: 2.5 },
  { model: "boosted", weight: 0.1 },
];
const DIGITS: NewApplication = {
  name: "digits",
  description: "",
  sloMs: 50,
  bulkDeadlineMs: 30_000,
  input: [{ name: "pixels", datatype: "FP32", shape: [8, 8] }],
  output: { kind: "NUMBER" },
  policy: { kind: "static" },
};

const version = (model: string): ModelVersion => ({
  model,
  version: 1,
  signature: { inputs: DIGITS.input, outputs: [{ name: "y", datatype: "FP32", shape: [1] }] },
  endpoints: [],
});

await eachPostgres("an application made with its links", (postgres) => {
  let database: Database;
  let store: PostgresRegistryStore;

  beforeEach(async () => {
    database = await connectTo(await postgres().newDatabase());
    await migrate(database.sql);
    store = new PostgresRegistryStore(database);
    await store.registerModelVersion(version("forest"), true);
    await store.registerModelVersion(version("boosted"), true);
  });

  afterEach(() => database.close());

  test("has them when it is there", async () => {
    const links = [...LINKS].reverse();
    expect(await store.createApplication({ ...DIGITS, links: LINKS })).toMatchObject({
      created: true,
      value: { links },
    });
    const defaults = { policyVersion: 1, loss: { kind: "SQUARED", range: 1 }, feedback: DEFAULT_FEEDBACK };
    expect((await store.read()).applications).toEqual([{ ...DIGITS, ...defaults, links }]);
  });

  test("is not made at all where one of its models is not there", async () => {
    const links = [...LINKS, { model: "unknown", weight: 1 }];
    expect(await store.createApplication({ ...DIGITS, links })).toMatchObject({
      code: "NOT_FOUND",
      message: "there is no model unknown",
    });
    expect((await store.read()).applications).toEqual([]);
  });

  test("is found the second time, whatever the order of its links, and is a conflict with others", async () => {
    await store.createApplication({ ...DIGITS, links: LINKS });
    const again = { ...DIGITS, links: [...LINKS].reverse() };
    expect(await store.createApplication(again)).toMatchObject({ kind: "stored", created: false });
    expect(await store.createApplication({ ...DIGITS, links: LINKS.slice(1) })).toMatchObject({ code: "CONFLICT" });
    expect(await store.createApplication({ ...DIGITS, links: [] })).toMatchObject({ code: "CONFLICT" });
    expect((await store.read()).applications[0]?.links).toHaveLength(2);
  });

  test("is found also without naming its links", async () => {
    await store.createApplication({ ...DIGITS, links: LINKS });
    expect(await store.createApplication(DIGITS)).toMatchObject({ created: false, value: { links: [{}, {}] } });
  });
});
