import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { appendFile, cp, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Database } from "../../src/store/database.js";
import { migrate } from "../../src/store/migrate.js";
import { connectTo, eachPostgres, temporaryFolder } from "../support/postgres.js";

await eachPostgres("migrate", (postgres) => {
  let url: string;
  let database: Database;
  let folder: string;

  beforeEach(async () => {
    url = await postgres().newDatabase();
    database = await connectTo(url);
    folder = await temporaryFolder();
    await cp("migrations", folder, { recursive: true });
  });

  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function tables(): Promise<string[]> {
    const rows = await database.sql<{ name: string }[]>`
      select tablename as name from pg_tables where schemaname = 'public' order by 1`;
    return rows.map(({ name }) => name);
  }

  test("applies each migration once when eight servers start at once", async () => {
    const servers = await Promise.all(Array.from({ length: 8 }, () => connectTo(url, 1)));
    const applied = await Promise.all(servers.map((server) => migrate(server.sql, folder)));
    await Promise.all(servers.map((server) => server.close()));
    const files = (await readdir("migrations")).map((name) => name.replace(".sql", "")).sort();
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, i) => i + 1));
    expect(applied.flat().sort()).toEqual(files);
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
    expect(await migrate(database.sql)).toEqual([]);
  });

  test("comments every table", async () => {
    await migrate(database.sql, folder);
    const bare = await database.sql<{ name: string }[]>`
      select relname as name from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and obj_description(oid) is null`;
    expect([...bare].map(({ name }) => name)).toEqual(["schema_migration"]);
  });

  test("refuses a database that is newer than the code and names the migration", async () => {
    await writeFile(join(folder, "0009_future.sql"), "create table future (id integer)");
    await migrate(database.sql, folder);
    await expect(migrate(database.sql)).rejects.toThrow("the database has migration 0009_future");
  });

  test("refuses an applied file that was changed and names it", async () => {
    await migrate(database.sql, folder);
    await appendFile(join(folder, "0001_registry.sql"), "-- changed\n");
    await expect(migrate(database.sql, folder)).rejects.toThrow(
      "migration 0001_registry was changed after it was applied",
    );
  });

  test("refuses a file that was slipped in before one that is applied", async () => {
    await migrate(database.sql, folder);
    await writeFile(join(folder, "0001_a.sql"), "select 1");
    await expect(migrate(database.sql, folder)).rejects.toThrow("migration 0001_a is missing");
  });

  test("leaves nothing behind when one migration fails, and names it", async () => {
    await writeFile(join(folder, "0003_broken.sql"), "create table half (id integer); select * from nowhere");
    await expect(migrate(database.sql, folder)).rejects.toThrow(
      'migration 0003_broken failed: relation "nowhere" does not exist',
    );
    expect(await tables()).toEqual([]);
  });
});
