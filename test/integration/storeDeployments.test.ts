import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { isFailure } from "../../src/domain/failure.js";
import type { Database } from "../../src/store/database.js";
import { PostgresDeploymentStore } from "../../src/store/deploymentStore.js";
import { migrate } from "../../src/store/migrate.js";
import { DEPLOYMENT_SPEC } from "../support/deploymentSpec.js";
import { connectTo, eachPostgres } from "../support/postgres.js";

await eachPostgres("deployment store", (postgres) => {
  let database: Database;
  let store: PostgresDeploymentStore;

  beforeEach(async () => {
    database = await connectTo(await postgres().newDatabase());
    await migrate(database.sql);
    store = new PostgresDeploymentStore(database);
  });

  afterEach(() => database.close());

  const begin = async (model: string, version?: number): Promise<number> => {
    const begun = await store.begin({ server: "here", model, version, spec: DEPLOYMENT_SPEC });
    if (isFailure(begun)) throw new Error(begun.message);
    return begun.deployment.seq;
  };
  const ended = async (status: "FAILED" | "REMOVED", model: string, version?: number): Promise<number> => {
    const seq = await begin(model, version);
    await store.end(seq, status, "it was tried", []);
    return seq;
  };
  const aged = async (days: number): Promise<void> => {
    await database.sql`update deployment set updated_at = now() - ${days} * interval '1 day'`;
  };
  const kept = async (): Promise<readonly number[]> =>
    (await store.before(Number.MAX_SAFE_INTEGER, 100, undefined)).map(({ seq }) => seq).sort((a, b) => a - b);

  test("forgets a month later what ended, but for what versions are counted and known by", async () => {
    await ended("FAILED", "m");
    await ended("REMOVED", "m", 1);
    const ofRegistered = await ended("REMOVED", "m", 1);
    await ended("REMOVED", "m", 2);
    const last = await ended("REMOVED", "m", 3);
    await database.sql.begin(async (tx) => {
      await tx`insert into model (name, current_version) values ('m', 1)`;
      await tx`insert into model_version (model, version, signature) values ('m', 1, '{"inputs":[],"outputs":[]}')`;
    });
    await aged(29);
    const other = await begin("other");
    expect(await kept()).toHaveLength(6);
    await aged(31);
    const next = await begin("m");
    expect(await kept()).toEqual([ofRegistered, last, other, next]);
    expect(await store.find(next)).toMatchObject({ version: 4 });
  });
});
