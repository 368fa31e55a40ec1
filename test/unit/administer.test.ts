import { describe, expect, test } from "@jest/globals";
import type { Application, ModelVersion } from "../../src/domain/application.js";
import { failure, isFailure } from "../../src/domain/failure.js";
import { LINEAR_STRENGTH } from "../../src/domain/policySpec.js";
import type { NewApplication, RegistryStore } from "../../src/domain/storePorts.js";
import type { TensorSpec } from "../../src/domain/tensor.js";
import { Administration } from "../../src/serving/administer.js";
import type { NewModelVersion } from "../../src/serving/administer.js";
import { application, catalogueOf, FakeEvaluator, LABELS, member, modelVersion } from "../support/fakeServing.js";

/** A registry that stores whatever it is given, and a catalogue with application "insects" linked to model "linked". */
function setUp(versions: readonly ModelVersion[] = [modelVersion("linked")], refreshed = Promise.resolve()) {
  const calls: string[] = [];
  const given: unknown[][] = [];
  const store =
    (name: string) =>
    (value: unknown, ...more: unknown[]) => {
      calls.push(name);
      given.push([value, ...more]);
      return Promise.resolve({ kind: "stored", created: true, value });
    };
  const names = ["createApplication", "updateApplication", "registerModelVersion", "setCurrentVersion", "linkModel"];
  const registry = Object.fromEntries(names.map((name) => [name, store(name)])) as unknown as RegistryStore;
  const stated: (readonly string[])[] = [];
  const administration = new Administration({
    registry,
    catalogue: catalogueOf(application(), [member("linked", new FakeEvaluator())], versions),
    refresh: () => {
      calls.push("refresh");
      return refreshed;
    },
    endpointRefusal: (endpoint) => Promise.resolve(endpoint.startsWith("169.254") ? "never asked" : undefined),
    statedSignature: (_model, _version, endpoints) => {
      stated.push(endpoints);
      return Promise.resolve(endpoints.includes("unix:/gone") ? failure("MODEL_UNAVAILABLE", "gone") : SIGNATURE);
    },
  });
  return { administration, calls, given, stated };
}

test.each([
  [{ kind: "linear" }, { kind: "linear", strength: LINEAR_STRENGTH }],
  [
    { kind: "linear", strength: 7 },
    { kind: "linear", strength: 7 },
  ],
  [
    { kind: "linear", ridge: 1 },
    { kind: "linear", ridge: 1 },
  ],
] as const)(
  "the policy %j is stored as %j, whichever front it comes by: its log is folded by it for ever",
  async (policy, stored) => {
    const { administration, given } = setUp();
    await administration.createApplication(newApplication({ policy }));
    await administration.updateApplication("insects", { policy });
    await administration.updateApplication("insects", { sloMs: 20 });
    expect(given).toMatchObject([
      [{ name: "new", policy: stored }],
      ["insects", { policy: stored }],
      ["insects", { policy: undefined }],
    ]);
  },
);

test("an endpoint that this server would not link is refused before anyone asks there", async () => {
  const { administration, calls, stated } = setUp();
  const endpoints = ["10.0.0.1:80", "169.254.169.254:80"];
  const refused = await administration.registerModelVersion(newVersion({ endpoints, signature: undefined }));
  expect(refused).toMatchObject({
    code: "BAD_INPUT",
    message: "endpoints.1: never asked",
    path: ["endpoints", 1],
  });
  expect([calls, stated]).toEqual([[], []]);
});

const SIGNATURE = modelVersion("m").signature;
const otherInputs = modelVersion("linked", 2, { inputs: [{ name: "x", datatype: "INT32", shape: [2] }] });
const newApplication = (changes: Partial<NewApplication> = {}): NewApplication => ({
  ...application({ bulkDeadlineMs: 3_600_000 }),
  name: "new",
  loss: undefined,
  ...changes,
});
const newVersion = (changes: Partial<NewModelVersion> = {}): NewModelVersion => ({
  model: "m",
  version: 1,
  signature: SIGNATURE,
  endpoints: [],
  makeCurrent: false,
  ...changes,
});
const input = (...tensors: Partial<TensorSpec>[]) => ({
  input: tensors.map((tensor) => ({ name: "x", datatype: "FP32" as const, shape: [2], ...tensor })),
});
const labels = (...given: string[]) => ({ output: { kind: "LABEL", labels: given } as const });
const vector = (size: number) => ({ output: { kind: "VECTOR", size } as const });
const numberDefault = (number: number) => ({
  output: { kind: "NUMBER" } as const,
  defaultOutput: { kind: "NUMBER", number } as const,
});
const vectorDefault = (...values: number[]) => ({
  ...vector(values.length),
  defaultOutput: { kind: "VECTOR", vector: Float64Array.from(values) } as const,
});
const links = (...given: (readonly [string, number])[]) => ({
  links: given.map(([model, weight]) => ({ model, weight })),
});

