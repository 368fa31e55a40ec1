import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { GRAPHQL_PATH } from "../../src/graphql/websocketFront.js";
import { LaneWorld } from "../support/laneFuzz/laneWorld.js";
import { connectTo, eachPostgres } from "../support/postgres.js";

const APPLICATIONS = 12;
const DEPLOYMENTS = 3;
const schema = buildGraphqlSchema();

await eachPostgres(
  "objects that lead to one another",
  (postgres) => {
    let world: LaneWorld;

    interface Answered {
      readonly data?: Record<string, unknown> | null;
      readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
    }

    async function ask(query: string, variables: object = {}): Promise<Answered> {
      return JSON.parse((await world.ask({ query, variables }, {}, GRAPHQL_PATH)).body) as Answered;
    }

    beforeAll(async () => {
      const url = await postgres().newDatabase();
      world = await LaneWorld.start(schema, url, 1);
      const tensors = (name: string) => `[{ name: "${name}", datatype: FP32, shape: [2] }]`;
      const signature = `signature: { inputs: ${tensors("x")}, outputs: ${tensors("scores")} }`;
      await ask(`mutation { registerModelVersion(input: { model: "m", version: 1, ${signature} }) { __typename } }`);
      for (let i = 0; i < APPLICATIONS; i++) {
        const made = `name: "a${i}", input: ${tensors("x")}, output: { label: { labels: ["a", "b"] } }, models: [{ model: "m" }]`;
        await ask(`mutation { createApplication(input: { ${made} }) { __typename } }`);
      }
      const database = await connectTo(url);
      const spec = {
        ...{ artefact: "0".repeat(64), fileName: "model", unpack: false, framework: "onnx", options: [] },
        ...{ requirements: [], replicas: 1, device: "cpu", niceness: 0, activate: true, readyWithinMs: 1000 },
      };
      for (let version = 1; version <= DEPLOYMENTS; version++) {
        await database.sql`
          insert into deployment (server, model, version, spec)
          values ('elsewhere', 'm', ${version}, ${JSON.stringify(spec)}::text::jsonb)`;
      }
      await database.close();
    });

    afterAll(() => world.stop());

    test("each is found again by its id, alone and with others, as it was", async () => {
      const { data } = await ask(`{
        application(name: "a1") { __typename id name currentPolicyVersion { __typename id version ofApplication { id } } }
        model(name: "m") { __typename id name current { __typename id version ofModel { id } } }
        deployments { ... on DeploymentConnection { edges { node { __typename id version modelVersion { id } } } } }
      }`);
      const { application, model, deployments } = data as {
        application: { id: string; currentPolicyVersion: { id: string; ofApplication: object } };
        model: { id: string; current: { id: string; ofModel: object } };
        deployments: { edges: { node: { id: string; modelVersion: object | null } }[] };
      };
      const { currentPolicyVersion: policy } = application;
      expect([policy.ofApplication, model.current.ofModel]).toEqual([{ id: application.id }, { id: model.id }]);
      const ran = deployments.edges.map(({ node }) => node);
      // Of versions 3, 2 and 1, which alone is registered.
      expect(ran.map(({ modelVersion }) => modelVersion)).toEqual([null, null, { id: model.current.id }]);
      const all = [application, policy, model, model.current, ...ran];
      const ids = all.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const shown = `__typename id
        ... on Application { name } ... on Model { name }
        ... on ModelVersion { version } ... on PolicyVersion { version } ... on Deployment { version }`;
      const again = await ask(`query ($ids: [ID!]!) { nodes(ids: $ids) { ${shown} } }`, { ids: [...ids, "x", "99"] });
      expect(again.errors).toBeUndefined();
      expect(again.data?.["nodes"]).toMatchObject([
        ...all.map(
          ({
            currentPolicyVersion: _p,
            current: _c,
            ofApplication: _a,
            ofModel: _m,
            modelVersion: _v,
            ...rest
          }: Record<string, unknown>) => rest,
        ),
        null,
        null,
      ]);
      const one = await ask(`query ($id: ID!) { node(id: $id) { ${shown} } }`, { id: policy.id });
      expect(one.data).toMatchObject({ node: { __typename: "PolicyVersion", id: policy.id, version: 1 } });
    });

    test("takes one statement for all deployments of a request, and none for what the registry has", async () => {
      const statements = async (ids: readonly string[]): Promise<number> => {
        const query =
          "query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Application { models { linkedModel { name current { version } } } } } }";
        await ask(query, { ids });
        const before = world.statements;
        expect(await ask(query, { ids })).toMatchObject({
          data: { nodes: ids.map((id) => (id === "4" ? null : { id })) },
        });
        return world.statements - before;
      };
      const { data } = await ask("{ applications(first: 100) { edges { node { id } } } }");
      const { edges } = data?.["applications"] as { edges: { node: { id: string } }[] };
      expect(edges).toHaveLength(APPLICATIONS);
      expect(await statements(edges.map(({ node }) => node.id))).toBe(0);
      expect(await statements(["1"])).toBe(1);
      expect(await statements(["1", "2", "3", "4"])).toBe(1);
    });

    test("more than a hundred ids, and going round in circles, are refused in one error", async () => {
      const many = await ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: new Array(101).fill("1") });
      expect(many.errors).toMatchObject([{ message: "ids: expected at most 100, got 101" }]);
      const round = (below: string) =>
        `applicationConnection { edges { node { models { linkedModel { ${below} } } } } }`;
      // 12 applications and their links the first time: 24. Again below each: 24 + 12 * 24.
      const twice = await ask(`{ model(name: "m") { ${round(round("name"))} } }`);
      expect(twice.errors).toBeUndefined();
      const thrice = await ask(
        `{ model(name: "m") { ${round(`first: ${round("name")} second: ${round("name")} third: ${round("name")} fourth: ${round("name")}`)} } }`,
      );
      expect(thrice).toMatchObject({ data: { model: null }, errors: [{ extensions: { code: "QUERY_TOO_COMPLEX" } }] });
      expect(thrice.errors).toHaveLength(1);
    });
  },
  ["system"],
);
