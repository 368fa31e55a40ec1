import { beforeAll, describe, expect, test } from "@jest/globals";
import {
  APPLICATION,
  APPLICATIONS,
  CREATE_APPLICATION,
  DELETE_APPLICATION,
  LINK,
  MODEL,
  REGISTER_VERSION,
  SET_CURRENT,
  UNLINK,
  UPDATE_APPLICATION,
} from "../support/operations.js";
import { until } from "../support/ownProcesses.js";
import { eachPostgres } from "../support/postgres.js";
import { application, noop, ONE_NUMBER, predict, register, testWrappers } from "../support/registered.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const wrappers = testWrappers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start();
  await register(server, { model: "noop", wrappers: [await wrappers.start(noop())] });
});

const one = (name: string, datatype: "FP32" | "FP64" = "FP32") => [{ name, datatype, shape: [1] }];
const conflict = { __typename: "Conflict", code: "CONFLICT", retryable: false };
const notFound = { __typename: "NotFound", code: "NOT_FOUND", retryable: false };
const badInput = { __typename: "BadInput", code: "BAD_INPUT", retryable: false };

describe("an application", () => {
  const create = async (more: object) =>
    (await server.ask(CREATE_APPLICATION, { input: { ...ONE_NUMBER, name: "made", ...more } })).createApplication;

  test("is made once: the same again changes nothing, with other content it is a conflict", async () => {
    expect(await create({})).toMatchObject({ __typename: "Application", sloMs: 5000, models: [] });
    expect(await create({})).toMatchObject({ __typename: "Application" });
    expect(await create({ sloMs: 6000 })).toMatchObject(conflict);
  });

  test("is made with its models, whole or not at all", async () => {
    const models = [{ model: "noop", weight: 2 }];
    const whole = { __typename: "Application", models };
    expect(await create({ name: "whole", models })).toMatchObject(whole);
    expect(await create({ name: "whole", models })).toMatchObject(whole);
    expect(await create({ name: "whole", models: [{ model: "noop" }] })).toMatchObject(conflict);
    expect(await create({ name: "half", models: [...models, { model: "unknown" }] })).toMatchObject(notFound);
    expect(await create({ name: "half", models: [{ model: "noop", weight: 0 }] })).toMatchObject(badInput);
    expect((await server.ask(APPLICATION, { name: "half" })).application).toBeNull();
  });

  test("with a default that is infinite is refused", async () => {
    const input = `{ name: "x", input: [{ name: "x", datatype: FP32, shape: [1] }],
      output: { vector: { size: 2 } }, defaultOutput: { vector: [0, 1e999] } }`;
    const query = `mutation { refused: createApplication(input: ${input}) { __typename ... on BadInput { path } } }`;
    const { text } = await server.post({ query });
    const path = ["input", "defaultOutput", "vector", "1"];
    expect(JSON.parse(text)).toEqual({ data: { refused: { __typename: "BadInput", path } } });
  });

  test.each([
    ["a name with a line break", { name: "a\r\nb" }],
    ["a reserved name", { name: "graphql" }],
    ["a long name", { name: "a".repeat(64) }],
    ["no objective", { name: "x", sloMs: 0 }],
    ["no inputs", { name: "x", input: [] }],
    ["an input twice", { name: "x", input: [...one("x"), ...one("x")] }],
    ["an input without end", { name: "x", input: [{ name: "x", datatype: "FP32", shape: [-1] }] }],
    ["one label", { name: "x", output: { label: { labels: ["a"] } } }],
    ["a label twice", { name: "x", output: { label: { labels: ["a", "a"] } } }],
    ["no labels", { name: "x", output: { label: { labels: [] } } }],
    ["a default of another kind", { name: "x", defaultOutput: { label: "a" } }],
  ])("with %s is refused", async (_, more) => {
    const refused = await create(more);
    expect(refused).toMatchObject(badInput);
  });

  test("is updated where something is given, and loses its default with null", async () => {
    await create({ name: "changing", defaultOutput: { number: 1 } });
    const update = async (more: object) =>
      (await server.ask(UPDATE_APPLICATION, { input: { name: "changing", ...more } })).updateApplication;
    expect(await update({ sloMs: 77 })).toMatchObject({ sloMs: 77, defaultOutput: { number: 1 } });
    expect(await update({ defaultOutput: null })).toMatchObject({ sloMs: 77, defaultOutput: null });
    expect(await update({ sloMs: -1 })).toMatchObject(badInput);
    expect(await update({ name: "nobody" })).toMatchObject(notFound);
  });

  test("is gone when it is deleted", async () => {
    await application(server, "passing", ["noop"]);
    expect(await predict(server, "passing", { values: [1] })).toMatchObject({ source: "MODEL" });
    expect((await server.ask(DELETE_APPLICATION, { name: "passing" })).deleteApplication.__typename).toBe(
      "Application",
    );
    expect(await predict(server, "passing", { values: [1] })).toMatchObject(notFound);
    expect((await server.ask(DELETE_APPLICATION, { name: "passing" })).deleteApplication).toMatchObject(notFound);
  });

  test("has a policy that is changed step by step, each from the revision that the one before left", async () => {
    await create({ name: "stepwise" });
    const step = async (mutation: string, expectedRevision?: string) => {
      const input = `application: "stepwise", expectedRevision: ${JSON.stringify(expectedRevision ?? null)}`;
      const read = "... on PolicyVersion { revision } ... on Conflict { code current }";
      const { text } = await server.post({ query: `mutation { x: ${mutation.replace("INPUT", input)} { ${read} } }` });
      return (JSON.parse(text) as { data: { x: { revision?: string; current?: string } } }).data.x;
    };
    const { revision: first } = await step("freezePolicy(input: { INPUT, version: 1 })");
    const { revision: second } = await step("resetPolicy(input: { INPUT })", first);
    expect(second).not.toBe(first);
    const { data } = JSON.parse(
      (await server.post({ query: '{ application(name: "stepwise") { revision policyVersions { revision } } }' })).text,
    ) as { data: unknown };
    const both = [{ revision: second }, { revision: second }];
    expect(data).toEqual({ application: { revision: second, policyVersions: both } });
    const conflict = { code: "CONFLICT", current: second };
    expect(await step("freezePolicy(input: { INPUT, version: 1, frozen: false })", first)).toEqual(conflict);
    expect(await step("rollbackPolicy(input: { INPUT, version: 1 })", second)).toMatchObject({ revision: first });
  });

  test("is listed by name, page by page", async () => {
    for (const name of ["zz-1", "zz-2", "zz-3"]) await create({ name });
    const names: string[] = [];
    let after: string | null = null;
    do {
      const page: {
        applications: {
          edges: { node: { name: string } }[];
          pageInfo: { hasNextPage: boolean; endCursor?: string | null };
        };
      } = await server.ask(APPLICATIONS, { first: 2, after });
      names.push(...page.applications.edges.map(({ node }) => node.name));
      after = page.applications.pageInfo.hasNextPage ? (page.applications.pageInfo.endCursor ?? null) : null;
    } while (after !== null);
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toEqual(expect.arrayContaining(["zz-1", "zz-2", "zz-3"]));
  });
});

