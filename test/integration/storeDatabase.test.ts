import { expect, test } from "@jest/globals";
import { createServer } from "node:net";
import { connectTo, eachPostgres } from "../support/postgres.js";
import { freePort } from "../../src/store/postmaster.js";

test("tells in one line where it could not connect, and never the password", async () => {
  const port = await freePort();
  const refusal = connectTo(`postgres://someone:s3cret@127.0.0.1:${port}/shop`);
  await expect(refusal).rejects.toThrow(
    `cannot reach PostgreSQL at 127.0.0.1:${port}/shop: connection refused: start it`,
  );
  await expect(refusal).rejects.not.toThrow(/s3cret|\n/);
});

test("gives up on a server that accepts and says nothing", async () => {
  const silent = createServer((socket) => socket.on("error", () => undefined).resume());
  const port = await new Promise<number>((resolve) => {
    silent.listen(0, "127.0.0.1", () => resolve((silent.address() as { port: number }).port));
  });
  await expect(connectTo(`postgres://someone@127.0.0.1:${port}/shop`)).rejects.toThrow(
    /within 5000 ms|CONNECT_TIMEOUT/,
  );
  await new Promise((resolve) => silent.close(resolve));
});

test.each([
  "mysql://127.0.0.1/shop",
  "postgres://me:s3cr/et@127.0.0.1/shop",
  "postgres://me:s3cret@127.0.0.1:99999/shop",
])("refuses the address %s without showing a password", async (url) => {
  const refusal = connectTo(url);
  await expect(refusal).rejects.toThrow(/^DATABASE_URL \(.*\) must look like postgres:/);
  await expect(refusal).rejects.not.toThrow(/s3cr/);
});

await eachPostgres("database", (postgres) => {
  test("names the database that does not exist, and the remedy", async () => {
    const url = (await postgres().newDatabase()).replace(/[^/]*$/, "missing");
    await expect(connectTo(url)).rejects.toThrow(/\/missing: database "missing" does not exist: create the database/);
  });

  test("closes once however often it is asked", async () => {
    const database = await connectTo(await postgres().newDatabase());
    expect(database.close()).toBe(database.close());
    await database.close();
    await expect(database.sql`select 1`).rejects.toThrow("CONNECTION_ENDED");
  });

  test("fails what is under way on a lane that is destroyed, and leaves the pool alone", async () => {
    const database = await connectTo(await postgres().newDatabase());
    const lane = database.openLane();
    await lane.sql`select 1`;
    const endless = lane.sql`select pg_sleep(60)`.then(
      () => "slept",
      (error: unknown) => (error as { code: string }).code,
    );
    setImmediate(() => lane.destroy());
    expect(await endless).toMatch(/^CONNECTION_/);
    expect([...(await database.sql`select 1 as one`)]).toEqual([{ one: 1 }]);
    await database.close();
  });
});
