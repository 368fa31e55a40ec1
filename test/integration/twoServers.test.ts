import { beforeAll, expect, test } from "@jest/globals";
import type { CreateApplicationInput, ObserveInput } from "../generated/graphql.js";
import { LEARNED_STATE, OBSERVE_MANY, PREDICT_LEARNED } from "../support/learningOperations.js";
import { until } from "../support/ownProcesses.js";
import { connectTo, eachPostgres } from "../support/postgres.js";
import { application, noop, readyReplicas, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();

const LINEAR: Partial<CreateApplicationInput> = {
  policy: { linear: { prior: { ridge: 0.01 } } },
  loss: { squared: { range: 100 } },
};
const EACH = 5_000;
const TOGETHER = 250;
/** Of a server's observations, those that the other one is told too. */
const SHARED = 500;

await eachPostgres(
  "two servers that learn about one user",
  (postgres) => {
    let url: string;
    let one: TestServer;
    let two: TestServer;
    beforeAll(async () => {
      url = await postgres().newDatabase();
      const env = { DATABASE_URL: url };
      [one, two] = await Promise.all([servers.start({ env }), servers.start({ env })]);
      await register(one, { model: "noop", wrappers: [await wrappers.start(noop())] });
      for (const name of ["counted", "paused"]) await application(one, name, ["noop"], LINEAR);
      await readyReplicas(two, "noop", 1);
      await until("the other server knows them", async () => {
        const { text } = await two.post({ query: '{ application(name: "paused") { models { model } } }' });
        return text.includes("noop");
      });
    });

    async function ask(server: TestServer, name: string, x: number) {
      const input = { application: name, input: { values: [x] }, entity: "ann" };
      const { predict } = await server.ask(PREDICT_LEARNED, { input });
      if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
      return predict;
    }

    /** What a busy database has refused is sent again, as such an answer asks for: nothing of it was stored. */
    async function observe(server: TestServer, inputs: ObserveInput[]) {
      const stored = new Map<ObserveInput, { readonly seq: number; readonly duplicate: boolean }>();
      await until("all are stored", async () => {
        const left = inputs.filter((input) => !stored.has(input));
        const { observeMany } = await server.ask(OBSERVE_MANY, { inputs: left });
        observeMany.forEach((answer, i) => {
          if (answer.__typename === "Observation") stored.set(left[i] as ObserveInput, answer);
          else expect(answer).toMatchObject({ code: "STORE_UNAVAILABLE" });
        });
        return stored.size === inputs.length;
      });
      return inputs.flatMap((input) => stored.get(input) ?? []);
    }

    async function observations(server: TestServer, name: string): Promise<number> {
      const { learnedState } = await server.ask(LEARNED_STATE, { application: name, entity: "ann" });
      if (learnedState.__typename !== "LearnedState") throw new Error(JSON.stringify(learnedState));
      return learnedState.observations;
    }

    test("count each observation once, whoever was told and however often", async () => {
      const { receipt } = await ask(one, "counted", 1);
      const keysOf = (first: number): string[] => Array.from({ length: EACH }, (_, i) => `key ${first + i}`);
      const acknowledged = new Map<string, number>();
      let duplicates = 0;
      const tell = async (server: TestServer, keys: readonly string[]): Promise<void> => {
        for (let from = 0; from < keys.length; from += TOGETHER) {
          const part = keys.slice(from, from + TOGETHER);
          const stored = await observe(
            server,
            part.map((key) => ({ of: { receipt }, key, truth: { number: 3 } })),
          );
          stored.forEach(({ seq, duplicate }, i) => {
            const key = part[i] as string;
            if (duplicate) duplicates += 1;
            expect(acknowledged.get(key) ?? seq).toBe(seq);
            acknowledged.set(key, seq);
          });
        }
      };
      await Promise.all([tell(one, keysOf(0)), tell(two, keysOf(EACH - SHARED))]);
      const distinct = 2 * EACH - SHARED;
      expect([acknowledged.size, duplicates]).toEqual([distinct, SHARED]);
      expect(new Set(acknowledged.values()).size).toBe(distinct);
      for (const server of [one, two]) {
        await until("it knows all", async () => (await observations(server, "counted")) === distinct);
      }
      const database = await connectTo(url, 1);
      const [row] = await database.sql<{ last: number }[]>`
        select last_seq::float8 as last from application_head where shard_key = 'counted'`;
      await database.close();
      expect(row?.last).toBe(distinct);
    });

    test("lose nothing when one is paused in the middle of it, and what that one knew is no longer used", async () => {
      const { receipt } = await ask(one, "paused", 1);
      const tell = (server: TestServer, first: number, count: number) =>
        observe(
          server,
          Array.from({ length: count }, (_, i) => ({ of: { receipt }, key: `${first + i}`, truth: { number: 3 } })),
        );
      await tell(one, 0, 20);
      const pausedWith = tell(one, 20, 20);
      one.process.signal("SIGSTOP");
      // A transaction that it may have left open is ended by the database after two seconds.
      let told = 0;
      await until("the other server goes on", async () => {
        const { observeMany } = await two.ask(OBSERVE_MANY, {
          inputs: Array.from({ length: 20 }, (_, i) => ({
            of: { receipt },
            key: `${100 + i}`,
            truth: { number: -3 },
          })),
        });
        told = observeMany.filter(({ __typename }) => __typename === "Observation").length;
        return told === 20;
      });
      one.process.signal("SIGCONT");
      // Its own may have failed while it was paused: who was not acknowledged tells it again.
      await pausedWith.catch(() => undefined);
      await until("the paused server goes on", async () => {
        const again = await tell(one, 20, 20).catch(() => []);
        return again.length === 20;
      });
      await tell(one, 200, 20);
      for (const server of [one, two]) {
        await until("it knows all", async () => (await observations(server, "paused")) === 80);
      }
      const [here, there] = [await ask(one, "paused", 4), await ask(two, "paused", 4)];
      expect(here.output).toEqual(there.output);
    });
  },
  ["system"],
);