describe("a model's version", () => {
  const registerVersion = async (more: object) =>
    (
      await server.ask(REGISTER_VERSION, {
        input: { model: "m", version: 1, signature: { inputs: one("x"), outputs: one("y") }, ...more },
      })
    ).registerModelVersion;

  test("never changes its signature", async () => {
    expect(await registerVersion({})).toMatchObject({ __typename: "ModelVersion", current: true });
    expect(await registerVersion({ endpoints: ["127.0.0.1:1"] })).toMatchObject({ endpoints: ["127.0.0.1:1"] });
    expect(await registerVersion({ endpoints: [] })).toMatchObject({ endpoints: [] });
    expect(await registerVersion({ signature: { inputs: one("x", "FP64"), outputs: one("y") } })).toMatchObject(
      conflict,
    );
  });

  test.each([
    ["a name that is none", { model: "M" }],
    ["a single label", { labels: ["a"] }],
    ["a version that is none", { version: 0 }],
    ["an endpoint that is none", { version: 9, endpoints: ["http://x"] }],
    ["neither signature nor endpoint", { version: 9, signature: null }],
  ])("with %s is refused", async (_, more) => {
    expect(await registerVersion(more)).toMatchObject(badInput);
  });

  test("without a signature needs a wrapper that can be asked", async () => {
    const asked = await registerVersion({ version: 9, signature: null, endpoints: ["127.0.0.1:1"] });
    expect(asked).toMatchObject({ __typename: "Unavailable", code: "MODEL_UNAVAILABLE", retryable: true });
    const { ready } = await wrappers.start(noop("--name", "asked"));
    await registerVersion({ model: "asked", signature: null, endpoints: [ready.listening] });
    expect((await server.ask(MODEL, { name: "asked" })).model?.versions[0]?.inputs).toEqual(one("x"));
  });

  test("becomes current, and an old one again", async () => {
    await registerVersion({ model: "turns" });
    expect(await registerVersion({ model: "turns", version: 2, makeCurrent: false })).toMatchObject({ current: false });
    const set = async (version: number) =>
      (await server.ask(SET_CURRENT, { input: { model: "turns", version } })).setCurrentVersion;
    expect(await set(2)).toMatchObject({ version: 2, current: true });
    expect(await set(1)).toMatchObject({ version: 1, current: true });
    expect(await set(3)).toMatchObject(notFound);
    expect((await server.ask(MODEL, { name: "turns" })).model).toMatchObject({ currentVersion: 1 });
  });
});

