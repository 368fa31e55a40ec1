import { beforeAll, describe, expect, test } from "@jest/globals";
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { askWith } from "../support/keyed.js";
import { until } from "../support/ownProcesses.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const MAX_BYTES = 1_000_000;
const servers = testServers();
let server: TestServer;
beforeAll(async () => {
  server = await servers.start({ args: ["--example", "none", "--max-artefact-bytes", String(MAX_BYTES)] });
});

const digestOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const folderOf = ({ folder }: TestServer) => join(folder, "data", "artefacts");

async function put(to: TestServer, sha256: string, body: BodyInit, headers: Record<string, string> = {}) {
  const { status, text } = await to.request(`/v2/artifacts/${sha256}`, {
    method: "PUT",
    body,
    headers,
    duplex: "half",
  } as RequestInit);
  return { status, body: JSON.parse(text) as { error?: string; created?: boolean; bytes?: number } };
}

async function headStatus(of: TestServer, sha256: string, headers: Record<string, string> = {}): Promise<number> {
  return (await of.request(`/v2/artifacts/${sha256}`, { method: "HEAD", headers })).status;
}

/** What an upload leaves behind that did not end well: nothing. */
async function expectNothingLeft(of: TestServer, sha256: string): Promise<void> {
  expect(await readdir(join(folderOf(of), "incoming"))).toEqual([]);
  expect(await readdir(folderOf(of))).not.toContain(sha256);
  expect(await headStatus(of, sha256)).toBe(404);
}

/** In parts of unknown total length. */
function inParts(bytes: Uint8Array): BodyInit {
  return new ReadableStream({
    start(controller) {
      for (let i = 0; i < bytes.length; i += 65_536) controller.enqueue(bytes.subarray(i, i + 65_536));
      controller.close();
    },
  });
}

describe("PUT /v2/artifacts/{sha256}", () => {
  test("keeps the bytes under their digest, once", async () => {
    const bytes = randomBytes(300_000);
    const sha256 = digestOf(bytes);
    expect(await headStatus(server, sha256)).toBe(404);
    expect(await put(server, sha256, bytes)).toMatchObject({ status: 201, body: { created: true, bytes: 300_000 } });
    expect(await headStatus(server, sha256)).toBe(200);
    expect(await readFile(join(folderOf(server), sha256))).toEqual(bytes);
    expect((await stat(join(folderOf(server), sha256))).mode & 0o777).toBe(0o444);
    expect(await put(server, sha256, bytes)).toMatchObject({ status: 200, body: { created: false, bytes: 300_000 } });
  });

  test("takes one of no bytes, and one of exactly the limit in parts", async () => {
    const none = new Uint8Array();
    expect(await put(server, digestOf(none), none)).toMatchObject({ status: 201, body: { bytes: 0 } });
    const most = randomBytes(MAX_BYTES);
    expect(await put(server, digestOf(most), inParts(most))).toMatchObject({ status: 201, body: { bytes: MAX_BYTES } });
  });

  test("refuses bytes that are not those of the digest, and keeps nothing of them", async () => {
    const sha256 = digestOf(Buffer.from("other"));
    const { status, body } = await put(server, sha256, randomBytes(1000));
    expect({ status, error: body.error }).toEqual({
      status: 400,
      error: expect.stringContaining("SHA-256") as unknown as string,
    });
    await expectNothingLeft(server, sha256);
  });

  test.each([
    ["that says so", (bytes: Uint8Array): BodyInit => Buffer.from(bytes)],
    ["that does not say so", inParts],
  ])("refuses one beyond the limit %s", async (_, bodyOf) => {
    const bytes = randomBytes(MAX_BYTES + 1);
    const { status, body } = await put(server, digestOf(bytes), bodyOf(bytes));
    expect({ status, error: body.error }).toEqual({
      status: 413,
      error: expect.stringContaining("--max-artefact-bytes") as unknown as string,
    });
    await expectNothingLeft(server, digestOf(bytes));
  });

  test.each([
    "..%2f..%2fetc%2fpasswd",
    "ABCDEF".padEnd(64, "0"),
    "0".repeat(63),
    `${"0".repeat(64)}.x`,
    "%00".padEnd(66, "0"),
  ])("refuses the name %s", async (name) => {
    expect((await put(server, name, "x")).status).toBe(400);
    expect(await headStatus(server, name)).toBe(404);
  });

  test("removes what came of an upload that broke off", async () => {
    const bytes = randomBytes(1000);
    const { hostname, port } = new URL(server.url);
    const path = `/v2/artifacts/${digestOf(bytes)}`;
    const upload = httpRequest({ hostname, port, path, method: "PUT", headers: { "content-length": 1000 } });
    upload.on("error", () => undefined);
    upload.write(bytes.subarray(0, 500));
    const incoming = () => readdir(join(folderOf(server), "incoming"));
    await until("the upload has begun", async () => (await incoming()).length === 1);
    upload.destroy();
    await until("it is gone", async () => (await incoming()).length === 0);
    await expectNothingLeft(server, digestOf(bytes));
  });

  test("has no other methods", async () => {
    const { status, text } = await server.request(`/v2/artifacts/${"0".repeat(64)}`);
    expect({ status, text }).toEqual({
      status: 404,
      text: expect.stringContaining("is not served") as unknown as string,
    });
  });
});

