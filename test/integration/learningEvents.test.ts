import { beforeAll, expect, test } from "@jest/globals";
import { createClient } from "graphql-ws";
import type { Client } from "graphql-ws";
import type { ExecutionResult } from "graphql";
import { WebSocket } from "ws";
import type { CreateApplicationInput, LearningEventsSubscription } from "../generated/graphql.js";
import {
  CHANGE_POLICY,
  DELETE_ENTITY,
  eventsOf,
  LEARNING_EVENTS,
  OBSERVE_MANY,
  PREDICT_LEARNED,
  POLICY_EVENTS,
} from "../support/learningOperations.js";
import { until } from "../support/ownProcesses.js";
import { DELETE_APPLICATION } from "../support/operations.js";
import { eachPostgres } from "../support/postgres.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();

/** The model says x, and is as wrong as can be by 10. */
const ENSEMBLE: Partial<CreateApplicationInput> = {
  policy: { ensemble: {} },
  loss: { absolute: { range: 10 } },
};

function connect(server: TestServer): Client {
  return createClient({
    url: `${server.url.replace("http", "ws")}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  });
}

function follow(client: Client, name: string, afterSeq?: number) {
  const variables = { application: name, afterSeq };
  return client.iterate<LearningEventsSubscription>({ query: LEARNING_EVENTS.toString(), variables });
}

async function next(from: ReturnType<typeof follow>) {
  const result = (await from.next()) as { value?: ExecutionResult<LearningEventsSubscription> };
  if (result.value?.data == null) throw new Error(JSON.stringify(result));
  const { content, ...event } = result.value.data.learningEvents;
  return { ...event, content: JSON.parse(content) as Record<string, unknown> };
}

async function nextAdaptation(from: ReturnType<typeof follow>): Promise<Record<string, unknown>> {
  for (;;) {
    const { kind, content } = await next(from);
    if (kind === "ADAPTATION") return content;
  }
}

interface OperationalEvents {
  events: { kind: string; after: string | null };
}

function followOperations(client: Client) {
  const query = 'subscription { events(of: { application: "stalling" }) { kind after } }';
  return client.iterate<OperationalEvents>({ query });
}

async function untilAdaptation(from: ReturnType<typeof followOperations>, state: string): Promise<void> {
  for (;;) {
    const { value } = (await from.next()) as { value?: ExecutionResult<OperationalEvents> };
    if (value?.data == null) throw new Error(JSON.stringify(value));
    if (value.data.events.kind === "ADAPTATION" && value.data.events.after === state) return;
  }
}

/** Of twelve users, a prior, and two more. */
const LAST_SEQ = 12 * 20 + 1 + 2;

let keys = 0;

/** Examples of one user, `wrongBy` beside what the model says. */
async function observe(
  server: TestServer,
  name: string,
  entity: string,
  count: number,
  wrongBy: number,
): Promise<void> {
  const example = { application: name, input: { values: [1] }, entity };
  const inputs = Array.from({ length: count }, () => ({
    of: { example },
    truth: { number: 1 + wrongBy },
    key: `k${keys++}`,
  }));
  let left = inputs;
  await until("all are observed", async () => {
    const { observeMany } = await server.ask(OBSERVE_MANY, { inputs: left });
    const kinds = observeMany.map(({ __typename }) => __typename);
    // Examples are bulk work, which a server that is short of time refuses.
    expect(kinds.filter((kind) => kind !== "Observation" && kind !== "Overloaded")).toEqual([]);
    left = left.filter((_, i) => kinds[i] === "Overloaded");
    return left.length === 0;
  });
}

await eachPostgres(
  "events of what is learned",
  (postgres) => {
    let one: TestServer;
    let two: TestServer;

    beforeAll(async () => {
      const env = { DATABASE_URL: await postgres().newDatabase() };
      [one, two] = await Promise.all([servers.start({ env }), servers.start({ env })]);
      await register(one, { model: "noop", wrappers: [await wrappers.start(noop())] });
      for (const name of ["drifting", "stalling", "changed", "behind"])
        await application(one, name, ["noop"], ENSEMBLE);
      await application(one, "personal", ["noop"], { ...ENSEMBLE, policy: { linear: {} }, sloMs: 2000 });
      await until("the other server knows them and the model", async () => {
        const answer = await two.post({ query: '{ application(name: "personal") { models { model } } }' });
        return answer.text.includes("noop") && (await two.metric("skysail_model_ready_replicas")) === 1;
      });
    });

    async function logged(name: string) {
      const { policyEvents } = await one.ask(POLICY_EVENTS, { application: name });
      return eventsOf(policyEvents).reverse();
    }

    test("tell of drift on every server, once, and without the name of an entity that was deleted since", async () => {
      const clients = [connect(one), connect(two)];
      const feeds = clients.map((client) => follow(client, "drifting", 0));
      // Both servers take observations of the same entity by turns.
      for (let i = 0; i < 4; i++) await observe([one, two][i % 2] as TestServer, "drifting", "ann", 32, 0);
      for (let i = 0; i < 4; i++) await observe([one, two][i % 2] as TestServer, "drifting", "ann", 32, 10);
      const heard = await Promise.all(
        feeds.map(async (feed) => [await next(feed), await next(feed), await next(feed)]),
      );
      expect(heard[0]).toEqual(heard[1]);
      expect(heard[0]?.map(({ content }) => content["of"]).sort()).toEqual(["APPLICATION", "ENTITY", "MODEL"]);
      for (const { kind, content } of heard[0] ?? []) {
        expect(kind).toBe("DRIFT");
        expect(content).toMatchObject({ policyVersion: 1 });
        expect(content["meanLossBefore"]).toBeLessThan(0.2);
        expect(content["meanLossAfter"]).toBeGreaterThan(0.8);
      }
      expect(await logged("drifting")).toHaveLength(3);
      expect(JSON.stringify(await logged("drifting"))).toContain("ann");
      const told = await Promise.all(
        [one, two].map((server) => server.metric("skysail_drifts_total", { application: "drifting" })),
      );
      expect(told.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      await one.ask(DELETE_ENTITY, { application: "drifting", entity: "ann" });
      expect(JSON.stringify(await logged("drifting"))).not.toContain("ann");
      for (const client of clients) await client.dispose();
    });

    test("tell on every server when learning does not make up for a change, and when it does again", async () => {
      const [client, operations] = [connect(two), connect(two)];
      const feed = follow(client, "stalling", 0);
      const events = followOperations(operations);
      await observe(one, "stalling", "ann", 128, 0);
      for (const server of [one, two, one]) await observe(server, "stalling", "ann", 200, 10);
      const stalled = await nextAdaptation(feed);
      expect(stalled).toMatchObject({ state: "STALLED", policyVersion: 1, meanLossBefore: 0, meanLoss: 1 });
      expect(stalled["remedy"]).toContain("train");
      for (const server of [one, two]) {
        await until(
          "the server knows",
          async () => (await server.metric("skysail_adaptation_stalled", { application: "stalling" })) === 1,
        );
      }
      const ask = '{ learnedState(application: "stalling") { ... on LearnedState { adaptation } } }';
      expect((await two.post({ query: ask })).text).toContain("STALLED");
      // The feed samples: what has passed before it looks it does not tell.
      await untilAdaptation(events, "STALLED");
      await observe(two, "stalling", "ann", 700, 0);
      const steady = await nextAdaptation(feed);
      expect(steady).toMatchObject({ state: "STEADY", meanLoss: 0 });
      expect(steady).not.toHaveProperty("remedy");
      await untilAdaptation(events, "STEADY");
      for (const one of [client, operations]) await one.dispose();
    });

    test("are pushed from now on, and after a place that is named", async () => {
      const client = connect(two);
      const feed = follow(client, "changed");
      const first = next(feed);
      const change = (what: "freeze" | "reset") =>
        one.ask(CHANGE_POLICY, {
          ...{ application: "changed", version: 1, freeze: false, fork: false, rollback: false, reset: false },
          [what]: true,
        });
      // The subscription may begin after the first of them: then it hears of the next.
      await until("the feed has begun", async () => {
        await change("freeze");
        return Promise.race([first.then(() => true), new Promise<boolean>((resolve) => setImmediate(resolve, false))]);
      });
      const { seq } = await first;
      await change("reset");
      const again = follow(client, "changed", seq);
      const all = (await logged("changed")).filter((event) => event.seq > seq);
      for (const event of all) expect(await next(again)).toMatchObject({ seq: event.seq, kind: "POLICY" });
      await client.dispose();
    });

    test("tell once, of two servers, what new entities begin with, and both have them begin so", async () => {
      const client = connect(two);
      const feed = follow(client, "personal", 0);
      for (let user = 0; user < 12; user++) await observe(one, "personal", `u${user}`, 20, 2 + (user % 3));
      // The job of either server looks every few seconds, and is content with ten users who have said enough.
      const { kind, content } = await next(feed);
      expect(kind).toBe("PRIOR");
      expect(content).toMatchObject({ policyVersion: 1, prior: { models: ["noop"] } });
      expect([10, 11, 12]).toContain((content["prior"] as { entities: number }).entities);
      const told = (await logged("personal")).filter((event) => event.kind === "PRIOR");
      expect(told).toHaveLength(1);
      await observe(two, "personal", "born on two", 1, 2);
      await observe(one, "personal", "born on one", 1, 2);
      const numbers = await Promise.all(
        [one, two].map(async (server) => {
          const input = {
            application: "personal",
            input: { values: [1] },
            entity: "born on one",
            minStateSeq: LAST_SEQ,
          };
          const { predict } = await server.ask(PREDICT_LEARNED, { input });
          return predict.__typename === "Prediction" && "number" in predict.output ? predict.output.number : NaN;
        }),
      );
      expect(numbers[0]).toBe(numbers[1]);
      // What it says is between what the model says and the truth, which users differ in little.
      expect(numbers[0]).toBeGreaterThan(2);
      await client.dispose();
    });

    test("and all else that is followed of an application end when it is deleted, on every server", async () => {
      await application(one, "leaving", ["noop"], ENSEMBLE);
      await until("the other server knows it", async () => {
        return (await two.post({ query: '{ application(name: "leaving") { name } }' })).text.includes("leaving");
      });
      await one.ask(CHANGE_POLICY, {
        ...{ application: "leaving", version: 1, freeze: true, fork: false, rollback: false, reset: false },
      });
      const client = connect(two);
      const learned = follow(client, "leaving", 0);
      const events = client.iterate({ query: 'subscription { events(of: { application: "leaving" }) { kind } }' });
      const ended = async (from: AsyncIterable<unknown>): Promise<void> => {
        for await (const _ of from);
      };
      const ends = [ended(events)];
      expect(await next(learned)).toMatchObject({ kind: "POLICY" });
      ends.push(ended(learned));
      await one.ask(DELETE_APPLICATION, { name: "leaving" });
      await Promise.all(ends);
      await client.dispose();
    });

    test("are refused for an application that is none, and for a place that is none", async () => {
      const client = connect(one);
      const refused = async (name: string, afterSeq?: number) =>
        JSON.stringify(await follow(client, name, afterSeq).next());
      expect(await refused("nobody")).toContain("NOT_FOUND");
      expect(await refused("behind", -1)).toContain("afterSeq: expected");
      await client.dispose();
    });
  },
  ["server"],
);