describe("a link", () => {
  const link = async (input: { application: string; model: string; weight?: number }) =>
    (await server.ask(LINK, { input })).linkModel;
  beforeAll(() => application(server, "linked", []));

  test("is made, reweighted and taken away", async () => {
    const models = async () => (await server.ask(APPLICATION, { name: "linked" })).application?.models;
    await link({ application: "linked", model: "noop" });
    await link({ application: "linked", model: "noop", weight: 2.5 });
    expect(await models()).toEqual([{ model: "noop", weight: 2.5 }]);
    expect(await predict(server, "linked", { values: [3] })).toMatchObject({ output: { number: 3 } });
    await server.ask(UNLINK, { input: { application: "linked", model: "noop" } });
    expect(await models()).toEqual([]);
    expect(await predict(server, "linked", { values: [3] })).toMatchObject({ code: "MODEL_UNAVAILABLE" });
    expect((await server.ask(UNLINK, { input: { application: "linked", model: "noop" } })).unlinkModel).toMatchObject(
      notFound,
    );
  });

  test("is refused to what does not exist, and at a weight that is none", async () => {
    expect(await link({ application: "nobody", model: "noop" })).toMatchObject(notFound);
    expect(await link({ application: "linked", model: "nothing" })).toMatchObject(notFound);
    for (const weight of [0, -1])
      expect(await link({ application: "linked", model: "noop", weight })).toMatchObject(badInput);
  });

  test("is refused where the model does not fit, now or in a version that would become current", async () => {
    const [fitting, misfit] = ["x", "other"].map((name) => ({ inputs: one(name), outputs: one("y") }));
    await server.ask(REGISTER_VERSION, { input: { model: "misfit", version: 1, signature: misfit } });
    expect(await link({ application: "linked", model: "misfit" })).toMatchObject({
      ...badInput,
      message: expect.stringContaining("expected FP32[1] x, got FP32[1] other"),
    });
    const fits = { model: "changes", version: 1, signature: fitting };
    await server.ask(REGISTER_VERSION, { input: fits });
    await link({ application: "linked", model: "changes" });
    await server.ask(REGISTER_VERSION, { input: { ...fits, version: 2, signature: misfit, makeCurrent: false } });
    const { setCurrentVersion } = await server.ask(SET_CURRENT, { input: { model: "changes", version: 2 } });
    expect(setCurrentVersion).toMatchObject(badInput);
    const made = await server.ask(REGISTER_VERSION, { input: { ...fits, version: 3, signature: misfit } });
    expect(made.registerModelVersion).toMatchObject(badInput);
  });
});

await eachPostgres(
  "two servers",
  (postgres) => {
    test("each see the other's changes, told by the database", async () => {
      const env = { DATABASE_URL: await postgres().newDatabase() };
      const first = await servers.start({ env });
      const second = await servers.start({ env });
      await register(first, { model: "noop", wrappers: [await wrappers.start(noop())] });
      await application(first, "shared", ["noop"]);
      const works = async () => (await predict(second, "shared", { values: [1] })).__typename === "Prediction";
      await until("the second server serves it", works);
      await second.ask(UPDATE_APPLICATION, { input: { name: "shared", sloMs: 4321 } });
      const slo = async () => (await first.ask(APPLICATION, { name: "shared" })).application?.sloMs;
      await until("the first server knows", async () => (await slo()) === 4321);
    });
  },
  ["server"],
);