describe("where keys are needed", () => {
  const KEY = `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { ... on ApiKeyCreated { text } ... on Failure { message } } }`;
  let keyed: TestServer;
  let admin: string;

  async function newKey(by: string | undefined, scopes: readonly string[], applications?: readonly string[]) {
    const variables = { input: { name: `${scopes.join()} of ${applications?.join() ?? "all"}`, scopes, applications } };
    const { data, text } = await askWith(keyed, by, { query: KEY, variables });
    const created = (data?.["createApiKey"] ?? {}) as { text?: string };
    if (created.text === undefined) throw new Error(text);
    return created.text;
  }

  beforeAll(async () => {
    keyed = await servers.start();
    admin = await newKey(undefined, ["PREDICT", "OBSERVE", "READ", "METRICS", "ADMIN"]);
  });

  test("an artefact is only administrators' to bring, of all applications", async () => {
    const bytes = randomBytes(10);
    const sha256 = digestOf(bytes);
    const reader = await newKey(admin, ["PREDICT", "OBSERVE", "READ", "METRICS"]);
    const narrow = await newKey(admin, ["ADMIN"], ["shop"]);
    for (const [key, status] of [
      [undefined, 401],
      ["nonsense", 401],
      [reader, 403],
      [narrow, 403],
    ] as const) {
      const headers: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
      for (let i = 0; i < 3; i++) expect((await put(keyed, sha256, bytes, headers)).status).toBe(status);
      expect(await headStatus(keyed, sha256, headers)).toBe(status);
    }
    const headers = { authorization: `Bearer ${admin}` };
    expect(await headStatus(keyed, sha256, headers)).toBe(404);
    expect((await put(keyed, sha256, bytes, headers)).status).toBe(201);
    const log = await askWith(keyed, admin, {
      query: `{ auditLog(first: 20) { ... on AuditEntryConnection { edges { node { action target outcome } } } } }`,
      variables: {},
    });
    const { edges } = log.data?.["auditLog"] as { edges: { node: { action: string; outcome: string } }[] };
    const uploads = edges.map(({ node }) => node).filter(({ action }) => action === "putArtifact");
    // Nothing of those whom nobody knows, and once a minute of those who are known.
    expect(uploads.map(({ outcome }) => outcome).reverse()).toEqual(["FORBIDDEN", "FORBIDDEN", "OK"]);
    const { text } = await keyed.request("/metrics", { headers });
    expect(text).toContain('skysail_refused_requests_total{code="UNAUTHENTICATED"} 8');
    expect(text).toContain('skysail_refused_requests_total{code="FORBIDDEN"} 8');
  });
});