const rewarded = (feedback: NewApplication["feedback"]) => ({
  policy: { kind: "exp3-ix" } as const,
  loss: { kind: "REWARD", min: 0, max: 1 } as const,
  feedback: { logPredictions: "EVIDENCE" as const, ...feedback },
});

async function pathOf(answer: Promise<unknown>): Promise<unknown> {
  const failed = await answer;
  return isFailure(failed) && failed.code === "BAD_INPUT" ? failed.path : failed;
}

describe("administration", () => {
  test("stores a good application, and reads the registry again before it answers", async () => {
    const { administration, calls } = setUp();
    expect(await administration.createApplication(newApplication())).toMatchObject({ kind: "stored" });
    expect(calls).toEqual(["createApplication", "refresh"]);
  });

  test("returns what was stored also where the registry cannot be read again", async () => {
    const unread = Promise.reject(new Error("down"));
    const { administration, calls } = setUp([], unread);
    expect(await administration.createApplication(newApplication())).toMatchObject({ kind: "stored" });
    expect(calls).toEqual(["createApplication", "refresh"]);
  });

  test.each<[Partial<NewApplication>, (string | number)[]]>([
    [{ name: "" }, ["name"]],
    [{ name: "Insects" }, ["name"]],
    [{ name: "1st" }, ["name"]],
    [{ name: "a\n" }, ["name"]],
    [{ name: "a".repeat(64) }, ["name"]],
    [{ name: "metrics" }, ["name"]],
    [{ name: "v2" }, ["name"]],
    [{ sloMs: 0 }, ["sloMs"]],
    [{ sloMs: NaN }, ["sloMs"]],
    [{ sloMs: 600_001 }, ["sloMs"]],
    [{ input: [] }, ["input"]],
    [input({}, {}), ["input", 1, "name"]],
    [input({ name: "" }), ["input", 0, "name"]],
    [input({ shape: [2, 0] }), ["input", 0, "shape"]],
    [input({ shape: [-1] }), ["input", 0, "shape"]],
    [input({ shape: [1.5] }), ["input", 0, "shape"]],
    [input({ shape: [2001, 2000] }), ["input", 0, "shape"]],
    [labels("one"), ["output", "label", "labels"]],
    [labels(...Array.from({ length: 10_001 }, (_, i) => `l${i}`)), ["output", "label", "labels"]],
    [labels("a", "b", "a"), ["output", "label", "labels", 2]],
    [vector(0), ["output", "vector", "size"]],
    [vector(NaN), ["output", "vector", "size"]],
    [{ defaultOutput: { kind: "NUMBER", number: 1 } }, ["defaultOutput"]],
    [{ ...vector(2), defaultOutput: { kind: "VECTOR", vector: new Float64Array(3) } }, ["defaultOutput", "vector"]],
    [numberDefault(NaN), ["defaultOutput", "number"]],
    [numberDefault(Infinity), ["defaultOutput", "number"]],
    [vectorDefault(1, -Infinity), ["defaultOutput", "vector", 1]],
    [vectorDefault(NaN, 1), ["defaultOutput", "vector", 0]],
    [links(["linked", 0]), ["models", 0, "weight"]],
    [links(["linked", 1], ["b", NaN]), ["models", 1, "weight"]],
    [links(["linked", 1], ["b", 1], ["linked", 2]), ["models", 2, "model"]],
    [{ coverage: 0.49 }, ["coverage"]],
    [{ coverage: 0.9991 }, ["coverage"]],
    [{ coverage: NaN }, ["coverage"]],
    [{ ...vector(2), coverage: 0.9 }, ["coverage"]],
    [{ loss: { kind: "REWARD", min: 0, max: 1 }, policy: { kind: "exp3" }, coverage: 0.9 }, ["coverage"]],
    [rewarded({ rewardWaitMs: 1000 }), ["feedback", "defaultReward"]],
    [rewarded({ defaultReward: 0 }), ["feedback", "rewardWaitMs"]],
    [rewarded({ rewardWaitMs: 1000, defaultReward: 2 }), ["feedback", "defaultReward"]],
    [rewarded({ aggregation: "MEAN" }), ["feedback", "aggregation"]],
  ])("refuses an application with %j", async (changes, path) => {
    const { administration, calls } = setUp();
    expect(await pathOf(administration.createApplication(newApplication(changes)))).toEqual(path);
    expect(calls).toEqual([]);
  });

  test.each<Partial<NewApplication>>([
    { name: "a" },
    { name: `a${"-".repeat(62)}` },
    { sloMs: 1 },
    { sloMs: 600_000 },
    input({ shape: [] }),
    input({ shape: [2000, 2000] }),
    labels("a", "b"),
    { defaultOutput: { kind: "LABEL", label: "a label that no model answers" } },
    { ...vector(3), defaultOutput: { kind: "VECTOR", vector: new Float64Array(3) } },
    numberDefault(-1.5),
    links(),
    links(["linked", 0.5]),
    { coverage: 0.5 },
    rewarded({ rewardWaitMs: 1000, aggregation: "SUM" }),
    rewarded({ rewardWaitMs: 1000, defaultReward: 1 }),
    { output: { kind: "NUMBER" }, coverage: 0.999 },
  ])("takes an application with %j", async (changes) => {
    expect(await setUp().administration.createApplication(newApplication(changes))).toMatchObject({ kind: "stored" });
  });

  test("refuses an application with a model that does not fit it", async () => {
    const { administration, calls } = setUp([otherInputs]);
    expect(await administration.createApplication(newApplication(links(["linked", 1])))).toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringContaining('does not take the inputs of application "new"') as unknown,
    });
    expect(calls).toEqual([]);
  });

  test("finds that 10,000 labels are all different without comparing each with each", async () => {
    const given = labels(...Array.from({ length: 10_000 }, (_, i) => `l${i}`)).output.labels;
    let compared = 0;
    const watched = new Proxy([...given], {
      get: (target, key, receiver) => {
        if (typeof key === "string" && /^\d+$/.test(key)) compared += 1;
        return Reflect.get(target, key, receiver) as unknown;
      },
    });
    const { administration } = setUp();
    expect(await administration.createApplication(newApplication(labels()))).toMatchObject({ code: "BAD_INPUT" });
    const application = newApplication({ output: { kind: "LABEL", labels: watched } });
    expect(await administration.createApplication(application)).toMatchObject({ kind: "stored" });
    expect(compared).toBeLessThan(10 * given.length);
  });

  test("refuses a default that JSON cannot hold also for an application that this server has not read yet", async () => {
    const { administration, calls } = setUp();
    const { defaultOutput } = numberDefault(NaN);
    expect(await pathOf(administration.updateApplication("unread", { defaultOutput }))).toEqual([
      "defaultOutput",
      "number",
    ]);
    expect(calls).toEqual([]);
  });

  test("checks what an update changes, and takes a default away", async () => {
    const { administration, calls } = setUp();
    expect(await pathOf(administration.updateApplication("insects", { sloMs: -1 }))).toEqual(["sloMs"]);
    const wrong: Application["defaultOutput"] = { kind: "NUMBER", number: 1 };
    expect(await pathOf(administration.updateApplication("insects", { defaultOutput: wrong }))).toEqual([
      "defaultOutput",
    ]);
    expect(calls).toEqual([]);
    expect(await administration.updateApplication("insects", { defaultOutput: null })).toMatchObject({
      kind: "stored",
    });
  });

  test.each<[Partial<NewModelVersion>, (string | number)[]]>([
    [{ model: "M" }, ["model"]],
    [{ version: 0 }, ["version"]],
    [{ version: 1.5 }, ["version"]],
    [{ version: 2 ** 31 }, ["version"]],
    [{ endpoints: ["a:1", "http://a:1"] }, ["endpoints", 1]],
    [{ endpoints: ["a"] }, ["endpoints", 0]],
    [{ endpoints: ["unix:relative"] }, ["endpoints", 0]],
    [{ signature: { ...SIGNATURE, outputs: [] } }, ["signature", "outputs"]],
    [
      { signature: { ...SIGNATURE, inputs: [{ name: "x", datatype: "FP32", shape: [-1] }] } },
      ["signature", "inputs", 0, "shape"],
    ],
  ])("refuses a model version with %j", async (changes, path) => {
    const { administration, calls } = setUp();
    expect(await pathOf(administration.registerModelVersion(newVersion(changes)))).toEqual(path);
    expect(calls).toEqual([]);
  });

  test("asks the wrapper for a signature that is not given, and hands on that it does not answer", async () => {
    const { administration, stated } = setUp();
    const endpoints = ["localhost:9000", "[::1]:9000", "unix:/run/a.sock"];
    const asked = await administration.registerModelVersion(newVersion({ signature: undefined, endpoints }));
    expect(asked).toMatchObject({ kind: "stored", value: { signature: SIGNATURE } });
    const gone = newVersion({ signature: undefined, endpoints: ["unix:/gone"] });
    expect(await administration.registerModelVersion(gone)).toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect(stated).toEqual([endpoints, ["unix:/gone"]]);
  });

  test("names the classes that the wrapper has, or anew what it calls them itself", async () => {
    const classes = ["1", "2"].map((value) => ({ label: value, value }));
    const register = async (changes: Partial<NewModelVersion>) => {
      const stored = await setUp().administration.registerModelVersion(newVersion(changes));
      return stored.kind === "stored" ? stored.value.signature.classes : stored;
    };
    const signature = { ...SIGNATURE, classes };
    expect(await register({ labels: ["ant", "bee"] })).toEqual([
      { label: "ant", value: "ant" },
      { label: "bee", value: "bee" },
    ]);
    expect(await register({ labels: ["ant", "bee"], signature })).toEqual([
      { label: "ant", value: "1" },
      { label: "bee", value: "2" },
    ]);
    expect(await register({ signature })).toEqual(classes);
    expect(await register({ labels: ["ant", "bee", "cat"], signature })).toMatchObject({
      code: "BAD_INPUT",
      path: ["labels"],
      expected: "2, as the wrapper has classes",
    });
    expect(await register({ labels: ["ant", "ant"] })).toMatchObject({ path: ["labels", 1] });
    expect(await register({ labels: ["ant", ""] })).toMatchObject({ path: ["labels", 1] });
    expect(await register({ labels: ["ant"] })).toMatchObject({ path: ["labels"] });
  });

  const otherOutputs = modelVersion("linked", 3, { outputs: [{ name: "y", datatype: "FP32", shape: [5] }] });
  const fitting = modelVersion("linked", 4);

  test.each([otherInputs, otherOutputs])(
    "lets no version become current that an application linked to its model cannot use",
    async (misfit) => {
      const { administration, calls } = setUp([modelVersion("linked"), misfit]);
      const given = { ...newVersion(), ...misfit };
      const refused = { code: "BAD_INPUT", message: expect.stringContaining('application "insects"') as unknown };
      expect(await administration.setCurrentVersion("linked", misfit.version)).toMatchObject(refused);
      expect(await administration.registerModelVersion({ ...given, makeCurrent: true })).toMatchObject(refused);
      expect(calls).toEqual([]);
      // It may be there without being current, and be current for a model that nobody has linked.
      expect(await administration.registerModelVersion(given)).toMatchObject({ kind: "stored" });
      expect(await administration.registerModelVersion({ ...given, model: "m", makeCurrent: true })).toMatchObject({
        kind: "stored",
      });
    },
  );

  test("makes a version current that fits", async () => {
    const { administration } = setUp([modelVersion("linked"), fitting]);
    expect(await administration.setCurrentVersion("linked", 4)).toMatchObject({ kind: "stored" });
    const given = { ...newVersion(), ...fitting, makeCurrent: true };
    expect(await administration.registerModelVersion(given)).toMatchObject({ kind: "stored" });
  });

  test("links a model that fits with a finite weight above 0, and no other", async () => {
    const { administration, calls } = setUp([{ ...otherOutputs, model: "misfit" }, modelVersion("fits")]);
    for (const weight of [0, -1, NaN, Infinity, 1e6 + 1]) {
      expect(await pathOf(administration.linkModel("insects", { model: "fits", weight }))).toEqual(["weight"]);
    }
    expect(await administration.linkModel("insects", { model: "misfit", weight: 1 })).toMatchObject({
      code: "BAD_INPUT",
      message: expect.stringContaining(`scores for ${LABELS.length} labels`) as unknown,
    });
    expect(calls).toEqual([]);
    expect(await administration.linkModel("insects", { model: "fits", weight: 0.1 })).toMatchObject({ kind: "stored" });
  });
});
