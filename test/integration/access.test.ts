import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { SCOPES } from "../../src/domain/access.js";
import { connectDatabase } from "../../src/store/database.js";
import type { Database } from "../../src/store/database.js";
import { askWith } from "../support/keyed.js";
import { until } from "../support/ownProcesses.js";
import { eachPostgres } from "../support/postgres.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const CREATE = `mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { __typename ... on ApiKeyCreated { text apiKey { id name } } ... on Failure { message } }
}`;
const REVOKE = `mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { __typename ... on ApiKey { revokedAt } ... on Failure { message } } }`;
const run = promisify(execFile);
const own = testServers();
const NOTHING = { query: "{ __typename }", variables: {} };

await eachPostgres(
  "access",
  (postgres) => {
    const servers = testServers();
    let server: TestServer;
    let other: TestServer;
    let database: Database;
    let admin: string;

    async function create(by: string | undefined, input: object): Promise<{ text?: string; message?: string }> {
      const { data } = await askWith(server, by, { query: CREATE, variables: { input } });
      return data?.["createApiKey"] as { text?: string };
    }

    async function newKey(input: object): Promise<string> {
      const { text, message } = await create(admin, { scopes: SCOPES, ...input });
      if (text === undefined) throw new Error(message);
      return text;
    }

    const revoke = (id: string) => askWith(server, admin, { query: REVOKE, variables: { id } });
    const newestKey = async () => {
      const [key] = await database.sql<{ name: string }[]>`select name from api_key order by created_at desc limit 1`;
      return key ?? { name: "" };
    };
    const verified = async () => {
      const query = "{ verifyAuditLog { ... on AuditVerification { intact firstTampered problem entries hash } } }";
      return (await askWith(server, admin, { query, variables: {} })).data?.["verifyAuditLog"];
    };

    beforeAll(async () => {
      const url = await postgres().newDatabase();
      server = await servers.start({ env: { DATABASE_URL: url } });
      other = await servers.start({ env: { DATABASE_URL: url } });
      database = await connectDatabase(url, { applicationName: "test", maxConnections: 1 });
    });

    afterAll(() => database.close());

    test("is open on loopback until the first key is made, which must be an administrator's", async () => {
      expect(server.banner).toMatch(/Access +open to everyone on this machine, until the first API key is made/);
      const all = SCOPES.join(", ");
      for (const [input, got] of [
        [{ name: "root", scopes: ["PREDICT"] }, "PREDICT"],
        [{ name: "root", scopes: SCOPES, applications: ["a"] }, `${all} for single applications`],
        [{ name: "root", scopes: SCOPES, expiresAt: "2100-01-01T00:00:00Z" }, `${all} until some time`],
      ] as const) {
        const { message } = await create(undefined, input);
        expect(message).toContain("the first key, from which on everybody needs one");
        expect(message?.endsWith(`, got ${got}`)).toBe(true);
      }
      const { text } = await create(undefined, { name: "root", scopes: SCOPES });
      admin = text ?? "";
      expect(admin).toMatch(/^pk_[0-9a-f]{16}_[\w-]{43}$/);
      expect((await askWith(server, undefined, NOTHING)).status).toBe(401);
      await until("the other server needs keys too", async () => {
        return (await askWith(other, undefined, NOTHING)).status === 401;
      });
      expect((await askWith(other, admin, NOTHING)).status).toBe(200);
    });

    test("a revoked key is refused on every server, and open websockets of it are closed", async () => {
      const key = await newKey({ name: "leaving" });
      await until("the other server knows it", async () => (await askWith(other, key, NOTHING)).status === 200);
      const closed = new Promise<number>((resolve) => {
        const client = createClient({
          url: `${other.url.replace("http", "ws")}/graphql`,
          webSocketImpl: WebSocket,
          lazy: false,
          retryAttempts: 0,
          onNonLazyError: () => undefined,
          connectionParams: { authorization: `Bearer ${key}` },
          on: { closed: (event) => resolve((event as { code: number }).code), connected: () => void revokeIt() },
        });
        const revokeIt = async (): Promise<void> => {
          await revoke(key.slice(3, 19));
          await until("it is refused", async () => (await askWith(other, key, NOTHING)).status === 401);
          void client;
        };
      });
      expect(await closed).toBe(4403);
      // Which of the two servers hears of it first is open.
      await until("the server that revoked it refuses it", async () => {
        return (await askWith(server, key, NOTHING)).text.includes("is revoked");
      });
    });

    test("the last key that may make keys stays", async () => {
      const { data } = await revoke(admin.slice(3, 19));
      expect(data?.["revokeApiKey"]).toMatchObject({ __typename: "Conflict" });
      expect((await askWith(server, admin, NOTHING)).status).toBe(200);
    });

    test("two keys of one name are active at most, so that they can be exchanged", async () => {
      const first = await newKey({ name: "rotated" });
      await newKey({ name: "rotated" });
      expect((await create(admin, { name: "rotated", scopes: SCOPES })).message).toContain("revoke one of them");
      await revoke(first.slice(3, 19));
      await newKey({ name: "rotated" });
    });

    test("a request beyond the limit is 429 and says when to come back", async () => {
      const key = await newKey({ name: "limited", rowsPerSecond: 0.01 });
      const query = '{ predict(input: { application: "none", input: { values: [1] } }) { __typename } }';
      expect((await askWith(server, key, { query, variables: {} })).status).toBe(200);
      const response = await fetch(`${server.url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
        body: JSON.stringify({ query }),
      });
      expect(response.status).toBe(429);
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(90);
      const { errors } = (await response.json()) as { errors: { extensions: object }[] };
      expect(errors[0]?.extensions).toMatchObject({ code: "RATE_LIMITED", retryable: true });
      expect((errors[0]?.extensions as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(90_000);
      // Counted apart from predictions.
      expect((await askWith(server, key, { query: "{ applications { __typename } }", variables: {} })).status).toBe(
        200,
      );
    });

    test("metrics need their scope and the schema an administrator's key; health and GraphiQL's page need none", async () => {
      const reader = await newKey({ name: "reader", scopes: ["READ"] });
      const watcher = await newKey({ name: "watcher", scopes: ["METRICS"] });
      const status = async (path: string, key: string | undefined, accept = "*/*") => {
        const headers = { accept, ...(key !== undefined && { authorization: `Bearer ${key}` }) };
        const response = await fetch(`${server.url}${path}`, { headers });
        // Nine megabytes of page are nobody's to read here.
        await response.body?.cancel();
        return response.status;
      };
      expect(await Promise.all([undefined, reader, watcher].map((key) => status("/metrics", key)))).toEqual([
        401, 403, 200,
      ]);
      const page = [undefined, reader, admin].map((key) => status("/graphql", key, "text/html"));
      expect(await Promise.all(page)).toEqual([200, 200, 200]);
      // Of an application, whether it exists or not.
      expect(await status("/graphql/apps/none", undefined, "text/html")).toBe(200);
      expect(await status("/graphql/apps/none", undefined)).toBe(401);
      const introspection = { query: "{ __schema { queryType { name } } }", variables: {} };
      const schema = [undefined, reader, admin].map(async (key) => (await askWith(server, key, introspection)).status);
      expect(await Promise.all(schema)).toEqual([401, 403, 200]);
      expect(await status("/health/live", undefined)).toBe(200);
      expect(await status("/health/ready", undefined)).toBe(200);
      const misspelt = { query: "{ aplications { __typename } }", variables: {} };
      expect((await askWith(server, reader, misspelt)).text).not.toContain("Did you mean");
      expect((await askWith(server, admin, misspelt)).text).toContain("Did you mean");
    });

    test("the audit log says who changed what from where, and takes no change itself", async () => {
      const query =
        "{ auditLog(first: 1) { ... on AuditEntryConnection { edges { node { action target outcome keyId address } } pageInfo { hasNextPage } } } }";
      await create(admin, { name: "", scopes: SCOPES });
      const { data } = await askWith(server, admin, { query, variables: {} });
      const entry = { action: "createApiKey", target: null, outcome: "BAD_INPUT", keyId: admin.slice(3, 19) };
      expect(data?.["auditLog"]).toMatchObject({
        edges: [{ node: { ...entry, address: expect.stringContaining("127.0.0.1") } }],
        pageInfo: { hasNextPage: true },
      });
      await expect(database.sql`update audit_entry set outcome = 'OK'`).rejects.toThrow("never changed");
      await expect(database.sql`delete from audit_entry`).rejects.toThrow("never changed");
      await expect(database.sql`truncate audit_entry`).rejects.toThrow("never changed");
    });

    test("a change that the audit log could not take is an error to whoever made it, and in the server's log", async () => {
      const { sql } = database;
      await sql`alter table audit_entry add constraint no_more check (false) not valid`;
      const input = { name: "unrecorded", scopes: ["READ"] };
      const { data, codes, text } = await askWith(server, admin, { query: CREATE, variables: { input } });
      const none = createHash("sha256").digest("hex");
      const upload = { method: "PUT", headers: { authorization: `Bearer ${admin}` }, body: new Uint8Array() };
      const uploaded = await server.request(`/v2/artifacts/${none}`, upload);
      await sql`alter table audit_entry drop constraint no_more`;
      expect({ data, codes }).toEqual({ data: null, codes: ["STORE_UNAVAILABLE"] });
      expect(text).toContain("createApiKey was done, but the audit log could not be written");
      expect(uploaded.status).toBe(503);
      expect(uploaded.text).toContain("the artefact is stored, but the audit log could not be written");
      expect(server.process.stderr.text).toContain("the audit log lacks");
      const { name } = await newestKey();
      expect(name).toBe("unrecorded");
      expect(await verified()).toMatchObject({ intact: true });
    });

    test("whoever changes the audit log nevertheless is found out, by the first entry that is not as it was", async () => {
      expect(await verified()).toMatchObject({ intact: true, firstTampered: null });
      const { sql } = database;
      await sql`alter table audit_entry disable trigger all`;
      await sql`update audit_entry set outcome = 'FORGED' where seq = 3`;
      expect(await verified()).toMatchObject({
        intact: false,
        firstTampered: 3,
        problem: "entry 3: its content was changed",
      });
      await sql`update audit_entry set outcome = 'BAD_INPUT' where seq = 3`;
      expect(await verified()).toMatchObject({ intact: true });
      const [last] = await sql<
        { seq: string }[]
      >`delete from audit_entry where seq = (select max(seq) from audit_entry) returning seq`;
      expect(await verified()).toMatchObject({ intact: false, firstTampered: Number(last?.seq) });
    });
  },
  ["system"],
);

test("a key from the command line lets a server be started for others", async () => {
  const made = await own.launch({ args: ["--create-admin-key"] });
  expect(await made.process.exited).toEqual({ code: 0, signal: null });
  const key = made.banner.trim();
  expect(key).toMatch(/^pk_[0-9a-f]{16}_[\w-]{43}$/);
  expect(made.process.stderr.text).not.toContain(key);
  const server = await own.start({ folder: made.folder, args: ["--host", "0.0.0.0", "--example", "digits"] });
  expect(server.banner).toMatch(/Access +by API key or token/);
  // The line to try takes the key from where the commands take it.
  const curl = server.banner.split("\n").find((line) => line.startsWith("curl ")) ?? "";
  const { stdout } = await run("bash", ["-c", curl], { env: { ...process.env, SKYSAIL_KEY: key } });
  expect(JSON.parse(stdout)).toMatchObject({ data: { predict: { source: expect.any(String) } } });
  expect((await askWith(server, undefined, NOTHING)).status).toBe(401);
  expect((await askWith(server, key, NOTHING)).status).toBe(200);
});
