import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { DEFAULT_FEEDBACK } from "../../src/domain/application.js";
import type { ModelVersion } from "../../src/domain/application.js";
import type { PolicySpec } from "../../src/domain/policySpec.js";
import type { NewApplication } from "../../src/domain/storePorts.js";
import type { Database } from "../../src/store/database.js";
import { PostgresLearnedStateAdministration } from "../../src/store/learnedStateAdministration.js";
import { migrate } from "../../src/store/migrate.js";
import { PostgresRegistryStore } from "../../src/store/registryStore.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";

const LINEAR: PolicySpec = { kind: "linear", featureModel: "words", strength: 2 };
const LINKS = [{ model: "words", weight: 1 }];

const readers = (changes: Partial<NewApplication> = {}): NewApplication => ({
  name: "readers",
  description: "",
  sloMs: 50,
  bulkDeadlineMs: 30_000,
  input: [{ name: "text", datatype: "BYTES", shape: [1] }],
  output: { kind: "NUMBER" },
  policy: LINEAR,
  loss: { kind: "SQUARED", range: 1 },
  feedback: DEFAULT_FEEDBACK,
  links: LINKS,
  ...changes,
});

function words(version: number): ModelVersion {
  const outputs = [{ name: "features", datatype: "FP32", shape: [version + 3] } as const];
  return { model: "words", version, signature: { inputs: readers().input, outputs }, endpoints: [] };
}

await eachPostgres("policies over a feature model", (postgres) => {
  let url: string;
  let database: Database;
  let store: PostgresRegistryStore;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    await migrate(database.sql);
    store = new PostgresRegistryStore(database);
    await store.registerModelVersion(words(1), true);
  });

  afterEach(() => database.close());

  async function current(name = "readers") {
    const { applications } = await store.read();
    const { policyVersion, policy } = applications.find((one) => one.name === name) ?? {};
    return { policyVersion, policy };
  }

  const on = (featureVersion: number, policy = LINEAR) => ({ ...policy, featureVersion });

  test("begin on the version that is current, however they are stated", async () => {
    expect(await store.createApplication(readers())).toMatchObject({ created: true, value: { policy: on(1) } });
    expect(await store.createApplication(readers())).toMatchObject({ created: false });
    await store.createApplication(readers({ name: "later", policy: { kind: "static" } }));
    await store.updateApplication("later", { policy: { kind: "linucb", featureModel: "words" } });
    expect(await current("later")).toMatchObject({ policyVersion: 2, policy: { kind: "linucb", featureVersion: 1 } });
    // The same once more, and what has nothing to do with it.
    await store.updateApplication("later", { policy: { kind: "linucb", featureModel: "words" }, sloMs: 20 });
    expect((await current("later")).policyVersion).toBe(2);
  });

  test("of another version are another policy version, with nothing learned; back again the one that had learned", async () => {
    await store.createApplication(readers());
    await store.createApplication(readers({ name: "other", policy: { kind: "static" } }));
    await store.registerModelVersion(words(2), false);
    expect(await current()).toEqual({ policyVersion: 1, policy: on(1) });
    await store.setCurrentVersion("words", 2);
    expect(await current()).toEqual({ policyVersion: 2, policy: on(2) });
    await store.registerModelVersion(words(3), true);
    expect(await current()).toEqual({ policyVersion: 3, policy: on(3) });
    await store.setCurrentVersion("words", 1);
    expect(await current()).toEqual({ policyVersion: 1, policy: on(1) });
    await store.setCurrentVersion("words", 1);
    expect((await current()).policyVersion).toBe(1);
    expect((await current("other")).policyVersion).toBe(1);
    const administration = new PostgresLearnedStateAdministration(database);
    const versions = await administration.policyVersions("readers");
    expect(versions.map(({ version, origin }) => [version, origin.kind])).toEqual([
      [1, "CREATED"],
      [2, "CREATED"],
      [3, "CREATED"],
    ]);
    const changes = (await administration.events("readers", 0, 100)).map(({ content }) => content);
    expect(changes.at(-1)).toEqual({ version: 1, change: "CURRENT" });
  });

  test("with another loss are the policy version for that loss", async () => {
    await store.createApplication(readers());
    await store.registerModelVersion(words(2), true);
    await store.updateApplication("readers", { loss: { kind: "ABSOLUTE", range: 1 } });
    expect(await current()).toEqual({ policyVersion: 3, policy: on(2) });
    await store.setCurrentVersion("words", 1);
    // Version 1 had learned by another loss.
    expect(await current()).toEqual({ policyVersion: 4, policy: on(1) });
  });

  test("that were stated before there was the model begin when it is linked", async () => {
    const { links: _, ...unlinked } = readers({ policy: { ...LINEAR, featureModel: "new" } });
    await store.createApplication(unlinked);
    expect((await current()).policy).toEqual({ ...LINEAR, featureModel: "new" });
    await store.registerModelVersion({ ...words(4), model: "new" }, true);
    await store.linkModel("readers", { model: "new", weight: 1 });
    expect((await current()).policy).toEqual({ ...LINEAR, featureModel: "new", featureVersion: 4 });
  });

  test("that are stated while a switch is under way begin on what it makes current", async () => {
    await store.createApplication(readers({ policy: { kind: "static" } }));
    await store.registerModelVersion(words(2), false);
    const switching = await connectTo(url, 1);
    let stating: Promise<unknown> | undefined;
    await switching.sql.begin(async (tx) => {
      await tx`update model set current_version = 2 where name = 'words'`;
      stating = store.updateApplication("readers", { policy: LINEAR });
      await eventually(async () => {
        const [waiting] = await tx<{ count: number }[]>`
          select count(*)::integer as count from pg_locks where not granted and pid in (
            select pid from pg_stat_activity where datname = current_database())`;
        return (waiting?.count ?? 0) > 0;
      });
    });
    await stating;
    await switching.close();
    expect(await current()).toEqual({ policyVersion: 2, policy: on(2) });
  });

  test("are of the version that is current at the end, however changes of both meet", async () => {
    await store.createApplication(readers({ policy: { kind: "static" } }));
    for (let version = 2; version <= 9; version++) await store.registerModelVersion(words(version), false);
    const changes = Array.from({ length: 8 }, (_, i) => [
      store.setCurrentVersion("words", i + 2),
      store.updateApplication("readers", { policy: i % 2 === 0 ? LINEAR : { ...LINEAR, strength: 3 } }),
    ]).flat();
    for (const done of await Promise.all(changes)) expect(done).toMatchObject({ kind: "stored" });
    const { models } = await store.read();
    expect((await current()).policy).toMatchObject({ featureVersion: models[0]?.currentVersion });
  });
});
