import { beforeAll, describe, expect, test } from "@jest/globals";
import { MODEL, REGISTER_VERSION } from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import {
  application,
  growBatches,
  misbehaving,
  noop,
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
import { nodeWrapper } from "../support/wrapperProcess.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
const PATIENT = { ...TWO_NUMBERS, sloMs: 30_000 };

beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "bad", wrappers: [await wrappers.start(misbehaving("bad"))] });
  await application(server, "plain", ["bad"], PATIENT);
  await application(server, "safe", ["bad"], { ...PATIENT, defaultOutput: { number: -1 } });
});

let value = 0;

/** Both applications' answers to three rows in one batch: what were answered at the deadline would say so. */
async function answersTo(name: string) {
  const inputs = () => [way(name, ++value), way(name, ++value), way(name, ++value)];
  const answer = async (application: string) => {
    // A link that was lost and made again begins with batches of one.
    await readyReplicas(server, "bad", 1);
    await growBatches(server, "plain", "bad", 3);
    return predictMany(server, application, inputs());
  };
  return { plain: await answer("plain"), safe: await answer("safe") };
}

const three = (one: object) => [1, 2, 3].map(() => expect.objectContaining(one));

describe("a reply that is not what was asked for is nobody's answer", () => {
  test("while a right one is each row's own", async () => {
    const first = value;
    const { plain } = await answersTo("right");
    expect(plain).toMatchObject([1, 2, 3].map((i) => ({ source: "MODEL", output: { number: first + i } })));
  });

  test.each([
    ["short", "expected 3 rows, got 2"],
    ["long", "expected 3 rows, got 4"],
    ["none", "expected 3 rows, got 0"],
    ["shortBytes", "expected 12 bytes for 3 rows, got 11"],
    ["longBytes", "expected 12 bytes for 3 rows, got 16"],
    ["infinite", 'output "y" has NaN or infinity'],
    ["datatype", "expected datatype FP32, got INT32"],
    ["shape", "expected row shape [1], got [2]"],
    ["name", 'the reply has no output "y"'],
    ["noOutput", 'the reply has no output "y"'],
    ["noRaw", 'output "y": the reply has no contents'],
    ["empty", "empty reply"],
    ["garbage", "malformed reply"],
  ])("when it is %s", async (name, why) => {
    const { plain, safe } = await answersTo(name);
    const message = expect.stringContaining(why);
    expect(plain).toEqual(three({ __typename: "Unavailable", code: "MODEL_BAD_OUTPUT", retryable: false, message }));
    expect(safe).toEqual(three({ source: "DEFAULT", defaultReason: "MODEL_ERROR", output: { number: -1 } }));
  });

  test.each([
    ["error", "it failed on purpose"],
    ["errorWithoutId", "it failed without saying where"],
    ["end", "the wrapper closed the stream"],
  ])("when it is %s", async (name, why) => {
    const { plain, safe } = await answersTo(name);
    const message = expect.stringContaining(why);
    expect(plain).toEqual(three({ __typename: "Unavailable", code: "MODEL_UNAVAILABLE", retryable: true, message }));
    expect(safe).toEqual(three({ source: "DEFAULT", defaultReason: "MODEL_ERROR", output: { number: -1 } }));
  });

  test("but NaN in one row fails that row alone", async () => {
    const { plain } = await answersTo("firstNaN");
    expect(plain).toMatchObject([{ code: "MODEL_BAD_OUTPUT" }, { source: "MODEL" }, { source: "MODEL" }]);
  });

  test.each([["unknownFirst"], ["twice"]])("and one with a foreign id is passed over: %s", async (name) => {
    const first = value;
    const { plain } = await answersTo(name);
    expect(plain).toMatchObject([1, 2, 3].map((i) => ({ source: "MODEL", output: { number: first + i } })));
  });

  test("nor is a failure kept in the cache", async () => {
    const failing = way("short", ++value);
    expect(await predict(server, "plain", failing)).toMatchObject({ code: "MODEL_BAD_OUTPUT" });
    expect(await predict(server, "plain", failing)).toMatchObject({ code: "MODEL_BAD_OUTPUT" });
  });
});

describe("a model that fails with some rows of a batch", () => {
  test("answers the others", async () => {
    const wrapper = await wrappers.start(nodeWrapper("test/support/wrapperModels/picky.mjs"));
    await register(server, { model: "picky", wrappers: [wrapper] });
    await application(server, "picky", ["picky"], TWO_NUMBERS);
    await growBatches(server, "picky", "picky", 3);
    const [raises, refused] = [1, 2];
    const inputs = [0, raises, 0, refused].map((how, i) => ({ values: [how, 1000 + i] }));
    const why = (text: string) => ({ code: "MODEL_UNAVAILABLE", message: expect.stringContaining(text) });
    expect(await predictMany(server, "picky", inputs)).toMatchObject([
      { source: "MODEL", output: { number: 1000 } },
      why("model picky@1: INTERNAL: the model failed: cannot bear 1"),
      { source: "MODEL", output: { number: 1002 } },
      why("model picky@1: INVALID_ARGUMENT: no row 1003"),
    ]);
    expect(wrapper.count("cannot bear 1")).toBeGreaterThan(0);
  });
});

describe("a wrapper whose signature differs from the registered one", () => {
  test("is refused, with the difference shown, while the others serve", async () => {
    const right = await wrappers.start(noop("--name", "mixed"));
    const wrong = await wrappers.start(noop("--name", "mixed", "--width", "3"));
    const endpoints = [right.ready.listening, wrong.ready.listening];
    await server.ask(REGISTER_VERSION, { input: { model: "mixed", version: 1, endpoints } });
    await application(server, "mixed", ["mixed"]);
    const replica = async (at: number) => {
      const { model } = await server.ask(MODEL, { name: "mixed" });
      return model?.versions[0]?.replicas.find(({ endpoint }) => endpoint === endpoints[at]);
    };
    await readyReplicas(server, "mixed", 1);
    await until("the other one is refused", async () => (await replica(1))?.problem != null);
    expect(await replica(0)).toMatchObject({ state: "READY", problem: null });
    expect((await replica(1))?.problem).toBe(
      "the wrapper's signature differs from the registered one: input tensor 0: expected FP32[1] x, got FP32[3] x",
    );
    for (let i = 0; i < 20; i++) {
      expect(await predict(server, "mixed", { values: [i] })).toMatchObject({ output: { number: i } });
    }
  });

  test("is refused also where the signature was given and not asked for", async () => {
    const wrapper = await wrappers.start(noop("--name", "late", "--width", "3"));
    const one = (name: string) => [{ name, datatype: "FP32" as const, shape: [1] }];
    const signature = { inputs: one("x"), outputs: one("y") };
    const endpoints = [wrapper.ready.listening];
    await server.ask(REGISTER_VERSION, { input: { model: "late", version: 1, signature, endpoints } });
    await application(server, "late", ["late"]);
    expect(await predict(server, "late", { values: [1] })).toMatchObject({ code: "MODEL_UNAVAILABLE" });
  });
});
