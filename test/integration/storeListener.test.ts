import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Database } from "../../src/store/database.js";
import { CHANNEL, notification } from "../../src/store/listener.js";
import { connectTo, eachPostgres, eventually } from "../support/postgres.js";

await eachPostgres("those who listen", (postgres) => {
  let database: Database;

  beforeEach(async () => {
    database = await connectTo(await postgres().newDatabase());
  });

  afterEach(() => database.close());

  const hearing = async (topic: string) => {
    const heard: string[] = [];
    const listening = await database.listen(topic, (carried) => void heard.push(carried));
    return { heard, stop: () => listening.stop() };
  };
  const tell = (topic: string, carried?: string): Promise<unknown> =>
    Promise.resolve(database.sql`select pg_notify(${CHANNEL}, ${notification(topic, carried)})`);
  const connections = async (): Promise<readonly number[]> => {
    const rows = await database.sql<{ pid: number }[]>`
      select pid from pg_stat_activity where datname = current_database() and query ilike 'listen %'`;
    return rows.map(({ pid }) => pid);
  };

  test("share one connection, and hear of their own topic what it carries", async () => {
    const [log, keys] = await Promise.all([hearing("log"), hearing("keys")]);
    const alsoLog = await hearing("log");
    expect(await connections()).toHaveLength(1);
    await tell("log", "a server of this name");
    await tell("keys");
    await tell("logs", "nobody");
    await tell("log");
    await eventually(() => log.heard.length === 2);
    expect(log.heard).toEqual(["a server of this name", ""]);
    expect(alsoLog.heard).toEqual(log.heard);
    expect(keys.heard).toEqual([""]);
  });

  test("are told when it was lost and is made again: something may have been missed", async () => {
    const [log, keys] = await Promise.all([hearing("log"), hearing("keys")]);
    const [pid] = await connections();
    await database.sql`select pg_terminate_backend(${pid as number})`;
    await eventually(() => log.heard.length === 1 && keys.heard.length === 1);
    await tell("log", "after it");
    await eventually(() => log.heard.length === 2);
    expect(log.heard).toEqual(["", "after it"]);
    expect(keys.heard).toEqual([""]);
  });

  test("go one by one: the others go on, and with the last the connection does", async () => {
    const [log, keys] = await Promise.all([hearing("log"), hearing("keys")]);
    await log.stop();
    await tell("log", "too late");
    await tell("keys", "still there");
    await eventually(() => keys.heard.length === 1);
    expect(log.heard).toEqual([]);
    await keys.stop();
    await keys.stop();
    await eventually(async () => (await connections()).length === 0);
    const again = await hearing("log");
    await tell("log", "anew");
    await eventually(() => again.heard.length === 1);
    expect(again.heard).toEqual(["anew"]);
  });
});
