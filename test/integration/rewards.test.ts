import { beforeAll, expect, test } from "@jest/globals";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { CreateApplicationInput, FeedbackInput, ObserveInput } from "../generated/graphql.js";
import { ACTIVATE_MANY, LEARNED_STATE, OBSERVE_MANY, PREDICT_LEARNED } from "../support/learningOperations.js";
import { UPDATE_APPLICATION } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import { connectTo, eachPostgres } from "../support/postgres.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();

function rewarded(feedback: FeedbackInput): Partial<CreateApplicationInput> {
  return { loss: { reward: { min: 0, max: 1 } }, feedback: { logPredictions: "EVIDENCE", ...feedback } };
}

async function receiptOf(server: TestServer, name: string): Promise<string> {
  let receipt = "";
  await until("a prediction", async () => {
    const { predict } = await server.ask(PREDICT_LEARNED, { input: { application: name, input: { values: [1] } } });
    // One that is short of time, as after its start beside other tests, says to ask again.
    if (predict.__typename === "Overloaded") return false;
    if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
    receipt = predict.receipt;
    return true;
  });
  return receipt;
}

async function observe(server: TestServer, ...inputs: ObserveInput[]) {
  return (await server.ask(OBSERVE_MANY, { inputs })).observeMany;
}

async function activate(server: TestServer, ...receipts: string[]) {
  return (await server.ask(ACTIVATE_MANY, { receipts })).activateMany;
}

async function learned(server: TestServer, name: string) {
  const { learnedState } = await server.ask(LEARNED_STATE, { application: name });
  if (learnedState.__typename !== "LearnedState") throw new Error(JSON.stringify(learnedState));
  return learnedState;
}

async function untilObservations(server: TestServer, name: string, count: number): Promise<void> {
  await until(`${count} observations of ${name}`, async () => (await learned(server, name)).observations >= count);
}

