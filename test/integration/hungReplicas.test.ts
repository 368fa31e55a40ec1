import { beforeAll, describe, expect, test } from "@jest/globals";
import { MODEL } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import {
  application,
  misbehaving,
  noop,
  predict,
  predictMany,
  register,
  testWrappers,
  TWO_NUMBERS,
  way,
} from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";
import type { WrapperProcess } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();

let server: TestServer;
let value = 0;
beforeAll(async () => {
  server = await servers.start();
});

async function replicaOf(model: string, wrapper: WrapperProcess) {
  const { model: found } = await server.ask(MODEL, { name: model });
  const replica = found?.versions[0]?.replicas.find(({ endpoint }) => endpoint === wrapper.ready.listening);
  if (replica === undefined) throw new Error(`${model} has no replica at ${wrapper.ready.listening}`);
  return replica;
}

describe("one of three replicas that stops", () => {
  let all: WrapperProcess[];
  const input = () => ({ values: [++value] });
  const answer = async () => {
    const answered = await predict(server, "stopping", input());
    expect(answered).toMatchObject({ __typename: "Prediction", source: "MODEL" });
  };
  beforeAll(async () => {
    all = await Promise.all([1, 2, 3].map(() => wrappers.start(noop("--name", "stopping"))));
    await register(server, { model: "stopping", wrappers: all });
    await application(server, "stopping", ["stopping"], { sloMs: 2000 });
    // Until something is known of all three.
    for (let i = 0; i < 10; i++) await predictMany(server, "stopping", Array.from({ length: 30 }, input));
  });

  test("does not keep a query from its answer, is seen to be gone, and serves again when it goes on", async () => {
    const [stopped] = all as [WrapperProcess];
    stopped.signal("SIGSTOP");
    await until("it is ejected, or its link lost", async () => {
      await Promise.all([1, 2, 3, 4].map(answer));
      return (await replicaOf("stopping", stopped)).state !== "READY";
    });
    const { problem } = await replicaOf("stopping", stopped);
    expect(problem).toMatch(/no reply in time|did not answer|keepalive|ping/i);
    for (let i = 0; i < 20; i++) await answer();
    stopped.signal("SIGCONT");
    await until("it is ready", async () => {
      await answer();
      return (await replicaOf("stopping", stopped)).state === "READY";
    });
  });
});

describe("replicas whose model never answers a batch", () => {
  const held = (more: Parameters<typeof application>[3] = {}, model = "holding") =>
    application(server, model, [model], { ...TWO_NUMBERS, sloMs: 500, ...more });

  test("are ejected, after which queries are refused at once; and serve again when they answer", async () => {
    const only = await wrappers.start(misbehaving("holding"));
    await register(server, { model: "holding", wrappers: [only] });
    await held();
    for (let i = 0; i < 5; i++) await predict(server, "holding", way("right", ++value));
    await until("the replica is ejected", async () => {
      await Promise.all([1, 2].map(() => predict(server, "holding", way("held", ++value))));
      return (await replicaOf("holding", only)).state === "EJECTED";
    });
    // One query may be the next probe; the other is not kept waiting.
    const [one, other] = await Promise.all([1, 2].map(() => predict(server, "holding", way("held", ++value))));
    expect([one, other]).toContainEqual(
      expect.objectContaining({
        __typename: "Unavailable",
        code: "MODEL_UNAVAILABLE",
        message: expect.stringMatching(/its only replica is ejected .* the next try is in \d+ ms/),
        retryAfterMs: expect.any(Number),
      }),
    );
    for (let i = 0; i < 50; i++) only.signal("SIGUSR2");
    await until("it answers again", async () => {
      const answered = await predict(server, "holding", way("right", ++value));
      return answered.__typename === "Prediction";
    });
    expect((await replicaOf("holding", only)).state).toBe("READY");
  });
});

describe("an input that ends every wrapper it comes to", () => {
  test("ends two of three and is refused from then on, while the last one serves", async () => {
    const all = await Promise.all([1, 2, 3].map(() => wrappers.start(misbehaving("mortal"))));
    await register(server, { model: "mortal", wrappers: all });
    await application(server, "mortal", ["mortal"], { ...TWO_NUMBERS, sloMs: 3000 });
    await application(server, "mortal-safe", ["mortal"], {
      ...TWO_NUMBERS,
      sloMs: 3000,
      defaultOutput: { number: -1 },
    });
    const poison = way("exit", 1);
    const refused = { __typename: "BadInput", code: "BAD_INPUT", retryable: false };
    const message = expect.stringMatching(/^model mortal@1 ended twice .* quarantined as POISON for \d+ s/);
    expect(await predict(server, "mortal", poison)).toMatchObject({ ...refused, message });
    expect(await predict(server, "mortal-safe", poison)).toMatchObject({
      source: "DEFAULT",
      defaultReason: "MODEL_ERROR",
    });
    for (let i = 0; i < 10; i++) {
      expect(await predict(server, "mortal", poison)).toMatchObject(refused);
      const answered = await predict(server, "mortal", way("right", ++value));
      expect(answered).toMatchObject({ __typename: "Prediction", output: { number: value } });
    }
    expect(await server.metric("skysail_model_ready_replicas", { model: "mortal" })).toBe(1);
  });
});
