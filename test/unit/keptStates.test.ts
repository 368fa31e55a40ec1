import { describe, expect, test } from "@jest/globals";
import { FakeLearningStore, keyOf } from "../support/fakeLearningStore.js";
import { hashFolding } from "../support/hashFolding.js";
import { newServer, observation } from "../support/learningServer.js";

describe("states that are not written with every group", () => {
  test("large states are written at birth, every 200 observations, and at stop", async () => {
    const store = new FakeLearningStore();
    const { learning } = await newServer(store, hashFolding({ paddingBytes: 9000 }));
    const written: number[] = [];
    for (let i = 0; i < 210; i++) {
      await store.append(learning, [observation(`${i}`, "ann")]);
      written.push(store.kept.get(keyOf({ policyVersion: 1, entity: "ann" }))?.seq ?? 0);
    }
    expect([...new Set(written)]).toEqual([1, 201]);
    await learning.stop();
    expect(store.kept.get(keyOf({ policyVersion: 1, entity: "ann" }))?.seq).toBe(210);
  });

  test.each([0, 1])("the population's state is never 200 behind, whoever appends and follows (%d)", async (turn) => {
    const store = new FakeLearningStore();
    const servers = [await newServer(store, hashFolding())];
    const population = { policyVersion: 1, entity: "" };
    const behind: number[] = [];
    for (let i = 1; i <= 700; i++) {
      // The other one comes later, and counts from what it has read: not quite the same.
      if (i === 100) servers.push(await newServer(store, hashFolding()));
      const { learning } = servers[(i + turn) % servers.length] as (typeof servers)[number];
      await store.append(learning, [observation(`${i}`, "ann")]);
      await Promise.all(servers.map((server) => server.learning.refresh()));
      behind.push(i - (store.kept.get(keyOf(population))?.seq ?? 0));
    }
    expect(Math.max(...behind)).toBeLessThan(200);
    expect(Math.max(...behind)).toBeGreaterThan(100);
    for (const { learning } of servers) await learning.stop();
    expect(store.kept.get(keyOf(population))?.seq).toBe(700);
  });

  test("do not keep a server from stopping where the database cannot be had, or says nothing", async () => {
    for (const write of [() => Promise.reject(new Error("gone")), () => new Promise<void>(() => undefined)]) {
      const store = new FakeLearningStore();
      const warned: string[] = [];
      const { learning, clock } = await newServer(store, hashFolding(), {
        warn: (message) => void warned.push(message),
      });
      await store.append(learning, [observation("1", "ann")]);
      await store.append(learning, [observation("2", "ann")]);
      store.write = write;
      const stopped = learning.stop();
      await clock.pass(0);
      await clock.pass(5_000);
      await stopped;
      expect(warned).toEqual([expect.stringContaining("the next start learns them from the log: ")]);
    }
  });
});
