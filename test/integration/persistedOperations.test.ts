import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "graphql-ws";
import { WebSocket } from "ws";
import { OwnProcess } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { testServers } from "../support/testServer.js";
import type { TestServer } from "../support/testServer.js";

const servers = testServers();
const QUERY = "{ models(first: 1) { edges { cursor } } }";
const ANSWER = { data: { models: { edges: [] } } };
const sha256Hash = createHash("sha256").update(QUERY).digest("hex");
const extensions = { persistedQuery: { version: 1, sha256Hash } };

let folder: string;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function post(server: TestServer, body: object) {
  const { status, text } = await server.post(body);
  return { status, body: JSON.parse(text) as unknown };
}

function overWebsocket(server: TestServer, payload: object): Promise<unknown> {
  const client = createClient({ url: `${server.url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket });
  return new Promise((resolve) => {
    client.subscribe(
      { query: "", ...payload },
      {
        next: (answer) => resolve(answer),
        error: (errors) => resolve(errors),
        complete: () => void client.dispose(),
      },
    );
  });
}

test("a client that sends the hash first sends the text once", async () => {
  const server = await servers.start();
  expect(await post(server, { extensions })).toEqual({
    status: 200,
    body: {
      errors: [
        { message: "PersistedQueryNotFound", extensions: { code: "PERSISTED_QUERY_NOT_FOUND", retryable: false } },
      ],
    },
  });
  expect(await post(server, { query: QUERY, extensions })).toEqual({ status: 200, body: ANSWER });
  for (let i = 0; i < 3; i++) expect(await post(server, { extensions })).toEqual({ status: 200, body: ANSWER });
  expect(await server.metric("skysail_hot_operations")).toBe(1);
  expect(await overWebsocket(server, { extensions })).toEqual(ANSWER);
  expect(await post(server, { query: `${QUERY} `, extensions })).toMatchObject({ status: 400 });
});

describe("a server with a list of operations", () => {
  let server: TestServer;
  beforeAll(async () => {
    const file = join(folder, "operations.json");
    const operations = [{ id: "models", name: "Models", type: "query", body: QUERY }];
    await writeFile(file, JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations }));
    server = await servers.start({ args: ["--example", "none", "--operations", file] });
  });

  test("answers them by id and by text, over both protocols", async () => {
    for (const body of [{ documentId: "models" }, { query: QUERY }]) {
      expect(await post(server, body)).toEqual({ status: 200, body: ANSWER });
      expect(await overWebsocket(server, body)).toEqual(ANSWER);
    }
  });

  test("refuses everything else, over both protocols", async () => {
    const refused = { query: "{ __schema { queryType { name } } }" };
    const error = {
      message: expect.stringContaining("--operations"),
      extensions: { code: "FORBIDDEN", retryable: false },
    };
    expect(await post(server, refused)).toEqual({ status: 403, body: { errors: [error] } });
    expect(await overWebsocket(server, refused)).toEqual([error]);
  });
});

test.each([
  ["is not there", undefined, "ENOENT"],
  ["is no JSON", "{", "JSON"],
  ["is no list", "[]", "expected an apollo-persisted-query-manifest"],
  ["is empty", "{}", "no operation in it"],
  ["has an operation that the schema refuses", '{ "wrong": "{ nothing }" }', "operation wrong: Cannot query field"],
])("a server whose list %s does not start", async (what, content, problem) => {
  const file = join(folder, `${what.replaceAll(" ", "-")}.json`);
  if (content !== undefined) await writeFile(file, content);
  const args = ["--port", "0", "--data-dir", join(folder, "data"), "--example", "none", "--log-level", "error"];
  const started = new OwnProcess([process.execPath, "dist/src/main.js", ...args, "--operations", file], {
    env: {},
    folder,
  });
  expect(await started.exited).toEqual({ code: 1, signal: null });
  await started.killAll();
  expect(started.stderr.text).toContain(`--operations ${file}: `);
  expect(started.stderr.text).toContain(problem);
});
