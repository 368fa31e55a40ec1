import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { SCOPES } from "../../src/domain/access.js";
import type { Scope } from "../../src/domain/access.js";
import { nodeId } from "../../src/graphql/nodeIds.js";
import { buildGraphqlSchema } from "../../src/graphql/schema.js";
import { connectDatabase } from "../../src/store/database.js";
import type { Database } from "../../src/store/database.js";
import { operationFor, rootFieldsOf } from "../support/accessMatrix.js";
import type { RootField } from "../support/accessMatrix.js";
import { askEvents, askSocket, askWith } from "../support/keyed.js";
import type { Answer } from "../support/keyed.js";
import { until } from "../support/ownProcesses.js";
import { eachPostgres } from "../support/postgres.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const FIELDS = rootFieldsOf(buildGraphqlSchema());
const KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { text apiKey { id } } ... on Failure { message } } }`;
const APPLICATION = `mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { __typename ... on Failure { message } } }`;
const RECEIPT = `query ($input: PredictInput!) { predict(input: $input) { ... on Prediction { receipt } } }`;
const X = { name: "x", datatype: "FP32", shape: [1] };
const SPEC = {
  ...{ artefact: "0".repeat(64), fileName: "model", unpack: false, framework: "onnx", options: [] },
  ...{ requirements: [], replicas: 1, device: "cpu", niceness: 0, activate: true, readyWithinMs: 1000 },
};
const COUNT = { query: "{ verifyAuditLog { ... on AuditVerification { intact entries } } }", variables: {} };

await eachPostgres(
  "what each key may do",
  (postgres) => {
    const servers = testServers();
    let server: TestServer;
    let database: Database;
    let admin: string;
    let revoked: string;
    let expired: string;
    let keys = 0;

    async function newKey(scopes: readonly Scope[], applications?: readonly string[], by?: string): Promise<string> {
      const input = { name: `key ${keys++}`, scopes, applications };
      const { data, text } = await askWith(server, by ?? admin, { query: KEY, variables: { input } });
      const created = (data?.["createApiKey"] ?? {}) as { text?: string };
      if (created.text === undefined) throw new Error(text);
      return created.text;
    }

    async function newApplication(name: string): Promise<string> {
      const input = {
        name,
        sloMs: 1000,
        input: [{ name: "x", datatype: "FP32", shape: [1] }],
        output: { label: { labels: ["a", "b"] } },
        defaultOutput: { label: "a" },
      };
      const made = await askWith(server, admin, { query: APPLICATION, variables: { input } });
      expect(made.codes).toEqual([]);
      const asked = { input: { application: name, input: { values: [1] } } };
      const { data, text } = await askWith(server, admin, { query: RECEIPT, variables: asked });
      const { receipt } = (data?.["predict"] ?? {}) as { receipt?: string };
      if (receipt === undefined) throw new Error(text);
      return receipt;
    }

    const audited = async (): Promise<number> => {
      const { data, text } = await askWith(server, admin, COUNT);
      const { intact, entries } = (data?.["verifyAuditLog"] ?? {}) as { intact?: boolean; entries?: number };
      if (intact !== true || entries === undefined) throw new Error(text);
      return entries;
    };

    /** Every way that there is for it. */
    async function everyWay(field: RootField, key: string | undefined, asked: ReturnType<typeof operationFor>) {
      const answers = [await askSocket(server, key, asked)];
      if (field.type === "Subscription") return [...answers, await askEvents(server, key, asked)];
      for (let i = 0; i < 2; i++) answers.push(await askWith(server, key, asked));
      return answers;
    }

    beforeAll(async () => {
      const url = await postgres().newDatabase();
      server = await servers.start({ env: { DATABASE_URL: url } });
      database = await connectDatabase(url, { applicationName: "test", maxConnections: 1 });
      const first = { name: "root", scopes: SCOPES };
      const { data } = await askWith(server, undefined, { query: KEY, variables: { input: first } });
      admin = (data?.["createApiKey"] as { text: string }).text;
      revoked = await newKey(SCOPES);
      expired = await newKey(SCOPES);
      await database.sql`update api_key set revoked_at = now() where id = ${revoked.slice(3, 19)}`;
      await database.sql`update api_key set expires_at = now() where id = ${expired.slice(3, 19)}`;
      await database.sql`select pg_notify('skysail_api_keys', '')`;
      const asked = { query: "{ __typename }", variables: {} };
      const isRefused = async (key: string) => (await askWith(server, key, asked)).status === 401;
      await until("the keys are refused", async () => (await isRefused(revoked)) && (await isRefused(expired)));
    });

    afterAll(() => database.close());

    describe.each(FIELDS.map((field) => [`${field.type}.${field.name}`, field] as const))("%s", (_, field) => {
      const isAudited = field.type === "Mutation" && field.rule.scope === "ADMIN";
      const named = (mark: string): string => `${mark}-${field.name.toLowerCase()}`;
      const isRefusedAs = ({ status, codes }: Answer, http: number, code: string): void => {
        // Over a websocket whoever is not known is not let in; otherwise the code is in the message.
        const expected = status === 4403 ? ["4403"] : [code];
        expect(codes).toEqual(expected);
        if (status !== 4403 && status !== 200) expect(status).toBe(http);
      };

      test("is refused to those whom nobody knows", async () => {
        const wrong = [
          `${admin.slice(0, -1)}${admin.endsWith("A") ? "E" : "A"}`,
          `pk_0123456789abcdef_${admin.slice(20)}`,
        ];
        const before = await audited();
        for (const key of [undefined, ...wrong, revoked, expired]) {
          const answers = await everyWay(field, key, operationFor(field, "any", "r"));
          for (const answer of answers) isRefusedAs(answer, 401, "UNAUTHENTICATED");
        }
        expect(await audited()).toBe(before);
      });

      test("is refused to keys without its scope", async () => {
        const key = await newKey(SCOPES.filter((scope) => scope !== field.rule.scope));
        const before = await audited();
        const answers = await everyWay(field, key, operationFor(field, "any", "r"));
        for (const answer of answers) isRefusedAs(answer, 403, "FORBIDDEN");
        expect(answers.every(({ text }) => text.includes(field.rule.scope ?? "?"))).toBe(true);
        // The same attempt, several ways within a minute, is one entry.
        expect((await audited()) - before).toBe(isAudited ? 1 : 0);
      });

      test("shows keys of another application nothing", async () => {
        const name = named("theirs");
        const receipt = field.name === "createApplication" ? "" : await newApplication(name);
        const key = await newKey(SCOPES, ["mine"]);
        const before = await audited();
        for (const answer of await everyWay(field, key, operationFor(field, name, receipt))) {
          if (field.rule.concern.kind === "ALL") isRefusedAs(answer, 403, "FORBIDDEN");
          else expectNothing(answer, field.name);
          expect(answer.text.split(receipt).join("").replace(`"${name}\\"`, "")).not.toContain(`"${name}"`);
        }
        const entries = field.rule.concern.kind === "ALL" ? 1 : 3;
        expect((await audited()) - before).toBe(isAudited ? entries : 0);
      });

      test("is there for keys of its application with its scope", async () => {
        const name = named("ours");
        const receipt = field.name === "createApplication" ? "" : await newApplication(name);
        const { concern, scope } = field.rule;
        const key = await newKey(scope === undefined ? [] : [scope], concern.kind === "ALL" ? undefined : [name]);
        const before = await audited();
        const asked = operationFor(field, name, receipt);
        const answer = await (field.type === "Subscription"
          ? askSocket(server, key, asked, true)
          : askWith(server, key, asked));
        expect(answer.codes).not.toContain("UNAUTHENTICATED");
        expect(answer.codes).not.toContain("FORBIDDEN");
        if (field.name === "node" || field.name === "nodes") expect(answer.text).toContain("__typename");
        if (concern.kind === "NAMED") expect(answer.text).not.toContain(`application \\"${name}\\" does not exist`);
        expect((await audited()) - before).toBe(isAudited ? 1 : 0);
      });
    });

    test("lists have what the key may see", async () => {
      for (const name of ["seen", "unseen"]) {
        await newApplication(name);
        const signature = { inputs: [X], outputs: [{ ...X, name: "y", shape: [2] }] };
        const input = { model: `of-${name}`, version: 1, signature };
        const register =
          "mutation ($input: RegisterModelVersionInput!) { registerModelVersion(input: $input) { __typename ... on Failure { message } } }";
        expect(await askWith(server, admin, { query: register, variables: { input } })).toMatchObject({ codes: [] });
        const link = "mutation ($input: LinkModelInput!) { linkModel(input: $input) { __typename } }";
        const variables = { input: { application: name, model: `of-${name}` } };
        await askWith(server, admin, { query: link, variables });
      }
      const key = await newKey(["READ"], ["seen"]);
      const page = "edges { node { name } } pageInfo { hasNextPage }";
      const query = `{ applications(first: 1) { ${page} } models(first: 1) { ${page} } }`;
      const only = (name: string) => ({ edges: [{ node: { name } }], pageInfo: { hasNextPage: false } });
      const { data } = await askWith(server, key, { query, variables: {} });
      expect(data).toEqual({ applications: only("seen"), models: only("of-seen") });
      const one = '{ seen: model(name: "of-seen") { name } unseen: model(name: "of-unseen") { name } }';
      await database.sql`
        insert into deployment (server, model, version, spec)
        values ('elsewhere', 'of-seen', 1, ${JSON.stringify(SPEC)}::text::jsonb)`;
      // A deployment is for those who may ask for deployments.
      const byId = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }";
      const ids = (["seen", "unseen"] as const)
        .flatMap((of) => [
          nodeId({ type: "Model", name: `of-${of}` }),
          nodeId({ type: "ModelVersion", name: `of-${of}`, version: 1 }),
        ])
        .concat("1");
      expect((await askWith(server, key, { query: byId, variables: { ids } })).data).toEqual({
        nodes: [{ __typename: "Model" }, { __typename: "ModelVersion" }, null, null, null],
      });
      for (const [scopes, of, found] of [
        [["READ", "ADMIN"], ["seen"], null],
        [["READ"], undefined, null],
        [["READ", "ADMIN"], undefined, { __typename: "Deployment" }],
      ] as const) {
        const asked = { query: "{ node(id: 1) { __typename } }", variables: {} };
        expect((await askWith(server, await newKey(scopes, of), asked)).data).toEqual({ node: found });
      }
      expect((await askWith(server, key, { query: one, variables: {} })).data).toEqual({
        seen: { name: "of-seen" },
        unseen: null,
      });
    });

    test("a model is followed by those who see an application that it answers for", async () => {
      const key = await newKey(["METRICS"], ["seen"]);
      const told = async (field: "metrics" | "events", of: object): Promise<string> => {
        const type = field === "metrics" ? "MetricsTargetInput" : "EventsTargetInput";
        const query = `subscription ($of: ${type}!) { ${field}(of: $of) { __typename } }`;
        return (await askSocket(server, key, { query, variables: { of } }, true)).text;
      };
      const replicaOf = (model: string) => ({ replica: { model, endpoint: "nowhere:1" } });
      expect(await told("metrics", { model: "of-seen" })).toContain("MetricsSample");
      expect(await told("metrics", replicaOf("of-seen"))).toContain("has no replica at");
      expect(await told("events", { model: "of-seen" })).not.toContain("does not exist");
      const hidden = 'model \\"of-unseen\\" does not exist';
      expect(await told("metrics", { model: "of-unseen" })).toContain(hidden);
      expect(await told("metrics", replicaOf("of-unseen"))).toContain(hidden);
      expect(await told("events", { model: "of-unseen" })).toContain(hidden);
    });

    test("nothing that the server wrote or keeps has a secret in it", async () => {
      const secret = admin.slice(20);
      expect(server.process.stderr.text + server.process.stdout.text).not.toContain(secret);
      const rows = await database.sql`select to_jsonb(k) as key from api_key k`;
      expect(JSON.stringify(rows)).not.toContain(secret);
    });
  },
  ["system"],
);

/** As where there is nothing: null, an empty list, a typed failure or an error with its code. */
function expectNothing({ codes, data }: Answer, name: string): void {
  if (codes.length > 0) expect(new Set(codes).size === 1 && /^(NOT_FOUND|NotFound)$/.test(codes[0] ?? "")).toBe(true);
  else if (name === "applications" || name === "models") expect(JSON.stringify(data)).toContain("__typename");
  else expect(data).toEqual({ [name]: name === "nodes" ? [null] : null });
}
