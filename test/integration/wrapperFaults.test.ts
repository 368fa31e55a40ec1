import { beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { until } from "../support/ownProcesses.js";
import {
  allowTime,
  application,
  misbehaving,
  predict,
  predictMany,
  readyReplicas,
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
const WHILE_HELD = 45_000;

describe("a wrapper killed with a batch in it", () => {
  let server: TestServer;
  let value = 0;
  beforeAll(async () => {
    server = await servers.start();
  });

  async function withReplicas(model: string, count: number): Promise<WrapperProcess[]> {
    const started = await Promise.all(Array.from({ length: count }, () => wrappers.start(misbehaving(model))));
    await register(server, { model, wrappers: started });
    const common = { ...TWO_NUMBERS, sloMs: WHILE_HELD };
    await application(server, `${model}-plain`, [model], common);
    await application(server, `${model}-safe`, [model], { ...common, defaultOutput: { number: -1 } });
    return started;
  }

  test("leaves its rows to the other replica", async () => {
    const [first, second] = (await withReplicas("two", 2)) as [WrapperProcess, WrapperProcess];
    const input = way("held", ++value);
    const answer = predict(server, "two-plain", input);
    const victim = await Promise.race([
      first.logged("holding").then(() => first),
      second.logged("holding").then(() => second),
    ]);
    const other = victim === first ? second : first;
    victim.signal("SIGKILL");
    await other.logged("holding");
    other.signal("SIGUSR2");
    expect(await answer).toMatchObject({ source: "MODEL", output: { number: input.values[1] } });
    expect(await server.metric("skysail_model_rows_total", { model: "two", result: "retried" })).toBe(1);
  });

  test("is answered for at once where there is no other: with the default, or a typed failure", async () => {
    const [only] = (await withReplicas("one", 1)) as [WrapperProcess];
    const answers = Promise.all([
      predict(server, "one-plain", way("held", ++value)),
      predict(server, "one-safe", way("held", ++value)),
      predict(server, "one-safe", way("right", ++value)),
    ]);
    await only.logged("holding");
    const killedMs = performance.now();
    only.signal("SIGKILL");
    const [plain, safe, queued] = await answers;
    // Long before their deadline.
    expect(performance.now() - killedMs).toBeLessThan(WHILE_HELD / 3);
    expect(plain).toMatchObject({ __typename: "Unavailable", code: "MODEL_UNAVAILABLE", retryable: true });
    for (const one of [safe, queued]) expect(one).toMatchObject({ source: "DEFAULT", output: { number: -1 } });
    expect([plain, safe, queued]).toContainEqual(
      expect.objectContaining({ defaultReason: expect.stringMatching(/^(MODEL_ERROR|NO_REPLICA)$/) }),
    );
    expect(await predict(server, "one-safe", way("right", ++value))).toMatchObject({ defaultReason: "NO_REPLICA" });
  });
});

describe("the wrappers that the server launched", () => {
  let server: TestServer;
  const models = ["digits-logistic", "digits-mlp", "digits-forest"];
  const image = () => ({ values: Array.from({ length: 64 }, () => Math.floor(Math.random() * 17)) });
  beforeAll(async () => {
    server = await servers.start({ args: [] });
    await allowTime(server, "digits");
  });
  beforeEach(() => Promise.all(models.map((model) => readyReplicas(server, model, 1))));

  test("when one is killed, the others answer without it, and say so", async () => {
    process.kill(server.process.pidOf("digits-mlp.onnx"), "SIGKILL");
    // At once, and not when the server has seen it: it may be back by then.
    const answer = await predict(server, "digits", image());
    expect(answer).toMatchObject({ source: "PARTIAL", modelsMissing: [{ model: "digits-mlp" }] });
    expect(answer.__typename === "Prediction" && answer.models.length).toBe(2);
  });

  test("when all are killed under load, every query is answered, and all models answer again", async () => {
    let lost = false;
    const load = (async () => {
      const answers = [];
      while (!lost || answers.length < 50) answers.push(...(await predictMany(server, "digits", [image(), image()])));
      return answers;
    })();
    for (const model of models) process.kill(server.process.pidOf(`${model}.onnx`), "SIGKILL");
    for (const model of ["digits-logistic", "digits-forest"])
      await server.process.stderr.line(new RegExp(`\\[${model}@1\\] ended with SIGKILL`));
    const whole = async () => {
      const answer = await predict(server, "digits", image());
      return answer.__typename === "Prediction" && answer.source === "ENSEMBLE";
    };
    await until("all answer again", whole);
    lost = true;
    for (const answer of await load) expect(answer.__typename).toBe("Prediction");
    expect(server.process.stderr.text).toMatch(/\[digits-mlp@1\] ended with SIGKILL; restart in \d+ ms/);
  });
});
