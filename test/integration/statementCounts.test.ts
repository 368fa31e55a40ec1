import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { GRAPHQL_PATH } from "../../src/graphql/websocketFront.js";
import { LaneWorld } from "../support/laneFuzz/laneWorld.js";
import { eachPostgres } from "../support/postgres.js";

const MANY = 12;
const schema = buildGraphqlSchema();

await eachPostgres(
  "what one request asks of the database",
  (postgres) => {
    let world: LaneWorld;

    async function ask(query: string): Promise<string> {
      const { status, body } = await world.ask({ query }, {}, GRAPHQL_PATH);
      if (status !== 200 || body.includes('"errors"') || body.includes('"Failure"'))
        throw new Error(body.slice(0, 500));
      return body;
    }

    /** How many statements an operation takes, the second time that it is asked. */
    async function statements(query: string): Promise<number> {
      await ask(query);
      const before = world.statements;
      await ask(query);
      return world.statements - before;
    }

    /** What was begun behind the answers is done. */
    async function written(): Promise<void> {
      for (let quiet = 0; quiet < 5; quiet = world.pendingStatements === 0 ? quiet + 1 : 0) {
        await new Promise((resolve) => void setImmediate(resolve));
      }
    }

    const times = (count: number, text: (i: number) => string): string =>
      Array.from({ length: count }, (_, i) => text(i)).join("\n");

    beforeAll(async () => {
      world = await LaneWorld.start(schema, await postgres().newDatabase(), 1);
      const tensor = '{ name: "x", datatype: FP32, shape: [2] }';
      const outputs = '{ name: "scores", datatype: FP32, shape: [2] }';
      for (let i = 0; i < MANY; i++) {
        const model = `registerModelVersion(input: { model: "m${i}", version: 1, signature: { inputs: [${tensor}], outputs: [${outputs}] } }) { ... on Failure { message } }`;
        const output = '{ label: { labels: ["a", "b"] } }';
        const made = `name: "a${i}", input: [${tensor}], output: ${output}, policy: { linear: {} }, models: [{ model: "m${i}" }]`;
        await ask(`mutation { ${model} createApplication(input: { ${made} }) { ... on Failure { message } } }`);
        world.addReplica(`m${i}`, 1, 0);
      }
      const observations = times(
        MANY,
        (i) =>
          `{ of: { example: { application: "a0", input: { values: [${i / 100}, 1] }, entity: "e${i}" } }, truth: { label: "a" }, key: "k${i}" }`,
      );
      await ask(`mutation { observeMany(input: { observations: [${observations}] }) { ... on Failure { message } } }`);
    });

    afterAll(() => world.stop());

    test("a page of applications or models takes none, whatever its size and depth", async () => {
      for (const first of [1, MANY]) {
        const applications = `applications(first: ${first}) { edges { node { name revision models { model weight } policyVersions { version } policyVersionConnection { edges { node { version frozen } } } } } }`;
        const models = `models(first: ${first}) { edges { node { name revision settings { maxBatchRows } versions { version replicas { id state } replicaConnection { edges { node { id figures { rows } } } } } } } }`;
        expect(await statements(`{ ${applications} ${models} }`)).toBe(0);
      }
    });

    test("a page of the feedback log takes one, whatever its size", async () => {
      const page = (first: number) =>
        `{ observations(application: "a0", first: ${first}) { ... on LoggedObservationConnection { edges { node { seq entity truth { label } evidence } } } } }`;
      expect(await ask(page(MANY))).toContain(`"seq":${MANY}`);
      for (const first of [1, MANY]) expect(await statements(page(first))).toBe(1);
    });

    test("the states of several entities take one, known or not", async () => {
      // Entities that nobody has heard of are asked for each time.
      const states = (count: number) =>
        `{ ${times(count, (i) => `s${i}: learnedState(application: "a0", entity: "nobody${i}") { ... on LearnedState { observations } }`)} }`;
      expect(await statements(states(1))).toBe(1);
      expect(await statements(states(MANY))).toBe(1);
    });

    test("observations whose evidence is in the log take one for all of it, one that stores what is new, and one transaction", async () => {
      const tensors = (name: string) => `[{ name: "${name}", datatype: FP32, shape: [2] }]`;
      // So many members of such names do not fit into a receipt.
      const models = Array.from({ length: MANY }, (_, i) => `model-${i}-${"x".repeat(50)}`);
      for (const model of models) {
        const signature = `signature: { inputs: ${tensors("x")}, outputs: ${tensors("scores")} }`;
        await ask(
          `mutation { registerModelVersion(input: { model: "${model}", version: 1, ${signature} }) { ... on Failure { message } } }`,
        );
        world.addReplica(model, 1, 0);
      }
      const links = models.map((model) => `{ model: "${model}" }`).join(" ");
      const made = `name: "logged", input: ${tensors("x")}, output: { label: { labels: ["a", "b"] } }, policy: { ensemble: {} }, models: [${links}]`;
      await ask(`mutation { createApplication(input: { ${made} }) { ... on Failure { message } } }`);
      const one = (i: number) =>
        `p${i}: predict(input: { application: "logged", input: { values: [${i / 100}, 0] } }) { ... on Prediction { receipt } }`;
      const { data } = JSON.parse(await ask(`{ ${times(MANY, one)} }`)) as {
        data: Record<string, { receipt: string }>;
      };
      const receipts = Object.values(data).map(({ receipt }) => receipt);
      // Until then it is in memory.
      world.clock.advance(1000);
      await written();
      const told = (count: number): string => {
        const observations = receipts
          .slice(0, count)
          .map((receipt) => `{ of: { receipt: "${receipt}" }, truth: { label: "a" } }`);
        return `mutation { observeMany(input: { observations: [${observations.join(" ")}] }) { __typename } }`;
      };
      expect(await ask(told(MANY))).toContain(
        `"observeMany":[${new Array(MANY).fill('{"__typename":"Observation"}').join()}]`,
      );
      // They are repetitions: one statement takes them to be new, and stores nothing.
      for (const count of [1, MANY]) expect(await statements(told(count))).toBe(3);
    });

    test("events, deployments and the audit log take one a page", async () => {
      const pages = [
        'policyEvents(application: "a0", first: 100) { ... on PolicyEventConnection { edges { node { kind content } } } }',
        "deployments(first: 100) { ... on DeploymentConnection { edges { node { model progress } } } }",
        "auditLog(first: 100) { ... on AuditEntryConnection { edges { node { action } } } }",
      ];
      for (const page of pages) expect(await statements(`{ ${page} }`)).toBe(1);
    });
  },
  ["system"],
);
