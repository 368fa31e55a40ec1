import { beforeAll, describe, expect, test } from "@jest/globals";
import type { CreateApplicationInput, ObserveInput } from "../generated/graphql.js";
import { OBSERVE_MANY, PREDICT_LEARNED } from "../support/learningOperations.js";
import { UPDATE_APPLICATION } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import { eachPostgres } from "../support/postgres.js";
import { application, noop, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();

/** The model says x; what is true for this application's users is another line for each. */
const LINEAR: Partial<CreateApplicationInput> = {
  policy: { linear: { prior: { ridge: 0.01 } } },
  loss: { squared: { range: 100 } },
};

async function ask(server: TestServer, name: string, x: number, entity?: string, minStateSeq?: number) {
  const input = { application: name, input: { values: [x] }, entity, minStateSeq };
  const { predict } = await server.ask(PREDICT_LEARNED, { input });
  if (predict.__typename !== "Prediction") throw new Error(JSON.stringify(predict));
  const { output, ...rest } = predict;
  return { ...rest, number: "number" in output ? output.number : NaN };
}

async function observe(server: TestServer, inputs: ObserveInput[]) {
  let observed: Awaited<ReturnType<typeof observeOnce>> = [];
  // Examples are bulk work, which a server that is short of time refuses.
  await until("they are taken", async () => {
    observed = await observeOnce(server, inputs);
    return observed.every(({ __typename }) => __typename !== "Overloaded");
  });
  return observed;
}

async function observeOnce(server: TestServer, inputs: ObserveInput[]) {
  return (await server.ask(OBSERVE_MANY, { inputs })).observeMany;
}

/** Predicts and tells the truth, `factor` times x, for a user. */
async function teach(
  server: TestServer,
  name: string,
  entity: string,
  factor: number,
  rounds: number,
): Promise<number> {
  let last = 0;
  for (let i = 0; i < rounds; i++) {
    const x = 1 + (i % 5);
    const { receipt } = await ask(server, name, x, entity);
    const [stored] = await observe(server, [{ of: { receipt }, truth: { number: factor * x } }]);
    if (stored?.__typename !== "Observation") throw new Error(JSON.stringify(stored));
    expect(stored).toMatchObject({ folded: true, duplicate: false });
    last = stored.stateSeq;
  }
  return last;
}

describe("what was observed", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await servers.start();
    await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
    for (const name of ["lines", "corrected", "late", "rewarded"]) {
      await application(server, name, ["noop"], name === "rewarded" ? REWARDED : LINEAR);
    }
    await application(server, "covered", ["noop"], { ...LINEAR, policy: { static: {} }, coverage: 0.5 });
    await application(server, "shy", ["noop"], { ...SHY, defaultOutput: { number: 0 } });
  });
  const REWARDED: Partial<CreateApplicationInput> = { loss: { reward: { min: 0, max: 1 } } };
  const SHY: Partial<CreateApplicationInput> = { ...REWARDED, feedback: { apprentice: true } };

  test("counts for the next prediction of its user, and leaves the others with what was learned of all", async () => {
    expect(await ask(server, "lines", 4, "ann")).toMatchObject({ number: 4, personalised: false, stateSeq: 0 });
    const seq = await teach(server, "lines", "ann", 3, 20);
    const ann = await ask(server, "lines", 4, "ann");
    expect(ann).toMatchObject({ personalised: true, stateSeq: seq });
    expect(ann.number).toBeCloseTo(12, 0);
    await teach(server, "lines", "bob", -3, 20);
    expect((await ask(server, "lines", 4, "ann")).number).toBeCloseTo(12, 0);
    expect((await ask(server, "lines", 4, "bob")).number).toBeCloseTo(-12, 0);
    expect(await ask(server, "lines", 4, "zoe")).toMatchObject({ personalised: false });
  });

  test("is taken without a receipt, each with its own result", async () => {
    const example = { application: "lines", input: { values: [2] }, entity: "eve" };
    const results = await observe(server, [
      { of: { example }, truth: { number: 10 }, key: "first" },
      { of: { example }, truth: { number: 10 } },
      { of: { example: { ...example, input: { values: [1, 2] } } }, truth: { number: 10 }, key: "long" },
      { of: { example: { ...example, application: "nobody" } }, truth: { number: 10 }, key: "k" },
      { of: { example }, truth: { number: 10 }, key: "first" },
    ]);
    expect(results).toMatchObject([
      { duplicate: false, folded: true },
      { __typename: "BadInput", message: expect.stringMatching(/^input\.observations\.1\.key: /) as unknown },
      {
        __typename: "BadInput",
        message: expect.stringMatching(/^input\.observations\.2\.of\.example\.input/) as unknown,
      },
      { __typename: "NotFound" },
      { duplicate: true },
    ]);
    expect(await ask(server, "lines", 2, "eve")).toMatchObject({ personalised: true });
  });

  test("can be corrected: what was wrong no longer counts for its user", async () => {
    const { receipt } = await ask(server, "corrected", 1, "ann");
    await observe(server, [{ of: { receipt }, truth: { number: 100 } }]);
    const wrong = (await ask(server, "corrected", 1, "ann")).number;
    expect(wrong).toBeGreaterThan(50);
    const [corrected] = await observe(server, [
      { of: { receipt }, truth: { number: 2 }, key: "again", supersedes: "" },
    ]);
    expect(corrected).toMatchObject({ __typename: "Observation", folded: true });
    expect((await ask(server, "corrected", 1, "ann")).number).toBeLessThan(10);
  });

  test("of a prediction by an earlier policy is learned by that one, and by the current one too where all was seen", async () => {
    const { receipt } = await ask(server, "late", 1, "ann");
    await server.ask(UPDATE_APPLICATION, { input: { name: "late", policy: { ensemble: {} } } });
    expect(await observe(server, [{ of: { receipt }, truth: { number: 1 } }])).toMatchObject([{ learnedBy: [1, 2] }]);
    const now = await ask(server, "late", 1, "ann");
    expect(now.personalised).toBe(true);
    expect(await observe(server, [{ of: { receipt: now.receipt }, truth: { number: 1 } }])).toMatchObject([
      { learnedBy: [2] },
    ]);
  });

  test("gives sets of the coverage that the application states now, by all that was observed before", async () => {
    const examples = Array.from({ length: 100 }, (_, i) => ({
      of: { example: { application: "covered", input: { values: [i] } } },
      key: `k${i}`,
      // Off by 1 to 100, in no order.
      truth: { number: i + 1 + ((37 * i) % 100) },
    }));
    await observe(server, examples);
    const halfWidth = async () => {
      const { predictionSet } = await ask(server, "covered", 0);
      return predictionSet?.high ?? undefined;
    };
    const state = async (coverage: number | null) => {
      const { updateApplication } = await server.ask(UPDATE_APPLICATION, { input: { name: "covered", coverage } });
      return updateApplication.__typename;
    };
    expect(Math.abs(((await halfWidth()) ?? NaN) - 50)).toBeLessThan(15);
    expect(await state(0.95)).toBe("Application");
    expect(Math.abs(((await halfWidth()) ?? NaN) - 95)).toBeLessThan(6);
    expect(await state(null)).toBe("Application");
    expect(await halfWidth()).toBeUndefined();
    expect(await state(0.4)).toBe("BadInput");
  });

  test("as a reward of the default output is stored, and says that nobody learns from it", async () => {
    const { receipt } = await ask(server, "shy", 1);
    expect(await observe(server, [{ of: { receipt }, truth: { reward: 1 } }])).toMatchObject([
      { folded: false, learnedBy: [], standing: "COUNTED", skipReason: "DEFAULT_SHOWN", loss: null },
    ]);
  });

  test("as a reward teaches what was chosen, and is refused beyond the declared range", async () => {
    const [one, two] = [await ask(server, "rewarded", 1), await ask(server, "rewarded", 2)];
    expect(
      await observe(server, [
        { of: { receipt: one.receipt }, truth: { reward: 0.25 } },
        { of: { receipt: two.receipt }, truth: { reward: 1.25 } },
        { of: { receipt: two.receipt }, truth: { number: 2 } },
      ]),
    ).toMatchObject([
      { folded: true, loss: 0.75, learnedBy: [1] },
      { __typename: "BadInput" },
      { __typename: "BadInput" },
    ]);
  });
});

