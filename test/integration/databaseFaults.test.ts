import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { CreateApplicationInput, ObserveInput } from "../generated/graphql.js";
import { FaultProxy } from "../../bench/faultProxy.js";
import { OBSERVE_MANY, PREDICT_LEARNED } from "../support/learningOperations.js";
import { until } from "../support/ownProcesses.js";
import { administer, connectTo, eachPostgres } from "../support/postgres.js";
import { application, noop, readyReplicas, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();

const LINEAR: Partial<CreateApplicationInput> = {
  policy: { linear: { prior: { ridge: 0.01 } } },
  loss: { squared: { range: 100 } },
};

async function ask(server: TestServer, x: number, entity: string, deadlineMs?: number) {
  const input = { application: "lines", input: { values: [x] }, entity, deadlineMs };
  const { predict } = await server.ask(PREDICT_LEARNED, { input });
  if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
  return predict;
}

async function observe(server: TestServer, input: ObserveInput) {
  const { observeMany } = await server.ask(OBSERVE_MANY, { inputs: [input] });
  return observeMany[0];
}

/** Resolves with the answer when it was stored at last. */
async function observed(server: TestServer, input: ObserveInput) {
  let last: Awaited<ReturnType<typeof observe>>;
  await until("the observation is stored", async () => {
    last = await observe(server, input);
    return last?.__typename === "Observation";
  });
  return last;
}

const health = async (server: TestServer) => JSON.parse((await server.request("/health/ready")).text) as object;

await eachPostgres(
  "a server whose database has a fault",
  (postgres) => {
    let proxy: FaultProxy;
    let server: TestServer;
    let url: string;

    beforeAll(async () => {
      url = await postgres().newDatabase();
      const { hostname, port } = new URL(url);
      proxy = await FaultProxy.start({ host: hostname, port: Number(port) });
      const proxied = Object.assign(new URL(url), { hostname: "127.0.0.1", port: String(proxy.port) }).href;
      server = await servers.start({ env: { DATABASE_URL: proxied } });
      await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
      await application(server, "lines", ["noop"], LINEAR);
      const { receipt } = await ask(server, 1, "ann");
      await observed(server, { of: { receipt }, truth: { number: 3 } });
    });
    afterAll(async () => {
      proxy.toxics = {};
      await server.stop();
      await proxy.down();
    });

    async function log(): Promise<string[]> {
      const database = await connectTo(url, 1);
      const rows = await database.sql<{ key: string }[]>`select key from observation order by seq`;
      await database.close();
      return rows.map(({ key }) => key);
    }

    test("predicts on while it is down, refuses observations, says so in its health, and resumes by itself", async () => {
      await proxy.down();
      const known = await ask(server, 2, "ann");
      expect(known).toMatchObject({ personalised: true });
      expect(await ask(server, 2, "never seen")).toMatchObject({ personalised: false });
      const given = { of: { receipt: known.receipt }, truth: { number: 6 }, key: "down" };
      expect(await observe(server, given)).toMatchObject({ code: "STORE_UNAVAILABLE", retryable: true });
      const later = { ...given, key: "later" };
      expect(await observe(server, later)).toMatchObject({ code: "STORE_UNAVAILABLE", retryAfterMs: 500 });
      await until(
        "the state's age grows",
        async () => (await ask(server, 2, "ann")).stateAgeMs > known.stateAgeMs + 600,
      );
      await until("its health tells", async () => "degraded" in (await health(server)));
      expect(await health(server)).toMatchObject({ ready: true, degraded: expect.stringContaining("database") });
      const stalled = () => server.metric("skysail_learning_stalled");
      await until("its learning is said to have stalled", async () => (await stalled()) > 0);
      await proxy.up();
      expect(await observed(server, given)).toMatchObject({ duplicate: false, folded: true });
      await until("its health is good", async () => !("degraded" in (await health(server))));
      await until("its learning goes on", async () => (await stalled()) === 0);
      expect((await log()).filter((key) => key === "down")).toHaveLength(1);
    });

    test("answers with failures what it would have to read while it is down, and all that stands beside it", async () => {
      await proxy.down();
      const failed = "{ __typename ... on Failure { code retryable message } }";
      const read = ["auditLog", "verifyAuditLog", "deployments", 'policyEvents(application: "lines")'];
      const fields = read.map((field, i) => `f${i}: ${field} ${failed}`).join(" ");
      const { text } = await server.post({ query: `{ ${fields} applications { edges { node { name } } } }` });
      const { data, errors } = JSON.parse(text) as { data: Record<string, unknown>; errors?: unknown };
      const message = "nothing was stored: the database does not answer";
      const unavailable = { __typename: "Unavailable", code: "STORE_UNAVAILABLE", retryable: true, message };
      const expected = Object.fromEntries(read.map((_, i) => [`f${i}`, unavailable]));
      expect({ data, errors }).toEqual({
        data: { ...expected, applications: { edges: [{ node: { name: "lines" } }] } },
      });
      expect(server.process.stderr.text).toContain("the database did not do what it was asked: ");
      await proxy.up();
      await until("its health is good", async () => !("degraded" in (await health(server))));
    });

    test("says OUTCOME_UNKNOWN where no answer came to the commit, gives that connection up, and stores a repetition once", async () => {
      const { receipt } = await ask(server, 3, "ann");
      const given = { of: { receipt }, truth: { number: 9 }, key: "unknown" };
      proxy.toxics = { silentAt: { side: "server", text: "COMMIT" } };
      expect(await observe(server, given)).toMatchObject({ code: "OUTCOME_UNKNOWN", retryable: true });
      const before = proxy.connections;
      proxy.toxics = {};
      await until("the commit is there", async () => (await log()).includes("unknown"));
      expect(await observed(server, given)).toMatchObject({ duplicate: true });
      expect(proxy.connections).toBeGreaterThan(before);
      expect((await log()).filter((key) => key === "unknown")).toHaveLength(1);
    });

    test("answers in time without what it would have to wait for, and observes more slowly, 200 ms away", async () => {
      proxy.toxics = { latencyMs: 100 };
      // The objective is half of one way there and back: who waited would be late.
      const stranger = await ask(server, 4, "far away", 100);
      expect(stranger).toMatchObject({ personalised: false });
      expect(stranger.models).toEqual([{ model: "noop" }]);
      const given = { of: { receipt: stranger.receipt }, truth: { number: 12 }, key: "slow" };
      expect(await observed(server, given)).toMatchObject({ folded: true });
      // From here on this server has it.
      expect(await ask(server, 4, "far away", 100)).toMatchObject({ personalised: true });
      proxy.toxics = {};
    });
  },
  ["system"],
);

await eachPostgres(
  "a server on a database that it cannot trust",
  (postgres) => {
    test("whose schema is newer does not start, and says which migration it does not know", async () => {
      const url = await postgres().newDatabase();
      const first = await servers.start({ env: { DATABASE_URL: url } });
      await first.stop();
      await administer(url, "insert into schema_migration (name, sha256) values ('9999_future', 'x')");
      const refused = await servers.launch({ env: { DATABASE_URL: url } });
      expect(await refused.process.exited).toMatchObject({ code: 1 });
      expect(refused.process.stderr.text).toContain("9999_future");
    });

    describe("where commits do not survive a power cut", () => {
      test("acknowledges nothing, names the setting, and goes on when it is corrected", async () => {
        const url = await postgres().newDatabase();
        const name = new URL(url).pathname.slice(1);
        const server = await servers.start({ env: { DATABASE_URL: url } });
        await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
        await application(server, "lines", ["noop"], LINEAR);
        await readyReplicas(server, "noop", 1);
        await administer(url, `alter database ${name} set synchronous_commit = off`);
        const { receipt } = await ask(server, 1, "ann");
        const refusal = await observe(server, { of: { receipt }, truth: { number: 3 } });
        expect(refusal).toMatchObject({ code: "STORE_UNAVAILABLE" });
        expect(refusal).toMatchObject({ message: expect.stringContaining("synchronous_commit=off") });
        await administer(url, `alter database ${name} reset synchronous_commit`);
        expect(await observed(server, { of: { receipt }, truth: { number: 3 } })).toMatchObject({ duplicate: false });
      });
    });
  },
  ["system"],
);