await eachPostgres(
  "rewards",
  (postgres) => {
    let url: string;
    let server: TestServer;
    let wrapper: WrapperProcess;

    beforeAll(async () => {
      url = await postgres().newDatabase();
      wrapper = await wrappers.start(noop());
      server = await start();
      await register(server, { model: "noop", wrappers: [wrapper] });
    });

    const start = () => servers.start({ env: { DATABASE_URL: url } });

    async function keysOf(name: string): Promise<readonly string[]> {
      const database = await connectTo(url, 1);
      const rows = await database.sql<{ key: string }[]>`
        select key from observation where shard_key = ${name} and superseded_by is null order by seq`;
      await database.close();
      return rows.map(({ key }) => key);
    }

    test("without a default count together when the wait is over, and silence counts as nothing", async () => {
      await application(server, "silent", ["noop"], rewarded({ rewardWaitMs: 2500, aggregation: "SUM" }));
      const [told, untold] = [await receiptOf(server, "silent"), await receiptOf(server, "silent")];
      const tell = (key: string, reward: number, receipt = told) => ({ of: { receipt }, key, truth: { reward } });
      expect(await observe(server, tell("click", 0.25), tell("buy", 0.5))).toMatchObject([
        { standing: "WAITING", folded: false },
        { standing: "WAITING", folded: false },
      ]);
      await untilObservations(server, "silent", 1);
      expect(await learned(server, "silent")).toMatchObject({ observations: 1, meanLoss: 0.25 });
      // Its wait is over as well: what is told of it late is counted all the same, with no more waiting.
      expect(await observe(server, tell("late", 1, untold))).toMatchObject([{ standing: "WAITING" }]);
      await untilObservations(server, "silent", 2);
      expect(await keysOf("silent")).toEqual(["click", "buy", "$total", "late", "$total"]);
      expect(await server.metric("skysail_default_rewards_total", { application: "silent" })).toBe(0);
      const alone = { name: "silent", feedback: { aggregation: "EARLIEST" } } as const;
      const { updateApplication } = await server.ask(UPDATE_APPLICATION, { input: alone });
      expect(updateApplication).toMatchObject({
        __typename: "BadInput",
        message: expect.stringContaining("feedback.defaultReward: expected a value") as unknown,
      });
    });

    test("count as the default when the wait is over, until one is told after all", async () => {
      await application(server, "defaults", ["noop"], rewarded({ rewardWaitMs: 20, defaultReward: 0.25 }));
      const [told, untold] = [await receiptOf(server, "defaults"), await receiptOf(server, "defaults")];
      await untilObservations(server, "defaults", 2);
      expect(await keysOf("defaults")).toEqual(["$default", "$default"]);
      expect(await server.metric("skysail_default_rewards_total", { application: "defaults" })).toBe(2);
      expect(await learned(server, "defaults")).toMatchObject({ observations: 2, meanLoss: 0.75 });
      expect(await observe(server, { of: { receipt: told }, truth: { reward: 1 } })).toMatchObject([
        { standing: "COUNTED", folded: true, learnedBy: [1], loss: 0, rebuildPending: false },
      ]);
      expect(await learned(server, "defaults")).toMatchObject({ observations: 2, meanLoss: 0.375 });
      expect(await keysOf("defaults")).toEqual(["$default", ""]);
      expect(await observe(server, { of: { receipt: untold }, truth: { reward: 0 }, key: "$default" })).toMatchObject([
        { __typename: "BadInput", message: expect.stringContaining("$") as unknown },
      ]);
    });

    test("that came in time leave nothing to count when the wait is over", async () => {
      await application(server, "prompt", ["noop"], rewarded({ rewardWaitMs: 4000, defaultReward: 0 }));
      const receipt = await receiptOf(server, "prompt");
      const [first, later, again] = [
        ...(await observe(server, { of: { receipt }, truth: { reward: 1 } })),
        ...(await observe(server, { of: { receipt }, truth: { reward: 0 }, key: "later" })),
        ...(await observe(server, { of: { receipt }, truth: { reward: 1 } })),
      ];
      expect(first).toMatchObject({ standing: "COUNTED", folded: true });
      expect(later).toMatchObject({ standing: "NOT_COUNTED", folded: false, learnedBy: [], duplicate: false });
      expect(again).toMatchObject({ standing: "COUNTED", folded: false, learnedBy: [1], duplicate: true });
      const untold = await receiptOf(server, "prompt");
      await untilObservations(server, "prompt", 2);
      expect(await keysOf("prompt")).toEqual(["", "later", "$default"]);
      expect(await learned(server, "prompt")).toMatchObject({ observations: 2, meanLoss: 0.5 });
      expect(untold).not.toBe(receipt);
    });

    test("that wait to be counted together survive the server's death", async () => {
      const waiting = rewarded({ rewardWaitMs: 3000, defaultReward: 0, aggregation: "MEAN" });
      await application(server, "together", ["noop"], waiting);
      const receipt = await receiptOf(server, "together");
      const told = await observe(
        server,
        { of: { receipt }, truth: { reward: 0.5 }, key: "click" },
        { of: { receipt }, truth: { reward: 1 }, key: "buy" },
      );
      expect(told).toMatchObject([
        { standing: "WAITING", folded: false, learnedBy: [] },
        { standing: "WAITING", folded: false, learnedBy: [] },
      ]);
      server.process.signal("SIGKILL");
      await server.process.exited;
      server = await start();
      await untilObservations(server, "together", 1);
      expect(await learned(server, "together")).toMatchObject({ observations: 1, meanLoss: 0.25 });
      expect(await keysOf("together")).toEqual(["click", "buy", "$total"]);
      expect(
        await observe(server, { of: { receipt }, truth: { reward: 0 }, key: "no", supersedes: "click" }),
      ).toMatchObject([{ standing: "COUNTED", folded: true, rebuildPending: false }]);
      expect(await learned(server, "together")).toMatchObject({ observations: 1, meanLoss: 0.5 });
      expect(await keysOf("together")).toEqual(["buy", "no", "$total:no"]);
    });

    test("count once their prediction was shown, and not before", async () => {
      await application(server, "shown", ["noop"], rewarded({ deferActivation: true }));
      await application(server, "plain", ["noop"], rewarded({}));
      const [one, two, never] = [
        await receiptOf(server, "shown"),
        await receiptOf(server, "shown"),
        await receiptOf(server, "shown"),
      ];
      const [plain] = [await receiptOf(server, "plain")];
      await observe(
        server,
        { of: { receipt: one }, truth: { reward: 1 } },
        { of: { receipt: never }, truth: { reward: 1 } },
      );
      expect(await learned(server, "shown")).toMatchObject({ observations: 0 });
      server.process.signal("SIGKILL");
      await server.process.exited;
      server = await start();
      const forged = `${one.slice(0, -1)}${one.endsWith("A") ? "B" : "A"}`;
      expect(await activate(server, one, two, forged, plain)).toMatchObject([
        { __typename: "Activation", folded: true, learnedBy: [1], seq: 3 },
        { __typename: "Activation", folded: false, learnedBy: [], seq: null },
        { __typename: "NotFound" },
        { __typename: "BadInput", message: expect.stringContaining("deferActivation") as unknown },
      ]);
      expect(await learned(server, "shown")).toMatchObject({ observations: 1 });
      expect(await activate(server, one)).toMatchObject([{ __typename: "Activation", folded: false, seq: null }]);
      expect(await observe(server, { of: { receipt: two }, truth: { reward: 1 } })).toMatchObject([
        { standing: "COUNTED", folded: true },
      ]);
      expect(await learned(server, "shown")).toMatchObject({ observations: 2 });
    });

    test("by default of predictions on two servers are counted once each, by whichever comes first", async () => {
      await application(server, "pair", ["noop"], rewarded({ rewardWaitMs: 200, defaultReward: 0 }));
      const other = await start();
      await until(
        "a replica",
        async () => (await other.metric("skysail_model_ready_replicas", { model: "noop" })) === 1,
      );
      const predicting = [server, other].flatMap((each) => Array.from({ length: 60 }, () => receiptOf(each, "pair")));
      await Promise.all(predicting);
      for (const each of [server, other]) await untilObservations(each, "pair", 120);
      expect(await keysOf("pair")).toEqual(Array.from({ length: 120 }, () => "$default"));
      const counted = (each: TestServer) => each.metric("skysail_default_rewards_total", { application: "pair" });
      expect((await counted(server)) + (await counted(other))).toBe(120);
      expect((await learned(other, "pair")).observations).toBe(120);
    });
  },
  ["server"],
);

test("rewards whose wait ended while PostgreSQL was down are counted when it is back", async () => {
  const server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
  await application(server, "outage", ["noop"], rewarded({ rewardWaitMs: 4000, defaultReward: 0, aggregation: "SUM" }));
  const [told] = [await receiptOf(server, "outage"), await receiptOf(server, "outage")];
  expect(await observe(server, { of: { receipt: told }, truth: { reward: 0.5 } })).toMatchObject([
    { standing: "WAITING" },
  ]);
  const pidFile = join(server.folder, "data/postgres/postmaster.pid");
  // Not killed: what predictions its log had got in the last moment may be lost with it.
  process.kill(Number((await readFile(pidFile, "utf8")).split("\n")[0]), "SIGINT");
  await untilObservations(server, "outage", 2);
  expect(await learned(server, "outage")).toMatchObject({ observations: 2, meanLoss: 0.75 });
  expect(await server.metric("skysail_default_rewards_total", { application: "outage" })).toBe(1);
});