await eachPostgres(
  "what was observed on one server",
  (postgres) => {
    test("counts on another one at once where it is asked for, and soon where it is not; and after a restart", async () => {
      const env = { DATABASE_URL: await postgres().newDatabase() };
      const [one, two] = await Promise.all([servers.start({ env }), servers.start({ env })]);
      await register(one, { model: "noop", wrappers: [await wrappers.start(noop())] });
      await application(one, "lines", ["noop"], LINEAR);
      await until("the other server knows it", async () => {
        const answer = await two.post({ query: '{ application(name: "lines") { models { model } } }' });
        return answer.text.includes("noop") && (await two.metric("skysail_model_ready_replicas")) === 1;
      });
      expect(await ask(two, "lines", 4, "ann")).toMatchObject({ personalised: false });
      const seq = await teach(one, "lines", "ann", 3, 10);
      const there = await ask(two, "lines", 4, "ann", seq);
      const here = await ask(one, "lines", 4, "ann");
      expect(there).toMatchObject({ personalised: true, stateSeq: seq, number: here.number });
      const last = await teach(two, "lines", "ann", 3, 10);
      const learned = (await ask(two, "lines", 4, "ann")).number;
      await until("the first server follows", async () => (await ask(one, "lines", 4, "ann")).number === learned);
      expect((await one.stop()).code).toBe(0);
      const again = await servers.start({ env });
      await until("a replica is ready", async () => (await again.metric("skysail_model_ready_replicas")) === 1);
      expect(await ask(again, "lines", 4, "ann", last)).toMatchObject({ personalised: true, number: learned });
    });
  },
  ["server"],
);
